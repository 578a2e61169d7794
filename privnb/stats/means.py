"""Means, mean absolute error and R2 with intervals clustered by person."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.stats.estimate import Estimate, student_quantile, unseen_share
from privnb.stats.people import by_person, checked_column, person_codes


def mean_interval(
    values: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95, span: float = 0.0
) -> Estimate:
    """Mean over rows of `values` (n) with a Student-t interval from the variance between people.

    `span` is how far one person's value could lie from the mean; where all people agree the half-width is
    `unseen_share` of it. Without `span` a constant column has no width. One person alone gives an unbounded interval,
    unless `span` is given: then the half-width is `span`.
    """
    values = checked_column(values, "values")
    codes, people = person_codes(persons, len(values))
    value = values.mean()
    half = half_width((values - value) / len(values), codes, people, level, span)
    return Estimate.within(value, value - half, value + half, people)


def mae(labels: ArrayLike, predicted: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Mean absolute error in the unit of the labels (n), with the interval of `mean_interval`, never below 0."""
    labels, predicted = checked_pair(labels, predicted)
    found = mean_interval(np.abs(labels - predicted), persons, level, mean_deviation(labels))
    return Estimate.within(found.value, found.low, found.high, found.n, 0.0)


def r2(labels: ArrayLike, predicted: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Share of the variance of `labels` (n) that `predicted` explains, with a delta interval clustered by person.

    The interval is symmetric on the log scale of 1 - R2, a ratio of sums over people (Woodruff 1971). Perfect
    predictions keep a width of `unseen_share`. Constant labels have no R2: raises DataError.
    """
    labels, predicted = checked_pair(labels, predicted)
    codes, people = person_codes(persons, len(labels))
    unexplained, influence = unexplained_share(labels, predicted)
    if unexplained <= 1e-12:  # rounding apart, every row is predicted exactly
        return Estimate.within(1.0 - unexplained, 1.0 - unseen_share(people, level), 1.0, people)
    half = half_width(influence / unexplained, codes, people, level, 1.0)
    factor = np.exp(half) if half < 700.0 else np.inf
    return Estimate.within(1.0 - unexplained, 1.0 - unexplained * factor, 1.0 - unexplained / factor, people)


def half_width(influence: np.ndarray, codes: np.ndarray, people: int, level: float, span: float) -> float:
    """Half-width of a Student-t interval for an estimate whose rows have this `influence` (n, summing to about 0)."""
    if people < 2:
        return span if span > 0 else np.inf
    sums = by_person(influence, codes, people)
    error = np.sqrt(people / (people - 1) * np.sum(sums**2))
    if error <= 1e-12 * max(span, float(np.abs(influence).max(initial=0.0)) * len(influence)):
        return span * unseen_share(people, level)
    return student_quantile(level, people - 1) * error


def unexplained_share(labels: np.ndarray, predicted: np.ndarray) -> tuple[float, np.ndarray]:
    """1 - R2 and the influence of each row on it; DataError for constant labels."""
    squares, total = (labels - predicted) ** 2, (labels - labels.mean()) ** 2
    if total.sum() == 0.0:
        raise DataError("R2 has no meaning here: all labels are equal.")
    share = squares.sum() / total.sum()
    return float(share), (squares - share * total) / total.sum()


def checked_pair(labels: ArrayLike, predicted: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions as float columns of one length; DataError otherwise."""
    labels = checked_column(labels, "labels")
    return labels, checked_column(predicted, "predictions", len(labels))


def mean_deviation(labels: np.ndarray) -> float:
    """Mean absolute deviation of the labels from their mean: the error of a model that knows nothing."""
    return float(np.abs(labels - labels.mean()).mean())
