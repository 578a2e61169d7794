"""Overfitting: how much better the model does on rows it was trained on than on rows it never saw."""

import numpy as np

from privnb.errors import DataError
from privnb.stats.estimate import Estimate
from privnb.stats.means import r2
from privnb.stats.proportions import proportion_difference


def overfitting_gap(
    task: str,
    train: tuple[np.ndarray, np.ndarray],
    evaluation: tuple[np.ndarray, np.ndarray],
    train_persons: np.ndarray | None = None,
    evaluation_persons: np.ndarray | None = None,
    level: float = 0.95,
) -> Estimate:
    """Training minus evaluation accuracy (classification) or R2 (regression), with an interval clustered by person.

    `train` and `evaluation` are pairs (labels, predictions) of equal length. Accuracy: Newcombe's hybrid score
    interval. R2: the two intervals joined by the same rule (Zou and Donner 2008). The gap bounds the advantage of the
    plainest membership attack, which calls whoever is predicted rightly a member (Yeom et al. 2018, arXiv
    1709.01604). Raises DataError when the labels of a part of a regression are all equal.
    """
    if task == "classification":
        right = [np.asarray(predicted) == np.asarray(labels) for labels, predicted in (train, evaluation)]
        return proportion_difference(*right, train_persons, evaluation_persons, level)
    for (labels, _), name in ((train, "training"), (evaluation, "evaluation")):
        if np.ptp(np.asarray(labels, dtype=float)) == 0:
            raise DataError(f"all {len(labels)} {name} labels are equal, so R2 and its gap have no meaning.")
    fitted, unseen = r2(*train, train_persons, level), r2(*evaluation, evaluation_persons, level)
    gap = fitted.value - unseen.value
    low = gap - np.hypot(fitted.value - fitted.low, unseen.high - unseen.value)
    high = gap + np.hypot(fitted.high - fitted.value, unseen.value - unseen.low)
    return Estimate.within(gap, low, high, fitted.n + unseen.n)
