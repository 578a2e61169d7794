"""Paired differences of two models on the same rows: accuracy, R2, absolute error, true-positive rate."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.stats.estimate import Estimate, normal_quantile
from privnb.stats.means import checked_pair, half_width, mean_deviation, unexplained_share
from privnb.stats.people import by_person, checked_column, checked_flags, checked_scores, person_codes
from privnb.stats.rates import check_resolvable, flagged_at_fpr, tpr_samples


def accuracy_difference(
    right_a: ArrayLike, right_b: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share right of model a minus that of model b, from two correctness columns (n bools) on the same rows.

    Adjusted Wald interval for paired proportions (Bonett & Price 2012), clustered: two pseudo-people of average size
    are added, one whom only a gets right and one whom only b does. So it keeps a width where the two models never
    differ.
    """
    right_a = checked_flags(right_a, "right_a")
    right_b = checked_flags(right_b, "right_b", len(right_a))
    codes, people = person_codes(persons, len(right_a))
    difference = right_a.astype(float) - right_b
    typical = len(difference) / people  # rows of a pseudo-person
    sums = np.append(by_person(difference, codes, people), [typical, -typical])
    sizes = np.append(np.bincount(codes, minlength=people), [typical, typical])
    centre = sums.sum() / sizes.sum()
    half = normal_quantile(level) * np.sqrt(np.sum((sums - centre * sizes) ** 2)) / sizes.sum()
    return Estimate.within(difference.mean(), centre - half, centre + half, people, -1.0, 1.0)


def r2_difference(
    labels: ArrayLike,
    predicted_a: ArrayLike,
    predicted_b: ArrayLike,
    persons: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """R2 of model a minus R2 of model b on the same rows: delta method clustered by person, Student-t quantiles."""
    labels, predicted_a = checked_pair(labels, predicted_a)
    predicted_b = checked_column(predicted_b, "predictions of model b", len(labels))
    codes, people = person_codes(persons, len(labels))
    (share_a, influence_a), (share_b, influence_b) = (
        unexplained_share(labels, predicted) for predicted in (predicted_a, predicted_b)
    )
    half = half_width(influence_b - influence_a, codes, people, level, 1.0)
    difference = share_b - share_a
    return Estimate.within(difference, difference - half, difference + half, people)


def mae_difference(
    labels: ArrayLike,
    predicted_a: ArrayLike,
    predicted_b: ArrayLike,
    persons: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Mean absolute error of model a minus that of model b on the same rows, in the unit of the labels."""
    labels, predicted_a = checked_pair(labels, predicted_a)
    predicted_b = checked_column(predicted_b, "predictions of model b", len(labels))
    codes, people = person_codes(persons, len(labels))
    gain = np.abs(labels - predicted_a) - np.abs(labels - predicted_b)
    difference = gain.mean()
    half = half_width((gain - difference) / len(gain), codes, people, level, mean_deviation(labels))
    return Estimate.within(difference, difference - half, difference + half, people)


def tpr_difference_at_fpr(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    member: ArrayLike,
    fpr: float,
    persons: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """TPR of `scores_a` minus TPR of `scores_b` at one false-positive rate, on the same rows.

    Paired bootstrap: every draw of people judges both score vectors. Joined with the paired interval of
    `accuracy_difference` at the two fixed thresholds, so it keeps a width where the vectors flag the same members.
    Raises NotResolvable like `tpr_at_fprs`.
    """
    scores_a, member = checked_scores(scores_a, member)
    scores_b = checked_column(scores_b, "scores_b", len(scores_a))
    codes, people = person_codes(persons, len(scores_a))
    check_resolvable([fpr], codes[~member])
    samples_a, samples_b = tpr_samples([scores_a, scores_b], member, [fpr], persons, seed, draws)[:, :, 0]
    low, high = np.quantile(samples_a - samples_b, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    flagged_a, flagged_b = (flagged_at_fpr(scores, member, fpr)[member] for scores in (scores_a, scores_b))
    fixed = accuracy_difference(flagged_a, flagged_b, codes[member], level)
    return Estimate.within(fixed.value, min(low, fixed.low), max(high, fixed.high), people, -1.0, 1.0)
