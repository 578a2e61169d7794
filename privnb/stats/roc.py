"""The step ROC curve, true-positive rate at a stated false-positive rate, and a band for plotting."""

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


def step_roc(scores: ArrayLike, member: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False- and true-positive rate at every distinct threshold, from infinity down; flagged are scores >= it.

    No interpolation: rows with equal scores are flagged together. All three arrays have one more entry than there are
    distinct scores.
    """
    scores, member = checked_scores(scores, member)
    values, block = np.unique(scores, return_inverse=True)
    flagged_in = np.cumsum(np.bincount(block[member], minlength=len(values))[::-1])
    flagged_out = np.cumsum(np.bincount(block[~member], minlength=len(values))[::-1])
    fpr = np.concatenate([[0.0], flagged_out / flagged_out[-1]])
    tpr = np.concatenate([[0.0], flagged_in / flagged_in[-1]])
    return fpr, tpr, np.concatenate([[np.inf], values[::-1]])


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
    average, and an interval that ignored this would lie too high where k is small. Raises NotResolvable when fewer
    than 1 / fpr non-members are different people.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    check_resolvable(fprs, codes[~member])
    return _intervals(scores, member, codes, people, fprs, level, seed, draws)


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


@dataclass(frozen=True)
class RocBand:
    """A step ROC for plotting: `tpr` holds from its `fpr` to the next; `low` and `high` bound it pointwise.

    All arrays are equally long and never fall.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    low: np.ndarray
    high: np.ndarray


def roc_band(
    scores: ArrayLike,
    member: ArrayLike,
    persons: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
    points: int = 300,
) -> RocBand:
    """The step ROC thinned to at most `points`, with a pointwise (not simultaneous) band at `level`.

    Every vertex below 1 % FPR is kept as far as two thirds of the points reach, the rest is spread evenly over log
    FPR; the ends at the smallest FPR and at 1 always stay. The band at each point is the interval of `tpr_at_fprs`.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    fpr, tpr = thinned(*step_roc(scores, member)[:2], points)
    ends = _intervals(scores, member, codes, people, fpr, level, seed, draws)
    low = np.minimum.accumulate([end.low for end in ends][::-1])[::-1]
    return RocBand(fpr, tpr, low, np.maximum.accumulate([end.high for end in ends]))


def thinned(fpr: np.ndarray, tpr: np.ndarray, points: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """The upper corners of a step ROC, at most `points` of them, chosen as `roc_band` says."""
    rates, last = np.unique(fpr[::-1], return_index=True)
    best = tpr[::-1][last]  # reversed, so the first of each rate is its highest point
    corner = np.concatenate([[True], np.diff(best) > 0])
    corner[-1] = True
    rates, best = rates[corner], best[corner]
    if len(rates) <= points:
        return rates, best
    low_end = np.flatnonzero(rates < 0.01)
    keep = low_end[np.unique(np.linspace(0, len(low_end) - 1, min(len(low_end), 2 * points // 3)).round().astype(int))]
    rest = np.arange(len(low_end), len(rates))
    wanted = np.geomspace(rates[rest[0]], 1.0, points - len(keep))
    near = rest[np.clip(np.searchsorted(rates[rest], wanted), 0, len(rest) - 1)]
    keep = np.union1d(keep, near)
    return rates[keep], best[keep]


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


def _intervals(scores, member, codes, people, fprs, level, seed, draws):
    fprs = np.asarray(fprs, dtype=float)
    stricter = np.maximum(fprs - 1.0 / len(np.unique(codes[~member])), 0.0)
    samples = tpr_samples([scores], member, np.concatenate([stricter, fprs]), codes, seed, draws)[0]
    lows = np.quantile(samples[:, : len(fprs)], (1.0 - level) / 2.0, axis=0)
    highs = np.quantile(samples[:, len(fprs) :], (1.0 + level) / 2.0, axis=0)
    found = []
    for fpr, low, high in zip(fprs, lows, highs):
        fixed = proportion(flagged_at_fpr(scores, member, fpr)[member], codes[member], level)
        found.append(Estimate.within(fixed.value, min(low, fixed.low), max(high, fixed.high), people))
    return found
