"""SHAPr: each training record's share in the accuracy of a nearest-neighbour classifier of the model's answers."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from privnb.attacks.adapt import as_frame
from privnb.attacks.encoded import as_model
from privnb.errors import DataError, NotApplicable

_CELLS = 2_000_000  # distances held at once


def shapr(
    model: Any, X: ArrayLike | pd.DataFrame, y: ArrayLike, X_out: ArrayLike | pd.DataFrame, y_out: ArrayLike
) -> np.ndarray:
    """Membership privacy risk score of each training record (n), with `model` a Model or fitted classifier.

    The Shapley value of record i of `X` (n x d), `y` (n) for the accuracy, on the rows `X_out` (m x d), `y_out` (m),
    of the nearest neighbour in the model's probabilities, times n (Duddu, Szyller & Asokan 2021, arXiv 2112.02230; the
    recursion for one neighbour: Jia et al. 2019, arXiv 1908.08619). The mean over records is that accuracy; a record
    above 0 was of use to the model, and the higher, the likelier it is found. Records with equal answers are as near as
    each other and share by the mean over their orders, so the order of rows never matters. Time grows with m times the
    number of different answers. The scores rank records; they are no measure that could be compared between models.
    Raises NotApplicable for a model without probabilities, DataError for rows and labels that do not fit.
    """
    asked = as_model(model)
    if asked.classes is None or not getattr(asked, "gives_probabilities", True):
        raise NotApplicable("SHAPr looks for neighbours among the model's probabilities, and this model gives none")
    sides = []
    for rows, labels, name in ((X, y, "X"), (X_out, y_out, "X_out")):
        frame, label = as_frame(rows), np.asarray(labels).ravel()
        if len(frame) != len(label) or not len(frame):
            raise DataError(f"{name} has {len(frame)} rows and its labels are {len(label)}; give one label a row.")
        sides.append((np.asarray(asked.predict_proba(frame), float), label))
    return neighbour_shapley(*sides[0], *sides[1])


def neighbour_shapley(points: np.ndarray, y: np.ndarray, others: np.ndarray, y_others: np.ndarray) -> np.ndarray:
    """Shapley value (times n) of each of `points` (n x p) for the accuracy of a nearest neighbour on `others` (m x p).

    Equal points are in a random order: with ranks a..b, of which s carry the label asked for, the expectation over
    orders has a closed form, so a row of distances costs one sort of the different points.
    """
    n = len(points)
    places, place = np.unique(points, axis=0, return_inverse=True)
    place = place.ravel()
    labels, label = np.unique(y, return_inverse=True)
    held = np.zeros((len(labels), len(places)))
    np.add.at(held, (label, place), 1.0)
    sizes, harmonic = held.sum(axis=0), np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n + 1))])
    same, other = np.zeros((len(labels), len(places))), np.zeros(len(places))
    block = max(1, _CELLS // len(places))
    for code, asked in enumerate(labels):
        mine, total = others[y_others == asked], np.zeros(len(places))
        for start in range(0, len(mine), block):
            right, wrong = _values(mine[start : start + block], places, sizes, held[code], harmonic)
            same[code] += right
            total += wrong
        same[code] -= total  # rows of this label get `right` in its place
        other += total
    return (other[place] + same[label, place]) * (n / len(others))


def _values(
    asked: np.ndarray, places: np.ndarray, sizes: np.ndarray, hits: np.ndarray, harmonic: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Summed over `asked` rows of one label: value of a record with that label, and of one without, at each place."""
    order = np.argsort(cdist(asked, places, "sqeuclidean"), axis=1)
    hit, flat, count = hits[order], order.ravel(), len(places)
    if count == len(harmonic) - 1:  # all answers differ, so ranks are the same for every row asked about
        rank = np.arange(1, count + 1)
        lost = hit * (1.0 / np.maximum(rank - 1, 1) - 1.0 / rank)
        wrong = lost - np.cumsum(lost[:, ::-1], axis=1)[:, ::-1]
        wrong = np.bincount(flat, wrong.ravel(), count)
        return wrong + np.bincount(flat, np.broadcast_to(1.0 / rank, order.shape).ravel(), count), wrong
    size = sizes[order]
    last = np.cumsum(size, axis=1).astype(np.intp)
    first = last - size.astype(np.intp) + 1
    mean = (harmonic[last] - harmonic[first - 1]) / size  # of 1 / rank
    lost = hit / size * (1.0 / np.maximum(first - 1, 1) - 1.0 / last)
    behind = np.cumsum(lost[:, ::-1], axis=1)[:, ::-1] - lost
    within = (mean - 1.0 / last) / np.maximum(size - 1, 1)
    right, wrong = mean - behind - (hit - 1.0) * within, -behind - hit * within
    return np.bincount(flat, right.ravel(), count), np.bincount(flat, wrong.ravel(), count)
