"""How alike two pictures or two records are: structural similarity, mean squared error, standardised distance."""

import numpy as np
import pandas as pd

from privnb.errors import DataError

_K1, _K2, _SIGMA, _WINDOW = 0.01, 0.03, 1.5, 11


def ssim(a: np.ndarray, b: np.ndarray, span: float) -> np.ndarray:
    """Structural similarity of pictures `a` and `b` (m x height x width, or x channels; m values), 1 when equal.

    Wang, Bovik, Sheikh & Simoncelli 2004: a Gaussian window of 11 x 11 with SD 1.5 (the largest odd size that fits
    into a smaller picture), K1 .01, K2 .03, averaged over all places where the window lies inside, and over channels.
    `span` is the brightest minus the darkest value. Raises DataError for shapes that differ or a span that is not
    above 0.
    """
    a, b = (np.asarray(side, dtype=np.float64) for side in (a, b))
    if a.shape != b.shape or a.ndim not in (3, 4):
        raise DataError(f"pictures of shapes {a.shape} and {b.shape} cannot be compared; give m x height x width")
    if not span > 0:
        raise DataError(f"the range of the pictures is {span}; brightest minus darkest has to be above 0")
    if a.ndim == 3:
        a, b = a[..., None], b[..., None]
    size = min(_WINDOW, a.shape[1] - 1 + a.shape[1] % 2, a.shape[2] - 1 + a.shape[2] % 2)
    steps = np.arange(size) - size // 2
    taps = np.exp(-(steps**2) / (2 * _SIGMA**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def local(picture: np.ndarray) -> np.ndarray:
        views = np.lib.stride_tricks.sliding_window_view(picture, (size, size), axis=(1, 2))
        return np.einsum("mijcuv,uv->mijc", views, window)

    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    both = local(a * b) - mean_a * mean_b
    c1, c2 = (_K1 * span) ** 2, (_K2 * span) ** 2
    likeness = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    likeness /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return likeness.mean(axis=(1, 2, 3))


def class_distances(found: pd.DataFrame, rows: pd.DataFrame, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Distance of each record in `found` (classes x d) from the class it stands for (classes), in standard deviations.

    The root of the mean over columns of: for a number, the squared distance from the class mean of `rows` (n x d) in
    SDs of all rows; for anything else, the share of the class that has another value. NaN for a class without rows.
    """
    parts = []
    for column in rows.columns:
        if pd.api.types.is_numeric_dtype(rows[column]):
            values = rows[column].to_numpy(np.float64, na_value=np.nan)
            means = np.array([_mean(values[labels == c]) for c in classes])
            scale = np.nanstd(values)
            if scale > 0:
                parts.append(((found[column].to_numpy(np.float64) - means) / scale) ** 2)
            continue
        values, mine = (side[column].astype(object).where(side[column].notna(), None) for side in (rows, found))
        shares = [
            np.mean(values[labels == c] == mine.iloc[k]) if (labels == c).any() else np.nan
            for k, c in enumerate(classes)
        ]
        parts.append(1.0 - np.array(shares))
    if not parts:
        return np.full(len(classes), np.nan)
    return np.sqrt(np.mean(parts, axis=0))


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
