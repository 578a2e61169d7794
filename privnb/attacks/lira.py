"""LiRA, the likelihood-ratio attack, with priors shared between records so that it works with few shadow models.

Carlini et al. 2022 (arXiv 2112.03570) fit two normal distributions to each record's log-odds, from the shadow models
that saw the record and from those that did not. With few shadows those fits are mostly noise. Here each record's gap
between seen and unseen, and its variance, start from those of the records at the same level of difficulty and move to
its own as the number of shadows grows (an empirical-Bayes normal-inverse-gamma prior, after BaVarIA, arXiv
2603.11799; the predictive is Student's t).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

# Chosen on shadow models of four targets (forests on digits, breast cancer and Adult; MLP on Adult) at N = 2, 4 and 16:
PRIOR_WEIGHT = 30.0  # shadows that the shared variance counts for
OWN_GAP = 0.1  # share of the spread of gaps between equally difficult records that is taken for real
PEOPLE_A_LEVEL = 100
MOST_LEVELS = 60
VARIANCE_FLOOR = 1e-2  # of the log-odds' variance, never zero


@dataclass(frozen=True)
class LevelPrior:
    """What records of each level of difficulty have in common.

    `edges` (levels - 1) divide the levels; `gap` is the mean of seen minus unseen, `spread` the variance of that mean
    between records beyond its noise, `variance` that of one record's signal over shadow models (each: levels).
    """

    edges: np.ndarray
    gap: np.ndarray
    spread: np.ndarray
    variance: np.ndarray

    def level(self, difficulty: np.ndarray) -> np.ndarray:
        """Index of each record's level."""
        return np.searchsorted(self.edges, difficulty, side="right")


def lira_online(target: np.ndarray, shadows: np.ndarray, keep: np.ndarray, people: int | None = None) -> np.ndarray:
    """Log-likelihood ratio of member to non-member for each record.

    `target` (records) and `shadows` (shadows x records) are Gaussian-like signals such as log-odds; `keep` (shadows x
    records) says which shadow saw the record. Every record needs one shadow on either side. `people` is how many people
    the records belong to (default: each its own); it decides how finely difficulty is told apart.
    """
    seen = _moments(shadows, keep)
    unseen = _moments(shadows, ~keep)
    difficulty = (seen.mean + unseen.mean) / 2
    prior = _prior(difficulty, seen, unseen, people)
    level = prior.level(difficulty)
    variance = prior.variance[level]
    noise = variance * (1 / seen.n + 1 / unseen.n)
    own = prior.spread[level] / (prior.spread[level] + noise)
    gap = prior.gap[level] + own * (seen.mean - unseen.mean - prior.gap[level])
    n = seen.n + unseen.n
    centre = (seen.n * seen.mean + unseen.n * unseen.mean) / n
    unsure = variance / n + own * noise / 4
    return _student_log_pdf(target, centre + gap * unseen.n / n, seen, variance, unsure) - _student_log_pdf(
        target, centre - gap * seen.n / n, unseen, variance, unsure
    )


def lira_offline(
    target: np.ndarray,
    shadows: np.ndarray,
    keep: np.ndarray,
    pool: np.ndarray,
    pool_keep: np.ndarray,
    people: int | None = None,
) -> np.ndarray:
    """Log-likelihood ratio for records that no shadow saw.

    `target`, `shadows` and `keep` as in `lira_online`, of which only the shadows that did not see a record are used;
    how far a record would move if it were seen is learnt from `pool` (shadows x pool records, of `people`) with
    `pool_keep`.
    """
    unseen = _moments(shadows, ~keep)
    pool_unseen = _moments(pool, ~pool_keep)
    prior = _prior(pool_unseen.mean, _moments(pool, pool_keep), pool_unseen, people)
    level = prior.level(unseen.mean)
    variance = prior.variance[level]
    unsure = variance / unseen.n
    shift = prior.gap[level]
    seen = _Moments(np.ones_like(unseen.n), unseen.mean + shift, np.zeros_like(unseen.mean))
    return _student_log_pdf(target, seen.mean, seen, variance, unsure + prior.spread[level]) - _student_log_pdf(
        target, unseen.mean, unseen, variance, unsure
    )


@dataclass(frozen=True)
class _Moments:
    n: np.ndarray
    mean: np.ndarray
    squares: np.ndarray  # sum of squared deviations from the mean


def _moments(signal: np.ndarray, chosen: np.ndarray) -> _Moments:
    n = chosen.sum(axis=0).astype(float)
    mean = np.where(chosen, signal, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(chosen, (signal - mean) ** 2, 0.0).sum(axis=0)
    return _Moments(n, mean, squares)


def _prior(difficulty: np.ndarray, seen: _Moments, unseen: _Moments, people: int | None) -> LevelPrior:
    both = (seen.n > 0) & (unseen.n > 0)
    difficulty, gap = difficulty[both], (seen.mean - unseen.mean)[both]
    known = both.sum() if people is None else both.mean() * people
    levels = int(np.clip(known // PEOPLE_A_LEVEL, 1, MOST_LEVELS))
    edges = np.unique(np.quantile(difficulty, np.arange(1, levels) / levels, method="lower"))
    edges = edges[edges > difficulty.min()]  # edges are records' own, so no level is empty
    level = np.searchsorted(edges, difficulty, side="right")
    total = lambda values: np.bincount(level, values, minlength=len(edges) + 1)  # noqa: E731
    count = total(np.ones(len(level)))
    mean_gap = total(gap) / count
    gap_variance = total((gap - mean_gap[level]) ** 2) / count
    weight = (1 / np.maximum(seen.n, 1) + 1 / np.maximum(unseen.n, 1))[both]
    freedom = total((np.maximum(seen.n - 1, 0) + np.maximum(unseen.n - 1, 0))[both])
    if freedom.sum() > 0:
        variance = total((seen.squares + unseen.squares)[both]) / np.maximum(freedom, 1)
        spread = OWN_GAP * np.maximum(gap_variance - variance * total(weight) / count, 0)
    else:  # one shadow on either side: all of the spread of gaps counts as noise
        variance = gap_variance * count / total(weight)
        spread = np.zeros_like(variance)
    return LevelPrior(edges, mean_gap, spread, variance + VARIANCE_FLOOR)


def _student_log_pdf(
    target: np.ndarray, mean: np.ndarray, own: _Moments, variance: np.ndarray, unsure: np.ndarray
) -> np.ndarray:
    """Log-density of Student's t around `mean`; the record's own squares and the shared variance make the scale."""
    freedom = PRIOR_WEIGHT + np.maximum(own.n - 1, 0)
    square = (PRIOR_WEIGHT * variance + own.squares) / freedom + unsure
    normed = (target - mean) ** 2 / square
    return (
        gammaln((freedom + 1) / 2)
        - gammaln(freedom / 2)
        - 0.5 * np.log(freedom * np.pi * square)
        - (freedom + 1) / 2 * np.log1p(normed / freedom)
    )
