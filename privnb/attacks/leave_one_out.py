"""Leave-one-out distance of weights: how far each training record alone pulls a linear model's parameters."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.linear_model import LinearRegression, Ridge

from privnb.attacks.adapt import as_frame
from privnb.attacks.encoded import open_model
from privnb.errors import DataError, NotApplicable


def weight_changes(model: Any, X: ArrayLike | pd.DataFrame, y: ArrayLike) -> np.ndarray:
    """Weights (and intercept, last) of the fit on all rows minus those without row i (n x p + 1), for each i.

    `model` is a fitted LinearRegression or Ridge with one output (a Model or pipeline: its preprocessing is kept as
    fitted), `X` (n x d), `y` (n) are its training rows. DFBETA in closed form (Belsley, Kuh & Welsch 1980; exact for a
    ridge penalty too, by the Sherman-Morrison formula): the inverse of the penalized normal matrix times the row times
    residual / (1 - leverage). Infinite where the other rows do not determine the weights. Raises NotApplicable for any
    other model and for positive or sample-weighted fits, DataError for rows that do not give these weights.
    """
    opened = open_model(model)
    core = opened.core
    if type(core) not in (LinearRegression, Ridge) or core.positive or np.ndim(core.coef_) != 1:
        raise NotApplicable(
            f"leave-one-out weights in closed form exist for LinearRegression and Ridge, not for {type(core).__name__}"
        )
    Z, labels = opened.encode(as_frame(X)), np.asarray(y, dtype=float).ravel()
    if len(Z) != len(labels):
        raise DataError(f"X has {len(Z)} rows and {len(labels)} labels; give one label a row.")
    centre = Z.mean(axis=0) if core.fit_intercept else np.zeros(Z.shape[1])
    centred = Z - centre
    penalty = float(getattr(core, "alpha", 0.0))
    inverse = np.linalg.pinv(centred.T @ centred + penalty * np.eye(Z.shape[1]), hermitian=True)
    residual = labels - Z @ core.coef_ - core.intercept_
    slope = centred.T @ residual - penalty * core.coef_
    size = np.abs(centred).sum(axis=0) * max(float(np.abs(labels).max()), 1e-300)
    if (np.abs(slope) > 1e-6 * np.maximum(size, 1e-300)).any():
        raise DataError("these rows and labels do not give the model's weights; give the rows it was trained on.")
    pulled = centred @ inverse
    leverage = (pulled * centred).sum(axis=1) + (1.0 / len(Z) if core.fit_intercept else 0.0)
    alone = leverage > 1.0 - 1e-10
    step = residual / np.where(alone, 1.0, 1.0 - leverage)
    weights = pulled * step[:, None]
    intercept = step / len(Z) - weights @ centre if core.fit_intercept else np.zeros(len(Z))
    changes = np.column_stack([weights, intercept])
    changes[alone] = np.inf
    return changes


def weight_distances(model: Any, X: ArrayLike | pd.DataFrame, y: ArrayLike) -> np.ndarray:
    """Euclidean length of each row's `weight_changes` (n), intercept included, in the units of the weights."""
    return np.linalg.norm(weight_changes(model, X, y), axis=1)
