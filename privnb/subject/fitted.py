"""A fitted scikit-learn estimator as a model: it takes the table's rows and answers with labels and probabilities."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from privnb.errors import ModelError, PrivnbError, without_values
from privnb.subject.encoding import TableEncoder


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def one_openmp_thread() -> AbstractContextManager:
    """Limits compiled loops of the calling thread to one core: fits and queries themselves run side by side.

    Two histogram boostings that each want two cores of two wait for each other ten times as long as they work. The
    limit is the calling thread's own, so fits in other threads neither see nor undo it.
    """
    return _thread_pools().limit(limits=1, user_api="openmp")


class SklearnModel:
    """Wraps a fitted estimator or pipeline.

    `classes` are the labels in the order of `predict_proba`'s columns, None for a regressor. Columns are handed over by
    name where the estimator remembers names; extra columns are left out. Values it has never seen are its own affair,
    missing ones too; the encoder of `EstimatorTrainer` takes both.
    """

    def __init__(self, estimator: Any):
        self.estimator = estimator
        self.classes = _classes(estimator)
        self._names = _remembered_names(estimator)
        self._width = None if self._names is not None else _attribute(estimator, "n_features_in_")

    @property
    def gives_probabilities(self) -> bool:
        """Whether `predict_proba` can be asked."""
        return self.classes is not None and hasattr(self.estimator, "predict_proba")

    @property
    def gives_decision(self) -> bool:
        """Whether `decision_function` can be asked."""
        return hasattr(self.estimator, "decision_function")

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Predicted labels or values (n)."""
        return np.asarray(self._ask(self.estimator.predict, X))

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Class probabilities (n x classes, float64); ModelError when the model gives labels only."""
        if not self.gives_probabilities:
            raise ModelError(
                f"{self._name} gives no probabilities, only {'values' if self.classes is None else 'labels'}"
            )
        return np.asarray(self._ask(self.estimator.predict_proba, X), dtype=np.float64)

    def decision_function(self, X: pd.DataFrame) -> np.ndarray:
        """Decision values (n, or n x classes); ModelError when the model has none."""
        if not self.gives_decision:
            raise ModelError(f"{self._name} has no decision function")
        return np.asarray(self._ask(self.estimator.decision_function, X), dtype=np.float64)

    @property
    def _name(self) -> str:
        steps = getattr(self.estimator, "steps", None)
        return type(steps[-1][1] if steps else self.estimator).__name__

    def _ask(self, method: Callable, X: Any) -> Any:
        table = self._table(X)
        try:
            with one_openmp_thread():
                return method(table)
        except (MemoryError, PrivnbError):
            raise
        except Exception as error:
            raise ModelError(f"{self._name} could not answer: {_one_line(error)}") from None

    def _table(self, X: Any) -> Any:
        if not isinstance(X, pd.DataFrame):
            return X if self._names is None else pd.DataFrame(np.asarray(X), columns=self._names)
        if self._names is not None:
            absent = [name for name in self._names if name not in X.columns]
            if absent:
                shown = ", ".join(map(repr, absent[:5])) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
                raise ModelError(f"{self._name} was trained with the columns {shown}, which these rows do not have")
            return X if list(X.columns) == self._names else X[self._names]
        if self._width is not None:
            if X.shape[1] != self._width:
                raise ModelError(f"{self._name} was trained with {self._width} columns, these rows have {X.shape[1]}")
            return X.to_numpy()
        return X


def _attribute(estimator: Any, name: str) -> Any:
    """An attribute that a pipeline may compute and refuse; None then."""
    try:
        return getattr(estimator, name)
    except AttributeError:
        return None


def _classes(estimator: Any) -> np.ndarray | None:
    classes = _attribute(estimator, "classes_")
    return None if classes is None else np.asarray(classes)


def _remembered_names(estimator: Any) -> list | None:
    steps = getattr(estimator, "steps", None)
    if steps and isinstance(steps[0][1], TableEncoder):
        return list(steps[0][1].columns)
    names = _attribute(estimator, "feature_names_in_")
    return None if names is None else list(names)


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return without_values(lines[0]) if lines else type(error).__name__
