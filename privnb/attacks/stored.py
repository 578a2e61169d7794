"""The missing row in what a model stores: rows kept whole, counts in leaves, means of the preprocessing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from privnb.attacks.closed_forms import MISMATCH, Solved
from privnb.attacks.encoded import stored_means

_TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
_FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)


def kept_row(core: Any, Z: np.ndarray, y: np.ndarray) -> Solved | None:
    """The row that a model keeps and the adversary does not know: neighbours keep all, a kernel its support vectors.

    `Z` (n - 1 x p), `y` (n - 1). None where the model keeps no rows, or no other row than the known ones.
    """
    rows = _kept(core)
    if rows is None or rows.shape[1] != Z.shape[1]:
        return None
    known, counts = np.unique(_keys(Z), return_counts=True)
    kept, first, times = np.unique(_keys(rows), return_index=True, return_counts=True)
    at = np.minimum(np.searchsorted(known, kept), len(known) - 1)
    surplus = times > np.where(known[at] == kept, counts[at], 0)
    if surplus.sum() != 1:
        return None
    place = int(first[surplus][0])
    label, sure = _kept_label(core, place)
    z = rows[place].astype(np.float64)
    bound = np.finfo(float).eps * np.abs(z)
    return Solved(z, bound, label, "stored row", 1.0, label_sure=sure, label_bound=0.0 if sure else np.inf)


def trees_of(core: Any) -> list | None:
    """The fitted trees whose leaves count every training row once; None where there are none or rows were drawn."""
    if isinstance(core, _TREES):
        return [core]
    if isinstance(core, _FORESTS) and not core.bootstrap:
        return list(core.estimators_)
    return None


def leaf_counts(core: Any, Z: np.ndarray, y: np.ndarray) -> Solved | None:
    """In each tree one leaf counts a row more than are known there: the missing row lies in all these leaves' boxes.

    Its features are guessed from the known rows that fit the intersection of the boxes best; the bound is the box. The
    label is what the leaf's class counts, or its mean, lack. None where trees draw their rows.
    """
    trees = trees_of(core)
    if trees is None:
        return None
    low, high = np.full(Z.shape[1], -np.inf), np.full(Z.shape[1], np.inf)
    label, label_sure, label_bound, problem = None, False, np.inf, ""
    for tree in trees:
        leaves = tree.apply(Z)
        short = tree.tree_.n_node_samples - np.bincount(leaves, minlength=tree.tree_.node_count)
        short[tree.tree_.children_left >= 0] = 0
        if (short != 0).sum() != 1 or short.max() != 1:
            return None
        leaf = int(np.argmax(short))
        _shrink(tree.tree_, leaf, low, high)
        if label is None:
            label, label_sure, label_bound = _leaf_label(core, tree, leaf, y[leaves == leaf])
    classified = hasattr(core, "classes_")
    z = _inside(Z, low, high, Z[y == label] if classified and (y == label).any() else Z)
    binary = ((Z == 0) | (Z == 1)).all(axis=0)
    z = np.where(binary, (low >= 0) * 1.0 + (high >= 1) * (low < 0) * np.round(z), z)
    bound = np.maximum(high - z, z - low)
    bound = np.where(binary & ((low >= 0) | (high < 1)), 0.0, bound)
    return Solved(z, bound, label, "leaf counts", float(len(trees)), label_sure, label_bound, problem)


def preprocessing_means(steps: Sequence, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The missing row's numbers from the means that a scaler keeps: n times the mean, minus the known rows.

    `X` are the known rows as the first step takes them. Returns columns (names or places), values and bounds; a column
    whose stored variance does not agree with the value found is left out. None where nothing is kept.
    """
    kept = stored_means(steps)
    if kept is None:
        return None
    columns, means, variances = kept
    known = _numbers(steps[0], X, columns)
    count = len(known) + 1
    missing = means + (means - known).sum(axis=0)
    bound = 2 * np.finfo(float).eps * (count + 2) * (np.abs(known).sum(axis=0) + np.abs(missing))
    squares = ((known - means) ** 2).sum(axis=0) + (missing - means) ** 2
    constant = np.ptp(known, axis=0) == 0
    slack = MISMATCH * np.abs(squares) + 2 * np.abs(missing - means) * bound + bound
    good = (np.abs(squares - count * variances) <= slack) | (constant & (np.abs(missing - known[0]) <= bound))
    good &= np.isfinite(missing)
    return columns[good], missing[good], bound[good]


def _numbers(step: Any, X: Any, columns: np.ndarray) -> np.ndarray:
    if columns.dtype != object:
        return np.asarray(X, dtype=np.float64)[:, columns]
    encoded = step.transform(X)
    names = step.get_feature_names_out().tolist()
    places = [names.index(name) for name in columns]
    return encoded[:, places] * np.array([step.scales_[c] for c in columns]) + [step.means_[c] for c in columns]


def _kept(core: Any) -> np.ndarray | None:
    """The training rows that an instance-based model holds: neighbours, kernel machines, Gaussian processes."""
    for name in ("support_vectors_", "X_train_", "X_fit_", "_fit_X"):  # the last is scikit-learn's own for neighbours
        rows = getattr(core, name, None)
        if isinstance(rows, np.ndarray) and rows.ndim == 2:
            return rows
    return None


def _kept_label(core: Any, place: int) -> tuple[Any, bool]:
    if hasattr(core, "support_vectors_") and hasattr(core, "classes_"):  # support vectors stand class by class
        return core.classes_[np.searchsorted(np.cumsum(core.n_support_), place, side="right")], True
    if isinstance(core, (KNeighborsClassifier, KNeighborsRegressor)):
        value = np.ravel(core._y)[place]
        return (core.classes_[value] if isinstance(core, KNeighborsClassifier) else float(value)), True
    return None, False


def _keys(rows: np.ndarray) -> np.ndarray:
    """Each row as one comparable value."""
    rows = np.ascontiguousarray(rows, dtype=np.float64) + 0.0  # no negative zero
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def _shrink(tree: Any, leaf: int, low: np.ndarray, high: np.ndarray) -> None:
    """Cuts the box [low, high] to that of a leaf, from the leaf up to the root."""
    parent = np.full(tree.node_count, -1)
    inner = np.flatnonzero(tree.children_left >= 0)
    parent[tree.children_left[inner]] = inner
    parent[tree.children_right[inner]] = inner
    node = leaf
    while (above := parent[node]) >= 0:
        feature, threshold = tree.feature[above], tree.threshold[above]
        if tree.children_left[above] == node:
            high[feature] = min(high[feature], threshold)
        else:
            low[feature] = max(low[feature], threshold)
        node = above


def _inside(Z: np.ndarray, low: np.ndarray, high: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """A point of the box: for each feature the mean of the values in it of the 20 known rows that miss it least.

    A feature that the box leaves free is the mean of `alike`, the known rows of the same label.
    """
    within = (low < Z) & (high >= Z)
    fits = within.sum(axis=1)
    nearest = fits >= np.sort(fits)[-min(20, len(fits))]
    own = np.where(within, Z, 0.0)
    count = (within & nearest[:, None]).sum(axis=0)
    best = np.where(count > 0, own[nearest].sum(axis=0) / np.maximum(count, 1), np.nan)
    other = np.where(within.any(axis=0), own.sum(axis=0) / np.maximum(within.sum(axis=0), 1), np.nan)
    middle = np.clip(Z.mean(axis=0), low, high)
    inside = np.where(np.isfinite(best), best, np.where(np.isfinite(other), other, middle))
    return np.where(np.isinf(low) & np.isinf(high), alike.mean(axis=0), inside)


def _leaf_label(core: Any, tree: Any, leaf: int, y: np.ndarray) -> tuple[Any, bool, float]:
    value = np.ravel(tree.tree_.value[leaf])
    total = len(y) + 1
    if hasattr(core, "classes_"):
        code = np.searchsorted(core.classes_, y)
        short = value * total - np.bincount(code, minlength=len(value))
        sure = bool(np.abs(short - (np.arange(len(short)) == np.argmax(short))).max() < 1e-6)
        return core.classes_[int(np.argmax(short))], sure, 0.0 if sure else np.inf
    label = float(value[0] * total - y.sum())
    plain = core.criterion in ("squared_error", "friedman_mse")
    bound = 4 * np.finfo(float).eps * (total + 1) * (np.abs(y).sum() + abs(label)) if plain else np.inf
    return label, plain, bound
