"""Influence: what a model loses without one feature, and whom a change of a sensitive value alone answers otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from privnb.errors import DataError, ModelError
from privnb.factors.changes import NUMERIC, answers, movement, replaced, set_to
from privnb.stats.estimate import Estimate
from privnb.stats.means import half_width
from privnb.stats.people import by_person, person_codes
from privnb.stats.proportions import proportion
from privnb.subject.contract import Model
from privnb.subject.rows import Rows

FLIP_SD = 0.1  # a regressor's answer counts as another when it moves by more than this many SDs of its predictions
_TENTHS = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True)
class FeatureLoss:
    """What accuracy (or R2) the model loses when the feature is shuffled among people."""

    feature: str
    loss: Estimate


@dataclass(frozen=True)
class Flip:
    """Share of people whose answer changes when only `column` does, and to how many other values it was set."""

    column: str
    rate: Estimate
    values: int


def permutation_influence(
    model: Model,
    rows: Rows,
    *,
    seed: Callable[..., int],
    repeats: int = 5,
    most_features: int = 200,
    level: float = 0.95,
    simultaneous: bool = True,
) -> tuple[list[FeatureLoss], dict[str, str]]:
    """Loss of accuracy (classifier) or R2 (regressor) when one feature is shuffled among people, largest first.

    Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019, arXiv 1801.01489). `rows` carry labels and
    were not used in training. The interval is over people, both as those who are asked and as those whose value is
    borrowed (Hájek projection of the two-sample statistic), and so over repeats; with `simultaneous` all intervals
    together hold at `level` (Bonferroni), so that the largest may be picked. Also returns why a feature is missing.
    Raises DataError for fewer than two people or, in a regression, labels that are all equal.
    """
    codes, people = person_codes(rows.persons, len(rows))
    if people < 2:
        raise DataError(f"influence needs two people or more and has {people}.")
    names = list(rows.X.columns)
    if len(names) > most_features:
        chosen = np.random.default_rng(seed("influence", "features")).choice(len(names), most_features, replace=False)
        names = [names[i] for i in sorted(chosen)]
    level = 1.0 - (1.0 - level) / len(names) if simultaneous else level
    scale = _scale(model, rows)
    before = _errors(model, rows, rows.X)
    found, left_out = [], {}
    for name in names:
        try:
            lost, order = _shuffled(model, rows, name, before, repeats, seed)
        except ModelError as why:
            left_out[name] = str(why)
            continue
        loss = float(lost.mean() / scale.mean())
        half = _half_width(lost - loss * scale, order, scale.mean(), codes, people, level)
        found.append(FeatureLoss(name, Estimate.within(loss, loss - half, loss + half, people)))
    if not found:
        raise DataError(f"no feature can be shuffled: {'; '.join(f'{n}: {why}' for n, why in left_out.items())}.")
    return sorted(found, key=lambda each: -each.loss.value), left_out


def flip_rate(model: Model, rows: Rows, column: str, level: float = 0.95) -> Flip:
    """Share of people whose answer changes for some other value of `column`, all else equal.

    The values are the declared categories, or for a number the tenths of its distribution over `rows`. The answer is
    the label; a regressor's counts as another when it moves by more than a tenth of the standard deviation of its
    predictions (a convention of privnb). The interval is Clopper-Pearson's by person. This is the unchanged-inputs form
    of counterfactual fairness (Kusner et al. 2017, arXiv 1703.06856): what the column drives by other columns that
    depend on it does not move. Raises ModelError where the column is no feature or has no values to change to.
    """
    if column not in rows.X.columns:
        raise ModelError(f"the model does not see {column}")
    values = _values_of(rows, column)
    before = answers(model, rows.X)
    flipped = np.zeros(len(rows), bool)
    for value in values:
        change = set_to(rows, column, value)
        after = answers(model, replaced(rows, column, change.values))
        flipped |= change.changed & _another(model, before, after)
    return Flip(column, proportion(flipped, rows.persons, level), len(values) - 1)


def _another(model: Model, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    if model.classes is None:
        return movement(before, after) > FLIP_SD * before.std()
    return before.argmax(axis=1) != after.argmax(axis=1)


def _values_of(rows: Rows, column: str) -> list:
    known = rows.schema[column]
    if known.type == "text":
        raise ModelError(f"{column} is free text, which has no known values to change to")
    if known.type in NUMERIC:
        present = rows.X[column].dropna()
        kept = present.quantile(_TENTHS, interpolation="nearest") if len(present) else present
        values = list(dict.fromkeys(kept.tolist()))
    else:
        values = list(known.categories or ())
    if len(values) < 2:
        raise ModelError(f"{column} has one value only, so there is none to change to")
    return values


def _shuffled(
    model: Model, rows: Rows, name: str, before: np.ndarray, repeats: int, seed: Callable[..., int]
) -> tuple[np.ndarray, np.ndarray]:
    """By how much each row's error grows with somebody else's value (repeats x n), and whose value that was."""
    lost, donors = np.empty((repeats, len(rows))), np.empty((repeats, len(rows)), int)
    for repeat in range(repeats):
        donors[repeat] = _donors(rows.persons, seed("influence", name, repeat))
        values = rows.X[name].iloc[donors[repeat]].set_axis(rows.X.index)
        lost[repeat] = _errors(model, rows, replaced(rows, name, values)) - before
    return lost, donors


def _donors(persons: np.ndarray, seed: int) -> np.ndarray:
    """For each row (n) the row whose value it gets: people are permuted, and rows of two people paired in turn."""
    people, person, counts = np.unique(persons, return_inverse=True, return_counts=True)
    by_person_order = np.argsort(person, kind="stable")
    first = np.cumsum(counts) - counts
    turn = np.empty(len(persons), int)
    turn[by_person_order] = np.arange(len(persons)) - np.repeat(first, counts)
    other = np.random.default_rng(seed).permutation(len(people))[person]
    return by_person_order[first[other] + turn % counts[other]]


def _half_width(
    lost: np.ndarray, donors: np.ndarray, scale: float, codes: np.ndarray, people: int, level: float
) -> float:
    """Half-width of the interval of a mean loss over (row, donor) pairs, from centred losses (repeats x n).

    With s_r, s_d and s the variances of rows, donors and the rest, the mean varies by (s_r + s_d + s / repeats) / n.
    Variance of row means plus variance of donor means counts (s_r + s_d + s) / repeats too often; that is taken off.
    """
    repeats, n = lost.shape
    as_row = lost.mean(axis=0)
    as_donor = np.zeros(n)
    np.add.at(as_donor, donors.ravel(), lost.ravel() / repeats)
    influence = (as_row + as_donor - as_donor.mean()) / (n * scale)
    half = half_width(influence, codes, people, level, 1.0)
    counted = np.sum(by_person(influence, codes, people) ** 2)
    cells = sum(float(np.sum(by_person(each, codes, people) ** 2)) for each in lost)  # a person with one donor's values
    twice = cells / (repeats * n * scale) ** 2
    return half * float(np.sqrt(max(1.0 - twice / counted, 0.5))) if counted > 0 else half


def _errors(model: Model, rows: Rows, X) -> np.ndarray:
    """1 where the answer is wrong and 0 where it is right; the squared residual of a regressor."""
    predicted = np.asarray(model.predict(X))
    if model.classes is None:
        return (rows.y.astype(float) - predicted.astype(float).reshape(len(rows), -1)[:, 0]) ** 2
    return (predicted != rows.y).astype(float)


def _scale(model: Model, rows: Rows) -> np.ndarray:
    """What an error is measured in: 1 for a classifier, each row's part of the labels' variance for R2."""
    if model.classes is not None:
        return np.ones(len(rows))
    labels = rows.y.astype(float)
    if np.ptp(labels) == 0:
        raise DataError(f"all {len(labels)} labels are equal, so R2 and its loss have no meaning.")
    return (labels - labels.mean()) ** 2
