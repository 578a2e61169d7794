"""Small adapters for the tests: scikit-learn estimators as trainers, arrays as rows, and a trainer that remembers."""

import numpy as np
import pandas as pd
from sklearn.base import clone, is_regressor

from privnb.errors import ModelError
from privnb.subject.dictionary import Dictionary
from privnb.subject.rows import Rows
from privnb.units import derive_seed


def rows_of(X, y, persons=None, start=0) -> Rows:
    """Rows of plain arrays; `start` is the position of the first in an imagined table."""
    X = pd.DataFrame(np.asarray(X, dtype=float), columns=[f"x{i}" for i in range(np.shape(X)[1])])
    context = pd.DataFrame(index=X.index) if persons is None else pd.DataFrame({"person": np.asarray(persons)})
    return Rows(X, np.asarray(y), context, Dictionary({}, "declared"), np.arange(start, start + len(X)))


class PlainModel:
    """A fitted estimator behind the Model protocol."""

    def __init__(self, estimator):
        self.estimator = estimator
        self.classes = getattr(estimator, "classes_", None)

    def predict(self, X):
        return self.estimator.predict(X.to_numpy())

    def predict_proba(self, X):
        if not hasattr(self.estimator, "predict_proba"):
            raise ModelError("this model gives labels only")
        return self.estimator.predict_proba(X.to_numpy())


class PlainTrainer:
    """An unfitted estimator behind the Trainer protocol."""

    def __init__(self, estimator):
        self.estimator = estimator
        self.task = "regression" if is_regressor(estimator) else "classification"
        self.label = type(estimator).__name__
        self.identity = {"estimator": self.label, "params": repr(estimator.get_params())}

    def fit(self, rows, seed):
        model = clone(self.estimator)
        if "random_state" in model.get_params():
            model.set_params(random_state=seed % 2**31)
        return PlainModel(model.fit(rows.X.to_numpy(), rows.y))


class Spy(PlainTrainer):
    """Remembers which row positions every fit saw."""

    def __init__(self, estimator):
        super().__init__(estimator)
        self.seen = []

    def fit(self, rows, seed):
        self.seen.append(rows.position.copy())
        return super().fit(rows, seed)


def seed(*path):
    """Seeds as a stage gives them."""
    return derive_seed(7, *path)
