"""What if: the overfitting gap against the number of training people and against the model's capacity parameter."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from privnb.attacks.universe import some_people
from privnb.errors import DataError, ModelError
from privnb.factors.augmentation import Augmentation
from privnb.factors.augmented import AugmentedTrainer
from privnb.factors.overfitting import overfitting_gap
from privnb.findings import Table
from privnb.stats.estimate import Estimate
from privnb.stats.means import r2
from privnb.stats.proportions import proportion
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.subject.trainers import with_params
from privnb.units import Unit, UnitRunner

# name -> (factors of the present value, whole numbers, least value, in the place of a present value of nothing)
CAPACITY: dict[str, tuple[tuple[float, ...], bool, float, float]] = {
    "min_samples_leaf": ((0.25, 1.0, 4.0, 16.0), True, 1, 1),
    "n_neighbors": ((0.25, 1.0, 4.0, 16.0), True, 1, 1),
    "max_leaf_nodes": ((0.1, 0.33, 1.0, 3.0), True, 2, 31),
    "C": ((0.01, 0.1, 1.0, 10.0), False, 1e-12, 1.0),
    "alpha": ((0.1, 1.0, 10.0, 100.0), False, 1e-12, 1e-4),
}


@dataclass(frozen=True)
class Point:
    """One training of a sweep: the parameter (`people` for the number of training people) and its value."""

    parameter: str
    value: float


def sweep_points(model: Model, people: int, steps: int = 4) -> list[Point]:
    """What a what-if tries: `people`, halved `steps` - 1 times, then values of the capacity parameter if it has one."""
    sizes = sorted({max(people >> step, 1) for step in range(steps)})
    points = [Point("people", float(size)) for size in sizes if size >= 30]
    name, present = capacity_parameter(model) or (None, None)
    return points if name is None else points + [Point(name, value) for value in capacity_values(name, present)]


def capacity_parameter(model: Model) -> tuple[str, float] | None:
    """Name and present value of the parameter that most limits what the fitted estimator can remember, if any."""
    estimator = getattr(model, "estimator", None)
    steps = getattr(estimator, "steps", None)
    final = steps[-1][1] if steps else estimator
    params = final.get_params(deep=False) if hasattr(final, "get_params") else {}
    for name in CAPACITY:
        value = params.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return name, value
    return None


def capacity_values(name: str, present: float) -> list[float]:
    """Values to try around the present one: smaller and larger by whole factors, each once, ascending."""
    factors, whole, least, instead = CAPACITY[name]
    fraction = isinstance(present, float) and 0 < present < 1 and whole  # a share of the rows, as scikit-learn reads it
    base = instead if not present else float(present)
    values = [max(base * factor, 1e-6 if fraction else least) for factor in factors]
    if fraction:
        return sorted({min(value, 0.5) for value in values})
    return sorted({float(round(value)) if whole else value for value in values})


def sweep_gap(
    trainer: Trainer, rows: Rows, unseen: Rows, point: Point, seed: Callable[..., int], level: float = 0.95
) -> Estimate:
    """The overfitting gap of a model trained on people of `rows` under one point of a sweep; `unseen` were not used.

    For the point `people` that many of them are drawn, nested: a smaller draw is part of a larger one. Raises
    ModelError where the trainer has no such parameter.
    """
    if point.parameter == "people":
        rows = some_people(rows, int(point.value), seed("whatif", "people"))
        changed = trainer
    else:
        whole = CAPACITY[point.parameter][1] and point.value >= 1
        changed = with_params(trainer, **{point.parameter: int(point.value) if whole else point.value})
    model = changed.fit(rows, seed("whatif", "fit"))
    told = (rows.y, model.predict(rows.X)), (unseen.y, model.predict(unseen.X))
    return overfitting_gap(trainer.task, *told, rows.persons, unseen.persons, level)


def sweep_all(
    trainer: Trainer,
    model: Model,
    rows: Rows,
    unseen: Rows,
    *,
    units: UnitRunner,
    seed: Callable[..., int],
    data_key: str,
    level: float = 0.95,
) -> tuple[dict[str, dict[str, list[float]]], dict[str, str]]:
    """Every sweep as a series `whatif.<parameter>` (x, gap, low, high), and why points are missing.

    Each point is a unit: one training on at most `rows`. `model` is the present model, whose capacity parameter is
    varied; `unseen` are people of the validation part, because a sweep serves a choice.
    """
    points = sweep_points(model, len(np.unique(rows.persons)))
    shared = {
        "trainer": dict(trainer.identity),
        "data": data_key,
        "level": level,
        "seed": seed("whatif", "fit"),
        "rows": _digest(rows, unseen),
    }

    def compute(unit: Unit) -> dict[str, Any]:
        try:
            found = sweep_gap(trainer, rows, unseen, points[unit.inputs["point"]], seed, level)
        except (ModelError, DataError) as why:
            return {"why": np.array(str(why))}
        return {"gap": np.array([found.value, found.low, found.high])}

    made = [
        Unit(f"whatif-{i}", shared | {"point": i, "parameter": point.parameter, "value": point.value})
        for i, point in enumerate(points)
    ]
    series: dict[str, dict[str, list[float]]] = {}
    failed = {}
    for point, found in zip(points, units.map(compute, made)):
        if "why" in found:
            failed[f"{point.parameter} {point.value:g}"] = str(found["why"])
            continue
        curve = series.setdefault(f"whatif.{point.parameter}", {"x": [], "gap": [], "low": [], "high": []})
        for axis, value in zip(curve, (point.value, *found["gap"])):
            curve[axis].append(float(value))
    return series, failed


def tried_augmentation(
    trainer: Trainer,
    image: Mapping[str, Any] | None,
    rows: Rows,
    unseen: Rows,
    *,
    units: UnitRunner,
    seed: Callable[..., int],
    data_key: str,
    level: float = 0.95,
) -> Table:
    """Overfitting gap and score on `unseen` with augmentation and without, both trained on `rows`: does it regularize?

    An augmentation around the trainer is taken off; else one is tried: pictures (`image`: shape and range) moved by
    a pixel, tables with noise of a tenth of a standard deviation. Each training is a unit. DataError and ModelError
    where neither can be done.
    """
    if isinstance(trainer, AugmentedTrainer):
        tried = trainer
    elif image:
        tried = AugmentedTrainer(
            trainer, Augmentation(shift=1, shape=tuple(image["shape"]), dark=float(image["range"][0]))
        )
    else:
        tried = AugmentedTrainer(trainer, Augmentation(noise=0.1, copies=2))
    pair = {"with augmentation": tried, "without": tried.trainer}

    def compute(unit: Unit) -> dict[str, Any]:
        model = pair[unit.inputs["training"]].fit(rows, unit.inputs["seed"])
        told = [(part.y, model.predict(part.X)) for part in (rows, unseen)]
        gap = overfitting_gap(trainer.task, *told, rows.persons, unseen.persons, level)
        judge = r2 if model.classes is None else _accuracy
        return {"gap": np.array(list(gap)), "score": np.array(list(judge(*told[1], unseen.persons, level)))}

    shared = {"data": data_key, "level": level, "seed": seed("whatif", "fit"), "rows": _digest(rows, unseen)}
    made = [
        Unit(f"augmentation-{i}", shared | {"training": name, "trainer": dict(each.identity)})
        for i, (name, each) in enumerate(pair.items())
    ]
    lines = [
        [name, *map(float, each["gap"][:3]), *map(float, each["score"][:3])]
        for name, each in zip(pair, units.map(compute, made))
    ]
    return Table(
        title=f"What if: training with augmentation ({tried.augmentation.words}), on {len(rows):,} rows",
        columns=["training", "gap", "gap low", "gap high", "score", "score low", "score high"],
        rows=lines,
    )


def _accuracy(labels: np.ndarray, predicted: np.ndarray, persons: np.ndarray, level: float) -> Estimate:
    return proportion(labels == predicted, persons, level)


def _digest(*parts: Rows) -> str:
    """SHA-256 of the positions of rows: which rows a unit works on."""
    return hashlib.sha256(np.concatenate([part.position for part in parts]).astype(np.int64).tobytes()).hexdigest()
