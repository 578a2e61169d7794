"""The step ROC curve, and a thinned one with a band for plotting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from privnb.stats.people import checked_scores, person_codes
from privnb.stats.rates import rate_intervals


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
    codes, _ = person_codes(persons, len(scores))
    fpr, tpr = thinned(*step_roc(scores, member)[:2], points)
    ends = rate_intervals(scores, member, fpr, codes, level, seed, draws)
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
