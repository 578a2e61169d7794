"""What a model's answers say for each value that a hidden column could have."""

import numpy as np
import pandas as pd

from privnb.attacks.candidates import Candidates
from privnb.errors import ModelError
from privnb.subject.contract import Model

FLOOR = 1e-3  # a probability of exactly 0 says "no training row like it", which is not impossible
MOST_ROWS = 250_000  # asked about in one call
_LEAST_LOG = -30.0


def answers(model: Model, X: pd.DataFrame) -> np.ndarray:
    """What the model says (n x c): class probabilities; 0 and 1 where it gives labels only; a regressor's value."""
    if model.classes is None:
        return np.asarray(model.predict(X), float).reshape(len(X), -1)[:, :1]
    if getattr(model, "gives_probabilities", True):
        try:
            return np.asarray(model.predict_proba(X), float)
        except ModelError:
            pass  # a model that cannot say beforehand that it gives labels only
    return (np.asarray(model.predict(X))[:, None] == np.asarray(model.classes)[None, :]).astype(float)


def answers_by_candidate(model: Model, X: pd.DataFrame, column: str, candidates: Candidates) -> np.ndarray:
    """Answers (K x n x c) with `column` set to each candidate value in turn, asked in one call up to 250,000 rows."""
    asked = max(1, MOST_ROWS // max(len(X), 1))
    values, found = candidates.values, []
    for start in range(0, len(values), asked):
        some = values[start : start + asked]
        found.append(answers(model, with_values(X, column, some)).reshape(len(some), len(X), -1))
    return np.concatenate(found)


def with_values(X: pd.DataFrame, column: str, values: np.ndarray) -> pd.DataFrame:
    """The rows of `X` once for each value, with `column` set to it: first all with the first value (k n rows)."""
    many = X.iloc[np.tile(np.arange(len(X)), len(values))].reset_index(drop=True)
    new = pd.Series(np.repeat(values, len(X)), dtype=object)
    try:
        whole = X[column].dtype.kind in "iu"
        many[column] = (new.astype(float).round() if whole else new).astype(X[column].dtype)
    except (TypeError, ValueError):  # a kind that cannot hold the value keeps it as it is
        many[column] = new
    return many


def true_label_log_likelihood(
    answered: np.ndarray, y: np.ndarray, classes: np.ndarray | None, best: np.ndarray, labels_only: bool
) -> np.ndarray:
    """Log-likelihood (n x K) of the true label under each candidate, from the answers (K x n x c).

    With probabilities that of the true class (the confidence score of Mehnaz et al. 2022, after Yeom et al. 2018). With
    labels only the share of the true class among records that got that answer (the confusion matrix of Fredrikson et
    al. 2014), counted with each column at the value that imputation finds likeliest (`best`, n). A regressor's residual
    counts as normal, with the variance that it has there. A label that the model does not know says nothing.
    """
    row = np.arange(answered.shape[1])
    if classes is None:
        residual = y.astype(float)[None, :] - answered[:, :, 0]
        variance = max(float(np.mean(residual[best, row] ** 2)), 1e-12)
        return _floored(-0.5 * residual.T**2 / variance)
    code = pd.Index(classes).get_indexer(y)
    if not labels_only:
        likelihood = np.log(np.clip(answered[:, row, code.clip(min=0)], FLOOR, 1.0)).T
    else:
        said = answered.argmax(axis=2)
        table = np.ones((len(classes), len(classes)))
        known = code >= 0
        np.add.at(table, (said[best, row][known], code[known]), 1.0)
        likelihood = np.log(table / table.sum(axis=1, keepdims=True))[said, code.clip(min=0)].T
    return np.where((code >= 0)[:, None], likelihood, 0.0)


def prediction_log_likelihood(answered: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Log-likelihood (n x K) of a record's own released answer (n x c) under each candidate, from K x n x c answers.

    The model is known, so the right value gives exactly this answer: every other one that gives another is ruled out.
    Where no candidate gives it, as with a number, the nearest answers count most (a normal kernel as wide as the
    smallest distance).
    """
    distance = np.abs(answered - observed[None]).max(axis=2)
    width = np.maximum(distance.min(axis=0), 1e-9)
    return _floored(-0.5 * (distance / width).T ** 2)


def _floored(log_likelihood: np.ndarray) -> np.ndarray:
    """Differences between a record's candidates kept within e^30."""
    return np.maximum(log_likelihood - log_likelihood.max(axis=1, keepdims=True), _LEAST_LOG)
