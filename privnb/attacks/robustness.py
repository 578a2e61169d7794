"""Label-only membership: how far a record can be changed before the model's decision turns (Choquette-Choo et al.)."""

import numpy as np
import pandas as pd

from privnb.subject.contract import Model

SCALES = (0.1, 0.3, 1.0)  # standard deviations of each numeric column; the share of swapped categories goes with them
_SWAPPED = {0.1: 0.03, 0.3: 0.1, 1.0: 0.3}


def changed_copies(X: pd.DataFrame, copies: int, seed: int) -> list[pd.DataFrame]:
    """`copies` changed tables for each scale: normal noise on numeric columns, swaps with other rows on the others.

    `X` (n x d). Noise is in units of the column's standard deviation in X; missing values stay. At each scale a share
    of a column's categories (3, 10, 30 %) is replaced by that of a random row. The same seed gives the same copies, so
    that target and shadow models answer the same questions.
    """
    random = np.random.default_rng(seed)
    numeric = [name for name in X.columns if pd.api.types.is_numeric_dtype(X[name]) and X[name].dtype != bool]
    spread = X[numeric].to_numpy(float)
    deviations = np.nanstd(spread, axis=0) if numeric else np.zeros(0)
    made = []
    for scale in SCALES:
        for _ in range(copies):
            changed = X.copy()
            if numeric:
                noisy = spread + random.normal(0.0, scale, spread.shape) * deviations
                changed[numeric] = pd.DataFrame(noisy, columns=numeric, index=X.index)
            for name in X.columns.difference(numeric, sort=False):
                swapped = random.random(len(X)) < _SWAPPED[scale]
                others = X[name].to_numpy()[random.integers(0, len(X), len(X))]
                changed[name] = X[name].where(~swapped, pd.Series(others, index=X.index))
            made.append(changed)
    return made


def robustness(model: Model, y: np.ndarray, X: pd.DataFrame, copies: list[pd.DataFrame]) -> np.ndarray:
    """For each record (n) the share of its copies, itself included, for which the model gives the true label.

    Members lie further from the decision boundary, so their decisions hold out longer: Choquette-Choo et al. 2021
    (arXiv 2007.14321), noise robustness. `copies` are tables like X.
    """
    right = np.asarray(model.predict(X)) == y
    total = right.astype(float)
    for changed in copies:
        total += np.asarray(model.predict(changed)) == y
    return total / (len(copies) + 1)
