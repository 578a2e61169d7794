"""True-positive rate at a stated false-positive rate, with a bootstrap over the people of both classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import PrivnbError
from privnb.stats.bootstrap import person_draws
from privnb.stats.estimate import Estimate
from privnb.stats.people import checked_scores, person_codes, stable_people
from privnb.stats.proportions import proportion

_ROUNDING = 1e-9  # a false-positive budget of .01 x 300 rows is 3 rows, whatever floating point makes of it


class NotResolvable(PrivnbError):
    """A false-positive rate too small for the sample; `needed` non-member people would resolve it."""

    def __init__(self, fpr: float, people: int):
        self.needed = people_needed(fpr)
        super().__init__(
            f"A false-positive rate of {100 * fpr:g} % is not resolvable: it needs at least {self.needed} people "
            f"who are not members, and there are {people}."
        )


def people_needed(fpr: float) -> int:
    """Smallest number of non-member people among whom a false-positive rate of `fpr` is at least one person."""
    return ceil(1.0 / fpr - _ROUNDING)


def unbounded_below(fpr: float, people: int, level: float = 0.95) -> bool:
    """Whether `people` non-members are too few to bound TPR at `fpr` from below.

    True while the threshold of that rate lies above every non-member of the sample with a chance over 1 - level:
    (1 - fpr)^people, so below about 3 / fpr people at the 95 % level (the rule of three).
    """
    return (1.0 - fpr) ** people > 1.0 - level


def tpr_at_fpr(
    scores: ArrayLike,
    member: ArrayLike,
    fpr: float,
    persons: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> Estimate:
    """True-positive rate at the largest achievable false-positive rate not above `fpr`; see `tpr_at_fprs`."""
    return tpr_at_fprs(scores, member, [fpr], persons, level, seed, draws)[0]


def tpr_at_fprs(
    scores: ArrayLike,
    member: ArrayLike,
    fprs: Sequence[float],
    persons: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> list[Estimate]:
    """True-positive rates at several false-positive rates, from one bootstrap over the people of both classes.

    On the step ROC of `scores` (n, higher for members): the threshold is the lowest that flags at most a share `fpr`
    of the non-member rows. The interval is the percentile interval over draws of people, joined with the
    Clopper-Pearson interval at the fixed threshold so that a rate of 0 or 1 keeps its width. Its lower end allows one
    non-member person fewer: with k of n flagged, the threshold's true false-positive rate is (k + 1) / (n + 1) on
    average, and an interval that ignored this would lie too high where k is small. With fewer than about 3 / fpr
    non-member people (`unbounded_below`) the lower end is 0. Raises NotResolvable when fewer than 1 / fpr non-members
    are different people.
    """
    scores, member = checked_scores(scores, member)
    codes, _ = person_codes(persons, len(scores))
    check_resolvable(fprs, codes[~member])
    return rate_intervals(scores, member, fprs, codes, level, seed, draws)


def check_resolvable(fprs: Sequence[float], outsiders: np.ndarray) -> None:
    """Raises NotResolvable when the people of non-member rows (`outsiders`) are fewer than 1 / fpr."""
    people = len(np.unique(outsiders))
    for fpr in fprs:
        if people * fpr < 1.0 - _ROUNDING:
            raise NotResolvable(fpr, people)


def flagged_at_fpr(scores: np.ndarray, member: np.ndarray, fpr: float) -> np.ndarray:
    """Which rows (n bools) the lowest threshold flags that flags at most a share `fpr` of the non-member rows."""
    outside = np.sort(scores[~member])[::-1]
    allowed = floor(len(outside) * fpr + _ROUNDING)
    return np.ones(len(scores), dtype=bool) if allowed >= len(outside) else scores > outside[allowed]


def tpr_samples(
    scores: Sequence[np.ndarray],
    member: np.ndarray,
    fprs: Sequence[float],
    persons: ArrayLike | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> np.ndarray:
    """Bootstrap draws of the true-positive rates (score vectors x draws x fprs): all score vectors see the same people.

    People are drawn with replacement among members, among non-members, and among those with rows of both kinds. Each
    vector is sorted once; a draw costs two cumulative sums.
    """
    fprs = np.asarray(fprs, dtype=float)
    codes, people = person_codes(persons, len(member))
    codes = stable_people(codes, people, [member.astype(float), *scores])
    strata = np.zeros(people, dtype=int)
    strata[codes[member]] += 1
    strata[codes[~member]] += 2
    sorts = [_DescendingScores.of(vector, member, codes) for vector in scores]
    result = np.empty((len(sorts), draws, len(fprs)))
    for draw, weights in enumerate(person_draws(strata, draws, seed)):
        for index, ordered in enumerate(sorts):
            result[index, draw] = ordered.tpr(weights, fprs)
    return result


def rate_intervals(
    scores: np.ndarray,
    member: np.ndarray,
    fprs: Sequence[float],
    codes: np.ndarray,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> list[Estimate]:
    """The intervals of `tpr_at_fprs` at any rates, resolvable or not, for checked columns and person codes (n)."""
    people = len(np.unique(codes))
    fprs = np.asarray(fprs, dtype=float)
    outsiders = len(np.unique(codes[~member]))
    stricter = np.maximum(fprs - 1.0 / outsiders, 0.0)
    samples = tpr_samples([scores], member, np.concatenate([stricter, fprs]), codes, seed, draws)[0]
    lows = np.quantile(samples[:, : len(fprs)], (1.0 - level) / 2.0, axis=0)
    highs = np.quantile(samples[:, len(fprs) :], (1.0 + level) / 2.0, axis=0)
    found = []
    for fpr, low, high in zip(fprs, lows, highs):
        fixed = proportion(flagged_at_fpr(scores, member, fpr)[member], codes[member], level)
        low = 0.0 if unbounded_below(fpr, outsiders, level) else low
        found.append(Estimate.within(fixed.value, min(low, fixed.low), max(high, fixed.high), people))
    return found


@dataclass(frozen=True)
class _DescendingScores:
    """One score vector sorted once: persons of members and non-members from the highest score down."""

    member_codes: np.ndarray
    outside_codes: np.ndarray
    above: np.ndarray  # at non-member j from the top: how many members score strictly higher; all of them at the end

    @classmethod
    def of(cls, scores, member, codes):
        inside, outside = np.flatnonzero(member), np.flatnonzero(~member)
        inside = inside[np.argsort(-scores[inside], kind="stable")]
        outside = outside[np.argsort(-scores[outside], kind="stable")]
        above = np.searchsorted(-scores[inside], -scores[outside], side="left")
        return cls(codes[inside], codes[outside], np.append(above, len(inside)))

    def tpr(self, weights, fprs):
        inside = np.concatenate([[0], np.cumsum(weights[self.member_codes])])
        outside = np.cumsum(weights[self.outside_codes])
        first_refused = np.searchsorted(outside, fprs * outside[-1] + _ROUNDING, side="right")
        return inside[self.above[first_refused]] / inside[-1]
