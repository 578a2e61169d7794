"""RMIA, the relative membership attack: how much surer is the target of a record than models like it are on average.

Zarifzadeh, Liu and Shokri 2024 (arXiv 2312.03262). The score is log(p_target / p_reference). The paper's own score,
the share of population records that a record's ratio dominates, is a monotone map of it at gamma = 1; `dominance`
computes it.
"""

import numpy as np

SMOOTHING = (
    1e-2  # keeps forests' confidences of 0 and 1 apart from the floor; AUC moves by less than .001 from 1e-6 to .1
)
OFFLINE_GRID = np.linspace(0.0, 1.0, 11)


def rmia_online(target: np.ndarray, shadows: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Log ratio of the target's confidence to the mean over shadows that saw the record and shadows that did not.

    `target` (records) and `shadows` (shadows x records) are likelihoods between 0 and 1; `keep` (shadows x records).
    """
    seen, unseen = _side_mean(shadows, keep), _side_mean(shadows, ~keep)
    return np.log(_smooth(target)) - np.log(_smooth((seen + unseen) / 2))


def rmia_offline(target: np.ndarray, shadows: np.ndarray, keep: np.ndarray, a: float) -> np.ndarray:
    """As `rmia_online` from the shadows that did not see the record alone.

    `a` in [0, 1] guesses the confidence of a model that saw the record as a * unseen + (1 - a) (the paper's appendix
    B.2.2); it is worth little on two classes unless it is tuned on shadow models.
    """
    unseen = _side_mean(shadows, ~keep)
    return np.log(_smooth(target)) - np.log(_smooth(((1 + a) * unseen + (1 - a)) / 2))


def fitted_offline_a(shadows: np.ndarray, keep: np.ndarray) -> float:
    """The `a` for `rmia_offline` by least squares of seen on unseen confidences over records that both sides hold.

    For two shadows, which leave no other shadow to tune it on; AUC on shadows is the better guide where there are
    more.
    """
    seen, unseen = 1 - _side_mean(shadows, keep), 1 - _side_mean(shadows, ~keep)
    denominator = float((unseen**2).sum())
    return float(np.clip((seen * unseen).sum() / denominator, 0, 1)) if denominator > 0 else 1.0


def dominance(ratio: np.ndarray, population: np.ndarray, gamma: float = 1.0) -> np.ndarray:
    """Share of the population's log ratios that each record's log ratio exceeds by log(gamma), found by sorting.

    `ratio` (records), `population` (any number of non-members). At a record that is no member it estimates 1 - FPR.
    """
    ordered = np.sort(population)
    return np.searchsorted(ordered, ratio - np.log(gamma), side="right") / len(ordered)


def _side_mean(signal: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return np.where(chosen, signal, 0.0).sum(axis=0) / np.maximum(chosen.sum(axis=0), 1)


def _smooth(likelihood: np.ndarray) -> np.ndarray:
    return (likelihood + SMOOTHING) / (1 + 2 * SMOOTHING)
