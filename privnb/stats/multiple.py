"""Correction for looking at several results at once."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjusted p-values (k) of Holm's step-down procedure, in the order given (Holm 1979).

    Rejecting where the adjusted value is at most alpha keeps the chance of any false rejection at alpha.
    """
    p_values = np.asarray(p_values, dtype=float)
    if p_values.ndim != 1 or not np.all((p_values >= 0.0) & (p_values <= 1.0)):
        raise DataError("p-values must be one column of numbers between 0 and 1.")
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty_like(p_values)
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0) if len(p_values) else stepped
    return adjusted


def bonferroni_level(level: float, intervals: int) -> float:
    """The level at which each of `intervals` is computed so that all of them hold together at `level` (Dunn 1961)."""
    return 1.0 - (1.0 - level) / max(intervals, 1)
