"""Pointwise differential training privacy: how far one record moves the answers about itself, noise apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.adapt import as_frame
from privnb.errors import DataError, NotApplicable
from privnb.stats.estimate import Estimate
from privnb.stats.means import mean_interval
from privnb.subject.contract import Model, Trainer
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits, Unit, UnitRunner

FLOOR = 0.005  # of a probability, half a percent: an answer of 0 has no ratio
_VERSION = 1


@dataclass(frozen=True)
class TrainingPrivacy:
    """What each left-out record does to the answers about itself.

    `rows` (k) are positions, `moved` (k) the largest log-ratio of a class's probability with and without the record,
    `noise` (k) the same between trainings that differ in their seed alone, `excess` (k) what is left of `moved`.
    `mean` is the mean excess over the records with an interval over them.
    """

    rows: np.ndarray
    moved: np.ndarray
    noise: np.ndarray
    mean: Estimate

    @property
    def excess(self) -> np.ndarray:
        """`moved` minus `noise` (k): about 0 where a record does no more than another seed does."""
        return self.moved - self.noise

    def table(self) -> pd.DataFrame:
        """One line a record, most excess first: row, moved, noise, excess."""
        lines = {"row": self.rows, "moved": self.moved, "noise": self.noise, "excess": self.excess}
        return pd.DataFrame(lines).sort_values("excess", ascending=False, ignore_index=True)


def pdtp(
    trainer: Any,
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    *,
    records: int = 20,
    controls: int = 3,
    seed: int = 0,
    units: UnitRunner | None = None,
    level: float = 0.95,
) -> TrainingPrivacy:
    """Refit without each of `records` records, drawn by seed, and compare the answers about it (natural log-ratio).

    `trainer` is an unfitted classifier, dotted name, factory or Trainer; `X` (n x d), `y` (n) are its training rows.
    Long, Bindschaedler & Gunter 2017, arXiv 1712.09136: the largest ratio over classes, either way, for the record as
    its own query; probabilities are cut at .005. A training with randomness moves answers by itself: each refit is
    paired with trainings on all rows with `controls` other seeds, whose mean ratio is subtracted. Costs records +
    controls + 1 fits. Raises NotApplicable for a regressor or labels only, DataError for fewer than three rows.
    """
    frame, labels = as_frame(X), np.asarray(y).ravel()
    if len(frame) != len(labels) or len(frame) < 3:
        raise DataError(f"X has {len(frame)} rows and {len(labels)} labels; give at least three rows, one label each.")
    rows = Rows(frame, labels, pd.DataFrame(index=frame.index), infer(frame))
    return training_privacy(
        as_trainer(trainer), rows, records, controls, seed, units or ThreadUnits(), data_key="pdtp", level=level
    )


def training_privacy(
    trainer: Trainer,
    rows: Rows,
    records: int,
    controls: int,
    seed: int,
    units: UnitRunner,
    *,
    data_key: str,
    level: float = 0.95,
) -> TrainingPrivacy:
    """`pdtp` for Rows: one record of each of `records` people; all rows of that person are left out together."""
    if trainer.task != "classification":
        raise NotApplicable("a regressor gives no probabilities, so there is no ratio of them")
    order = np.random.default_rng(seed).permutation(len(rows))
    first = np.unique(rows.persons[order], return_index=True)[1]
    drawn = order[np.sort(first)][:records]
    classes = np.unique(rows.y)
    shared = {"version": _VERSION, "trainer": dict(trainer.identity), "data": data_key,
              "drawn": [int(i) for i in drawn]}  # fmt: skip
    work = [Unit("control", {**shared, "seed": seed + k, "without": -1}) for k in range(controls + 1)]
    work += [Unit("without", {**shared, "seed": seed, "without": int(i)}) for i in drawn]

    def compute(unit: Unit) -> dict[str, np.ndarray]:
        left_out = unit.inputs["without"]
        kept = rows if left_out < 0 else rows.take(np.flatnonzero(rows.persons != rows.persons[left_out]))
        model = trainer.fit(kept, unit.inputs["seed"])
        asked = drawn if left_out < 0 else np.array([left_out])
        return {"answers": _answers(model, rows.take(asked), classes)}

    found = [each["answers"] for each in units.map(compute, work)]
    target, others = found[0], found[1 : controls + 1]
    without = np.concatenate(found[controls + 1 :])
    moved = _ratio(target, without)
    noise = np.mean([_ratio(target, other) for other in others], axis=0) if others else np.zeros(len(drawn))
    mean = mean_interval(moved - noise, None, level, span=float(-np.log(FLOOR)))
    return TrainingPrivacy(drawn, moved, noise, mean)


def _answers(model: Model, rows: Rows, classes: np.ndarray) -> np.ndarray:
    """Probabilities (k x classes), floored; a class that the model never saw has the floor."""
    if not getattr(model, "gives_probabilities", True):
        raise NotApplicable("the model gives no probabilities, so there is no ratio of them")
    answers = np.full((len(rows), len(classes)), FLOOR)
    answers[:, np.searchsorted(classes, model.classes)] = model.predict_proba(rows.X)
    return np.maximum(answers, FLOOR)


def _ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(np.log(one / other)).max(axis=1)
