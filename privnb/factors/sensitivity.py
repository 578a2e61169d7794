"""Sensitivity: how far the answers move when one feature of a record changes a little."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from privnb.errors import DataError, ModelError
from privnb.factors.changes import NUMERIC, Change, answers, movement, nudge, other_category, replaced, scale_of
from privnb.stats.estimate import Estimate
from privnb.stats.means import mean_interval
from privnb.subject.contract import Model
from privnb.subject.rows import Rows


@dataclass(frozen=True)
class FeatureMove:
    """One feature: what was changed (`1 SD (13.7)`, `another category`), mean movement, 95th percentile over rows."""

    feature: str
    change: str
    mean: Estimate
    p95: float


@dataclass(frozen=True)
class Sensitivity:
    """Mean movement over features and its 95th percentile over rows, and the same for each feature, largest first.

    `unit` is `total variation` (half the summed change of the class probabilities, 0 to 1) or `SD` of the predictions.
    `left_out` says why a feature is missing; `features` counts those that there are.
    """

    mean: Estimate
    p95: float
    unit: str
    moves: tuple[FeatureMove, ...]
    left_out: dict[str, str]
    features: int


def answer_sensitivity(
    model: Model,
    rows: Rows,
    *,
    seed: Callable[..., int],
    draws: int = 1,
    most_features: int = 200,
    level: float = 0.95,
    scale_rows: Rows | None = None,
) -> Sensitivity:
    """How far the answers move per one-standard-deviation nudge of a number and per change of a category.

    `rows` are whom the model is asked about (no labels needed); `seed(*path)` gives a 32-bit seed; each of `draws`
    moves every row up or down, or to another declared category, at random. With more than `most_features` features
    that many are drawn. Standard deviations are those of `scale_rows` (`rows` when None): give all that there are,
    because the interval does not tell how well they are known. Intervals are by person. A model whose answers move far
    with small changes of a record bends around single records: the stability that bounds membership advantage (Yeom et
    al. 2018, arXiv 1709.01604; Bousquet & Elisseeff 2002). Raises DataError where no feature can be changed or a
    regressor gives one answer only.
    """
    before = answers(model, rows.X)
    spread = 1.0
    if model.classes is None:
        spread = float(before.std())
        if spread == 0.0:
            raise DataError("the model gives the same answer to everybody, so its changes have no scale.")
    total, counted = np.zeros(len(rows)), np.zeros(len(rows))
    moves, left_out = [], {}
    for name in _some(list(rows.X.columns), most_features, seed("sensitivity", "features")):
        try:
            change, moved, known = _moved(model, rows, scale_rows or rows, name, before, draws, seed)
        except ModelError as why:
            left_out[name] = str(why)
            continue
        moved = moved / spread
        total[known] += moved
        counted[known] += 1
        mean = mean_interval(moved, rows.persons[known], level, span=1.0)
        moves.append(FeatureMove(name, change, _not_negative(mean), float(np.quantile(moved, 0.95))))
    if not moves:
        raise DataError(f"no feature can be changed: {'; '.join(f'{n}: {why}' for n, why in left_out.items())}.")
    seen = counted > 0
    mean_move = total[seen] / counted[seen]
    moves.sort(key=lambda move: -move.mean.value)
    return Sensitivity(
        _not_negative(mean_interval(mean_move, rows.persons[seen], level, span=1.0)),
        float(np.quantile(mean_move, 0.95)),
        "SD" if model.classes is None else "total variation",
        tuple(moves),
        left_out,
        rows.X.shape[1],
    )


def _moved(
    model: Model,
    rows: Rows,
    scale_rows: Rows,
    name: str,
    before: np.ndarray,
    draws: int,
    seed: Callable[..., int],
) -> tuple[str, np.ndarray, np.ndarray]:
    """What was changed in words, the mean movement over draws, and of which rows (positions)."""
    kind = rows.schema[name].type
    if kind == "text":
        raise ModelError("free text, which has no known values to change to")
    step = scale_of(scale_rows, name) if kind in NUMERIC else 0.0
    if kind in NUMERIC and step == 0.0:
        raise ModelError("everybody has the same value, so there is no standard deviation to move by")

    def changed(draw: int) -> Change:
        at = seed("sensitivity", name, draw)
        return nudge(rows, name, step, at) if kind in NUMERIC else other_category(rows, name, at)

    made = [changed(draw) for draw in range(draws)]
    known = np.flatnonzero(np.all([change.changed for change in made], axis=0))
    if not len(known):
        raise ModelError("no row has a value that could be changed")
    moved = [movement(before, answers(model, replaced(rows, name, change.values))) for change in made]
    size = f"{step:,.0f}" if step >= 100 else f"{step:.3g}"
    words = f"1 SD ({size}{' days' if kind == 'date' else ''})" if kind in NUMERIC else "another category"
    return words, np.mean(moved, axis=0)[known], known


def _some(names: list[str], most: int, seed: int) -> list[str]:
    if len(names) <= most:
        return names
    chosen = np.random.default_rng(seed).choice(len(names), most, replace=False)
    return [names[i] for i in sorted(chosen)]


def _not_negative(found: Estimate) -> Estimate:
    return Estimate.within(found.value, found.low, found.high, found.n, 0.0)
