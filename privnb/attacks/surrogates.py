"""Copies of a model: what it answered, which kinds of estimator can learn that, and how one is taught."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.dictionary import Dictionary
from privnb.subject.encoding import TableEncoder, encoding_plan
from privnb.subject.estimators import EstimatorTrainer, SklearnTrainer, seed_nested
from privnb.subject.fitted import SklearnModel, one_openmp_thread
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer

_NEGLIGIBLE = 0.01  # a class less likely than this teaches nothing; it would only lengthen the table


@dataclass(frozen=True)
class Answers:
    """What a model said about m rows: `labels` (m; values for a regressor), `probabilities` (m x classes) or None."""

    labels: np.ndarray
    probabilities: np.ndarray | None
    classes: np.ndarray | None

    @classmethod
    def of(cls, model: Model, rows: pd.DataFrame, outputs: str) -> "Answers":
        """The answers to `rows`; ModelError when probabilities are asked of a model that gives none."""
        labels = np.asarray(model.predict(rows))
        if model.classes is None:
            return cls(labels.astype(float).reshape(len(rows), -1)[:, 0], None, None)
        asked = np.asarray(model.predict_proba(rows), float) if outputs == "probabilities" else None
        if asked is not None and not np.isfinite(asked).all():
            raise ModelError("the model's probabilities are not all finite; a copy needs finite ones.")
        return cls(labels, asked, np.asarray(model.classes))

    def take(self, index: np.ndarray) -> "Answers":
        """The answers to some of the rows."""
        return Answers(
            self.labels[index], None if self.probabilities is None else self.probabilities[index], self.classes
        )

    def taught(self, trainer: Trainer) -> str:
        """What a copy of that kind learns from: probabilities, label or value."""
        if self.classes is None:
            return "value"
        return "probabilities" if self.probabilities is not None and _weighable(trainer) else "label"

    def weighted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row, class and weight of each lesson: every row once for each class that is not negligible."""
        row, place = np.nonzero(self.probabilities >= _NEGLIGIBLE)
        return row, self.classes[place], self.probabilities[row, place]


def candidates(surrogate: Any, answers: Answers) -> Mapping[str, Trainer]:
    """Trainers of a copy by name: the one given, or three kinds that between them resemble most models."""
    if surrogate is not None:
        trainer = as_trainer(surrogate, "regression" if answers.classes is None else "classification")
        return {trainer.label: trainer}
    if answers.classes is None:
        kinds = {
            "ridge regression": Ridge(),
            "random forest": RandomForestRegressor(50, max_features=0.5),
            "boosted trees": HistGradientBoostingRegressor(max_iter=60, early_stopping=False),
        }
    else:
        rounds = int(np.clip(120 // len(answers.classes), 10, 40))  # each round grows a tree a class
        kinds = {
            "logistic regression": LogisticRegression(C=10.0, max_iter=300),
            "random forest": RandomForestClassifier(50),
            "boosted trees": HistGradientBoostingClassifier(max_iter=rounds, max_leaf_nodes=15, early_stopping=False),
        }
    return {name: SklearnTrainer(kind, "always") for name, kind in kinds.items()}


def fit_copy(trainer: Trainer, schema: Dictionary, X: pd.DataFrame, answers: Answers, seed: int) -> Model:
    """A copy taught by these answers; the commonest label where all are the same."""
    if answers.taught(trainer) == "probabilities":
        row, labels, weights = answers.weighted()
    else:
        row, labels, weights = np.arange(len(X)), answers.labels, None
    if answers.classes is not None and len(np.unique(labels)) == 1:
        return SklearnModel(DummyClassifier().fit(np.zeros((1, X.shape[1])), labels[:1]))
    if weights is None:
        rows = Rows(X.reset_index(drop=True), labels, pd.DataFrame(index=range(len(X))), schema)
        return trainer.fit(rows, seed)
    return _fit_weighted(_plain(trainer), schema, X, row, labels, weights, seed)


def _fit_weighted(
    trainer: SklearnTrainer, schema: Dictionary, X: pd.DataFrame, row: np.ndarray, labels: np.ndarray,
    weights: np.ndarray, seed: int,
) -> Model:  # fmt: skip
    estimator = clone(trainer.estimator)
    seed_nested(estimator, seed)
    if isinstance(estimator, Pipeline):
        name = f"{estimator.steps[-1][0]}__sample_weight"
        with one_openmp_thread():
            return SklearnModel(estimator.fit(X.iloc[row], labels, **{name: weights}))
    encoder = TableEncoder(encoding_plan(schema, list(X.columns))).fit(X)
    with one_openmp_thread():
        estimator.fit(encoder.transform(X)[row], labels, sample_weight=weights)
    return SklearnModel(Pipeline([("encode", encoder), ("model", estimator)]))


def _plain(trainer: Trainer) -> Trainer:
    return trainer.as_sklearn() if isinstance(trainer, EstimatorTrainer) else trainer


def _weighable(trainer: Trainer) -> bool:
    plain = _plain(trainer)
    if not isinstance(plain, SklearnTrainer):
        return False
    last = plain.estimator.steps[-1][1] if isinstance(plain.estimator, Pipeline) else plain.estimator
    return has_fit_parameter(last, "sample_weight")
