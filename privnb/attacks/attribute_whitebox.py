"""What the leaves of a tree or forest say for each value that a hidden column could have (white-box)."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from privnb.attacks.attribute_signals import FLOOR, MOST_ROWS, with_values
from privnb.attacks.candidates import Candidates
from privnb.attacks.encoded import open_model


def leaf_log_likelihood(
    model: Any, X: pd.DataFrame, y: np.ndarray, column: str, candidates: Candidates
) -> np.ndarray | None:
    """Log-likelihood (n x K) from training counts in the leaves of a tree or forest; None for another model.

    The white-box attack with counts of Fredrikson, Jha & Ristenpart 2015: each candidate leads to a leaf, and the share
    of training rows of the true class that lie there is its weight, averaged over trees. A candidate that no training
    row of this class agrees with gets the floor.
    """
    opened = open_model(model)
    classes, trees = getattr(opened.core, "classes_", None), _trees_of(opened.core)
    if classes is None or not trees or len(np.shape(classes)) != 1:
        return None
    code = pd.Index(classes).get_indexer(y)
    asked = max(1, MOST_ROWS // max(len(X), 1))
    found = []
    for start in range(0, len(candidates.values), asked):
        some = candidates.values[start : start + asked]
        Z = opened.encode(with_values(X, column, some)).astype(np.float32)
        many = np.tile(code.clip(min=0), len(some))
        weight = np.zeros(len(Z))
        for each in trees:
            tree = each.tree_
            leaf = tree.apply(Z)
            weight += _counts(tree)[leaf, many] / tree.weighted_n_node_samples[0]
        found.append((weight / len(trees)).reshape(len(some), -1))
    share = np.concatenate(found).T
    floor = FLOOR / max(float(trees[0].tree_.weighted_n_node_samples[0]), 1.0)
    return np.where((code >= 0)[:, None], np.log(np.maximum(share, floor)), 0.0)


def _counts(tree: Any) -> np.ndarray:
    """Training rows of each class in each node (nodes x classes)."""
    values = tree.value[:, 0, :]
    return values / np.maximum(values.sum(axis=1, keepdims=True), 1e-300) * tree.weighted_n_node_samples[:, None]


def _trees_of(core: Any) -> list:
    if isinstance(core, DecisionTreeClassifier):
        return [core]
    return list(core.estimators_) if isinstance(core, (RandomForestClassifier, ExtraTreesClassifier)) else []
