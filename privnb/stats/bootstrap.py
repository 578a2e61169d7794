"""Bootstrap over people: the draws, and the percentile interval of any weighted statistic."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from privnb.stats.estimate import Estimate
from privnb.stats.people import person_codes, stable_people


def person_draws(strata: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """For each draw how often every person was drawn (people, whole numbers), with replacement within each stratum.

    `strata` (people) are whole numbers; every stratum keeps its number of people. The same seed and strata give the
    same draws.
    """
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for _ in range(draws):
        weights = np.empty(len(strata), dtype=np.intp)
        for group in groups:
            weights[group] = np.bincount(rng.integers(0, len(group), len(group)), minlength=len(group))
        yield weights


def paired_bootstrap(
    statistic: Callable[..., float],
    *columns: ArrayLike,
    persons: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """Percentile interval (Efron & Tibshirani 1993) of `statistic(weights, *columns)` over draws of people.

    `columns` are row-aligned arrays (n); `weights` (n) says how often each row's person was drawn, all 1 for the
    value itself. Two models enter as two columns, so that every draw judges both on the same people. `strata` (n) are
    whole numbers by person, such as member or not. The order of rows, copies of everybody's rows and new names for
    people leave the draws unchanged. A statistic without any variation gives a point: use the closed forms where one
    exists.
    """
    columns = [np.asarray(column) for column in columns]
    codes, people = person_codes(persons, len(columns[0]))
    strata = np.zeros(len(codes), dtype=int) if strata is None else np.asarray(strata, dtype=int)
    codes = stable_people(codes, people, [strata, *columns])
    person_strata = np.empty(people, dtype=int)
    person_strata[codes] = strata
    value = float(statistic(np.ones(len(codes)), *columns))
    values = [float(statistic(weights[codes], *columns)) for weights in person_draws(person_strata, draws, seed)]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return Estimate.within(value, low, high, people)
