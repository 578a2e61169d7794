"""Area under the ROC curve: value, interval, paired difference, and the smallest area that a sample could detect."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtri

from privnb.stats.estimate import Estimate, student_quantile, unseen_share
from privnb.stats.people import by_person, checked_column, checked_scores, person_codes


def auc(scores: ArrayLike, member: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Chance that a random member row scores above a random non-member row (ties count half), clustered by person.

    `scores` (n) are higher for members, `member` (n) is 0 or 1. Variance by DeLong, DeLong & Clarke-Pearson 1988 in
    the form for clustered rows (Obuchowski 1997); interval on the logit scale with Student-t quantiles
    (Welch-Satterthwaite). Where the sample shows no variation (AUC 0 or 1, constant scores) the half-width is
    `unseen_share` of the smaller class's people: at AUC 1 the Clopper-Pearson interval of that many concordant pairs.
    Order of rows never matters.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    area, inside, outside = _placements(scores, member)
    variance, freedom = _clustered_variance(inside - area, outside - area, member, codes, people)
    if variance is None:
        return Estimate.within(area, 0.0, 1.0, people)
    if variance <= 1e-28 or area in (0.0, 1.0):
        half = unseen_share(min(len(np.unique(codes[member])), len(np.unique(codes[~member]))), level)
        return Estimate.within(area, area - half, area + half, people, 0.0, 1.0)
    half = student_quantile(level, freedom) * np.sqrt(variance) / (area * (1.0 - area))
    return Estimate.within(area, expit(logit(area) - half), expit(logit(area) + half), people)


def auc_difference(
    scores_a: ArrayLike, scores_b: ArrayLike, member: ArrayLike, persons: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """AUC of `scores_a` minus AUC of `scores_b` on the same rows: paired DeLong interval, clustered by person.

    DeLong, DeLong & Clarke-Pearson 1988; Obuchowski 1997. Where no person's contribution differs, the half-width is
    `unseen_share` of the smaller class's people.
    """
    scores_a, member = checked_scores(scores_a, member)
    scores_b = checked_column(scores_b, "scores_b", len(scores_a))
    codes, people = person_codes(persons, len(scores_a))
    area_a, inside_a, outside_a = _placements(scores_a, member)
    area_b, inside_b, outside_b = _placements(scores_b, member)
    difference = area_a - area_b
    variance, freedom = _clustered_variance(
        inside_a - inside_b - difference, outside_a - outside_b - difference, member, codes, people
    )
    if variance is None:
        half = 2.0
    elif variance <= 1e-28:
        half = unseen_share(min(len(np.unique(codes[member])), len(np.unique(codes[~member]))), level)
    else:
        half = student_quantile(level, freedom) * np.sqrt(variance)
    return Estimate.within(difference, difference - half, difference + half, people, -1.0, 1.0)


def hanley_mcneil_error(area: float, members: float, nonmembers: float) -> float:
    """Standard error of an AUC of `area` under the exponential model (Hanley & McNeil 1982, equations 1 and 2)."""
    q1, q2 = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = area * (1.0 - area) + (members - 1) * (q1 - area**2) + (nonmembers - 1) * (q2 - area**2)
    return float(np.sqrt(max(variance, 0.0) / (members * nonmembers)))


def detectable_auc(n_members: int, n_nonmembers: int, level: float = 0.95, power: float = 0.8) -> float:
    """Smallest true AUC whose interval at `level` lies above .5 with chance `power`; 1.0 if even that is out of reach.

    Counts are people. Sample-size equation of Hanley & McNeil 1982, with the null variance of Mann & Whitney 1947.
    """
    if min(n_members, n_nonmembers) < 1:
        return 1.0
    null = np.sqrt((n_members + n_nonmembers + 1) / (12.0 * n_members * n_nonmembers))
    needed, strength = float(ndtri(0.5 + level / 2.0)) * null, float(ndtri(power))

    def surplus(area):
        return area - 0.5 - needed - strength * hanley_mcneil_error(area, n_members, n_nonmembers)

    return float(brentq(surplus, 0.5, 1.0, xtol=1e-12)) if surplus(0.5) < 0.0 < surplus(1.0) else 1.0


def _placements(scores, member):
    """AUC, each member's share of non-members below it, each non-member's share of members above it (ties half)."""
    inside, outside = scores[member], scores[~member]
    m, n = len(inside), len(outside)
    sorted_in, sorted_out = np.sort(inside), np.sort(outside)
    below = np.searchsorted(sorted_out, inside, "left") + np.searchsorted(sorted_out, inside, "right")
    above = 2 * m - np.searchsorted(sorted_in, outside, "left") - np.searchsorted(sorted_in, outside, "right")
    return int(below.sum()) / (2 * m * n), below / (2 * n), above / (2 * m)


def _clustered_variance(inside, outside, member, codes, people):
    """Obuchowski's variance and its degrees of freedom from centred placements; None without two people a class."""
    code_in, code_out = codes[member], codes[~member]
    sum_in = by_person(inside, code_in, people) / len(inside)
    sum_out = by_person(outside, code_out, people) / len(outside)
    has_in, has_out = np.bincount(code_in, minlength=people) > 0, np.bincount(code_out, minlength=people) > 0
    people_in, people_out = int(has_in.sum()), int(has_out.sum())
    if min(people_in, people_out) < 2:
        return None, None
    part_in = people_in / (people_in - 1) * float(np.sum(sum_in**2))
    part_out = people_out / (people_out - 1) * float(np.sum(sum_out**2))
    shared = people / (people - 1) * float(np.sum(sum_in * sum_out))
    spread = part_in**2 / (people_in - 1) + part_out**2 / (people_out - 1)
    freedom = (part_in + part_out) ** 2 / spread if spread > 0 else 1.0
    return max(part_in + part_out + 2.0 * shared, 0.0), freedom
