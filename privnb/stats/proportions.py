"""Proportions and differences of independent proportions, clustered by person."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from privnb.errors import DataError
from privnb.stats.estimate import Estimate, normal_quantile, student_quantile
from privnb.stats.people import by_person, checked_flags, person_codes


def clopper_pearson(k: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion with `k` hits in `n` trials; both may be fractional (effective sample sizes).

    Clopper & Pearson 1934; for fractional counts Korn & Graubard 1998. Raises ValueError unless 0 <= k <= n and n > 0.
    """
    if not (n > 0 and 0 <= k <= n):
        raise ValueError(f"{k} hits in {n} trials: hits must lie between 0 and the number of trials")
    tail = (1.0 - level) / 2.0
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1.0, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1.0, n - k, 1.0 - tail))
    return low, high


def wilson(k: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion with `k` hits in `n` trials, both possibly fractional (Wilson 1927)."""
    z, p = normal_quantile(level), k / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if k == 0 else float(low)), (1.0 if k == n else float(high))


def proportion(hits: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Share of `hits` (n bools) with a Clopper-Pearson interval at the effective number of people.

    Korn & Graubard 1998: the interval is that of as many independent trials as give the variance between people, with
    their correction for few people. It never claims more than if one person's rows had all been of a kind, and where
    all rows agree it counts people. With one row a person it is the exact Clopper-Pearson interval.
    """
    hits = checked_flags(hits, "hits")
    codes, people = person_codes(persons, len(hits))
    value = hits.sum() / len(hits)
    effective = effective_people(hits, codes, people, level)
    low, high = clopper_pearson(value * effective, effective, level)
    return Estimate.within(value, low, high, people)


def effective_people(hits: np.ndarray, codes: np.ndarray, people: int, level: float = 0.95) -> float:
    """Number of independent trials whose share varies as much as that of `hits` (n bools) does between people."""
    rows, value = len(hits), hits.sum() / len(hits)
    binomial = value * (1.0 - value)
    if binomial == 0.0 or people == 1:
        return float(people)
    residual = by_person(hits, codes, people) - value * np.bincount(codes, minlength=people)
    variance = float(np.sum((residual / rows) ** 2))
    # floor: the variance if the rows of one average person were all hits or all misses
    effective = binomial / max(variance, binomial / people**2)
    if effective > people:  # rows of one person tell more than one trial, yet freedom is that of the people
        ratio = student_quantile(level, effective - 1.0) / student_quantile(level, people - 1.0)
        effective = max(float(people), effective * ratio**2)
    elif effective > people * (1.0 - 1e-9):
        effective = float(people)
    return effective


def newcombe_difference(k1: float, n1: float, k2: float, n2: float, level: float = 0.95) -> Estimate:
    """k1/n1 - k2/n2 of two independent samples with the hybrid score interval (Newcombe 1998b, method 10).

    Counts may be effective ones; `n` of the result is n1 + n2, rounded.
    """
    p1, p2 = k1 / n1, k2 / n2
    return _hybrid_difference(p1, wilson(k1, n1, level), p2, wilson(k2, n2, level), round(n1 + n2))


def proportion_difference(
    hits_1: ArrayLike,
    hits_2: ArrayLike,
    persons_1: ArrayLike | None = None,
    persons_2: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of `hits_1` minus share of `hits_2` for two sets of different people, such as training and evaluation.

    Newcombe's hybrid score interval at each set's effective number of people; `n` counts the people of both.
    """
    shares, intervals, total = [], [], 0
    for hits, persons, name in ((hits_1, persons_1, "hits_1"), (hits_2, persons_2, "hits_2")):
        hits = checked_flags(hits, name)
        codes, people = person_codes(persons, len(hits))
        share, effective = hits.sum() / len(hits), effective_people(hits, codes, people, level)
        shares.append(share)
        intervals.append(wilson(share * effective, effective, level))
        total += people
    return _hybrid_difference(shares[0], intervals[0], shares[1], intervals[1], total)


def balanced_accuracy(
    labels: ArrayLike, predicted: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean over the classes in `labels` of the share predicted right, clustered by person.

    Each class's recall has its own Clopper-Pearson interval by people; they are combined by the variance-recovery
    method (Zou & Donner 2008), widened where people with rows in several classes make the recalls move together.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if labels.shape != predicted.shape or labels.ndim != 1 or len(labels) == 0:
        raise DataError(f"labels have shape {labels.shape}, predictions {predicted.shape}: give one of each a row.")
    codes, people = person_codes(persons, len(labels))
    right = labels == predicted
    classes, label_codes = np.unique(labels, return_inverse=True)
    size = np.bincount(label_codes)
    recall = np.bincount(label_codes, weights=right) / size
    influence = (right - recall[label_codes]) / size[label_codes]
    below, above, separate = 0.0, 0.0, 0.0
    for index in range(len(classes)):
        rows = label_codes == index
        interval = proportion(right[rows], codes[rows], level)
        below += (interval.value - interval.low) ** 2
        above += (interval.high - interval.value) ** 2
        separate += np.sum(by_person(influence[rows], codes[rows], people) ** 2)
    joint = np.sum(by_person(influence, codes, people) ** 2)
    widening = np.sqrt(max(1.0, joint / separate)) if separate > 0 else 1.0
    value = recall.mean()
    low, high = (value + widening * sign * np.sqrt(part) / len(classes) for sign, part in ((-1, below), (1, above)))
    return Estimate.within(value, low, high, people, 0.0, 1.0)


def _hybrid_difference(p1, interval_1, p2, interval_2, n) -> Estimate:
    (low_1, high_1), (low_2, high_2) = interval_1, interval_2
    low = p1 - p2 - np.hypot(p1 - low_1, high_2 - p2)
    high = p1 - p2 + np.hypot(high_1 - p1, p2 - low_2)
    return Estimate.within(p1 - p2, low, high, n, -1.0, 1.0)
