"""The signal matrix: what the target and each shadow model say about each record; every attack is a reduction of it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from privnb.attacks.attacker import SEES_ALL, Attacker, seen
from privnb.attacks.robustness import changed_copies, robustness
from privnb.attacks.universe import Knowledge, Universe, draw_universe, stack
from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.units import Unit, UnitRunner

FLOOR = 1e-12  # of a probability, so that log-odds are finite
SIGNALS_VERSION = 2  # part of every unit's inputs: changes when the same model gives other signals


@dataclass(frozen=True)
class Signals:
    """Signals by name: of the target (records), of the shadows (shadows x records), and which shadow saw which record.

    `records` are the candidates: members, then non-members. `trial` holds the shadows' signals on records of which
    each shadow saw half: the candidates themselves when the attacker holds them (`online`), else the pool. There a
    shadow can play target, so methods, thresholds and constants are chosen there. `shadow_rows` is how many rows a
    shadow was trained on, `extra_rows` how many rows besides the candidates they drew from, `trial_people` how many
    people the trial records belong to.
    """

    target: Mapping[str, np.ndarray]
    shadows: Mapping[str, np.ndarray]
    keep: np.ndarray
    trial: Mapping[str, np.ndarray]
    trial_keep: np.ndarray
    online: bool
    shadow_rows: int
    extra_rows: int
    trial_people: int

    @property
    def count(self) -> int:
        """Number of shadow models."""
        return len(self.keep)


def query(model: Model, rows: Rows, task: str, copies: list[pd.DataFrame] | None = None) -> dict[str, np.ndarray]:
    """What an attacker learns from one model about each record, as float64 arrays (records) by name.

    Classifiers: `log_odds` of the true class, `entropy`, `modified_entropy` (Song and Mittal 2021, arXiv 2003.10595),
    `correct` (1 or 0). When the model gives labels only: `correct`, and with changed `copies` of the rows (see
    `changed_copies`) their `robustness`. A class the model never saw has confidence 0. Regressors: `residual` y - f(x).
    """
    if task == "regression":
        predicted = np.asarray(model.predict(rows.X), dtype=float).reshape(len(rows), -1)[:, 0]
        return {"residual": rows.y.astype(float) - predicted}
    try:
        probabilities = np.asarray(model.predict_proba(rows.X), dtype=float)
    except ModelError:
        found = {"correct": (np.asarray(model.predict(rows.X)) == rows.y).astype(float)}
        return found | ({"robustness": robustness(model, rows.y, rows.X, copies)} if copies else {})
    if not np.isfinite(probabilities).all():
        bad = int((~np.isfinite(probabilities)).any(axis=1).sum())
        raise ModelError(
            f"the model's probabilities are not finite on {bad} of {len(rows)} rows; attacks need finite ones."
        )
    classes = np.asarray(model.classes)
    known = rows.y[:, None] == classes[None, :]
    true = np.where(known, probabilities, 0.0).sum(axis=1)
    others = np.where(known, 0.0, probabilities)
    clipped = np.clip(probabilities, FLOOR, 1.0)
    modified = np.clip(1 - true, 0, 1) * np.log(np.maximum(true, FLOOR)) + (
        others * np.log(np.clip(1 - others, FLOOR, 1.0))
    ).sum(axis=1)
    return {
        "log_odds": np.log(np.maximum(true, FLOOR)) - np.log(np.maximum(others.sum(axis=1), FLOOR)),
        "entropy": -(clipped * np.log(clipped)).sum(axis=1),
        "modified_entropy": -modified,
        "correct": known[np.arange(len(rows)), probabilities.argmax(axis=1)].astype(float),
    }


def shadow_signals(
    target: Mapping[str, np.ndarray],
    trainer: Trainer,
    members: Rows,
    non_members: Rows,
    pool: Rows | None,
    *,
    shadows: int,
    data: Knowledge,
    units: UnitRunner,
    seed: Callable[..., int],
    data_key: str,
    attacker: Attacker = SEES_ALL,
    copies: int = 0,
) -> Signals:
    """Train the shadow models, one unit each, and gather the signal matrix.

    `target` is what `query` found for the members, then the non-members; `shadows` is even; `data` is what the
    attacker holds (see `draw_universe`); `seed(*path)` gives a 32-bit seed for one purpose; `data_key` names the data
    in each unit's inputs; `attacker` sees the shadows as he sees the target; `copies` are the changed copies at each
    scale that labels alone are asked for (see `changed_copies`). Raises DataError where the universe is too small and
    ModelError where the models' answers are not finite.
    """
    universe = draw_universe(members, non_members, pool, shadows, data, seed)
    candidates = _candidate_rows(universe, members, non_members)
    online = universe.candidates > 0
    changed = {
        part: changed_copies(rows.X, copies, seed("copies", part)) if copies else None
        for part, rows in {"candidates": candidates, **({} if online else {"pool": universe.rows})}.items()
    }

    def compute(unit: Unit) -> dict[str, np.ndarray]:
        kept = np.flatnonzero(universe.keep[unit.inputs["shadow"]])
        model = seen(attacker, trainer.fit(universe.rows.take(kept), unit.inputs["seed"]))
        asked = {"candidates": candidates} if online else {"candidates": candidates, "pool": universe.rows}
        return {
            f"{part}/{name}": value
            for part, rows in asked.items()
            for name, value in query(model, rows, trainer.task, changed[part]).items()
        }

    about = {"data": data, **attacker.identity, "copies": copies}
    results = units.map(compute, _units(trainer, universe, candidates, about, seed, data_key))
    names = [name.removeprefix("candidates/") for name in results[0] if name.startswith("candidates/")]
    gather = lambda part: {name: np.stack([result[f"{part}/{name}"] for result in results]) for name in names}  # noqa: E731
    answers = gather("candidates")
    keep = universe.keep[:, : len(candidates)] if online else np.zeros((shadows, len(candidates)), bool)
    return Signals(
        target=target,
        shadows=answers,
        keep=keep,
        trial=answers if online else gather("pool"),
        trial_keep=keep if online else universe.keep,
        online=online,
        shadow_rows=int(universe.keep[0].sum()),
        extra_rows=len(universe.rows) - universe.candidates,
        trial_people=len(np.unique((candidates if online else universe.rows).persons)),
    )


def _candidate_rows(universe: Universe, members: Rows, non_members: Rows) -> Rows:
    if universe.candidates:
        return universe.rows.take(np.arange(universe.candidates))
    return stack([members, non_members])


def _units(
    trainer: Trainer, universe: Universe, candidates: Rows, attacker: dict, seed: Callable[..., int], data_key: str
) -> list[Unit]:
    rows = np.concatenate([universe.rows.position, candidates.position]).astype(np.int64)
    shared = {
        "signals": SIGNALS_VERSION,
        "trainer": dict(trainer.identity),
        "data": data_key,
        "attacker": attacker,
        "rows": hashlib.sha256(rows.tobytes()).hexdigest(),
    }
    return [
        Unit(
            f"shadow-{i}",
            shared
            | {
                "shadow": i,
                "seed": seed("shadow", i),
                "half": hashlib.sha256(np.packbits(half).tobytes()).hexdigest(),
            },
        )
        for i, half in enumerate(universe.keep)
    ]
