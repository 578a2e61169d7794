"""Ensembles: the mean answer of models that were each trained on some of the people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.subject.trainers import with_params
from privnb.units import derive_seed


@dataclass(frozen=True)
class EnsembleModel:
    """Averages the members' probabilities (classification) or predictions (regression).

    `classes` are all that any member saw; to a member that did not see a class it has probability 0. Members that
    give labels only are averaged as votes.
    """

    members: tuple
    classes: np.ndarray | None

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Mean class probabilities (n x classes); ModelError for regressors."""
        if self.classes is None:
            raise ModelError("an ensemble of regressors has no class probabilities.")
        total = np.zeros((len(X), len(self.classes)))
        for member in self.members:
            total[:, np.searchsorted(self.classes, member.classes)] += _probabilities(member, X)
        return total / len(self.members)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The most probable class, or the mean prediction (n)."""
        if self.classes is None:
            return np.mean([np.asarray(member.predict(X), dtype=float) for member in self.members], axis=0)
        return self.classes[self.predict_proba(X).argmax(axis=1)]


@dataclass(frozen=True)
class EnsembleTrainer:
    """Trains `members` models on subsets of the people given to `fit` and averages them.

    With `fraction` each model draws that share of the people without replacement, whole people only; without it the
    people are dealt out, so each person is in the training rows of exactly one model.
    """

    trainer: Trainer
    members: int = 5
    fraction: float | None = None

    def __post_init__(self):
        if self.members < 2 or (self.fraction is not None and not 0 < self.fraction <= 1):
            raise ModelError(
                f"an ensemble needs 2 members or more and a fraction of people up to 1; "
                f"it has {self.members} and {self.fraction}."
            )

    @property
    def task(self) -> str:
        """classification or regression."""
        return self.trainer.task

    @property
    def label(self) -> str:
        """The trainer's name, with how many are averaged."""
        return f"mean of {self.members} x {self.trainer.label}"

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Plain JSON that decides what it does."""
        return {
            "kind": "ensemble",
            "members": self.members,
            "fraction": self.fraction,
            "of": dict(self.trainer.identity),
        }

    def fit(self, rows: Rows, seed: int) -> Model:
        """The averaged models; ModelError when there are fewer people than members."""
        models = tuple(
            self.trainer.fit(rows.take(index), derive_seed(seed, "ensemble", i))
            for i, index in enumerate(self.subsets(rows, derive_seed(seed, "ensemble")))
        )
        if self.task == "regression":
            return EnsembleModel(models, None)
        return EnsembleModel(models, np.unique(np.concatenate([np.asarray(model.classes) for model in models])))

    def subsets(self, rows: Rows, seed: int) -> list[np.ndarray]:
        """Row positions of each member's training rows; people are dealt out label by label."""
        people, first, person = np.unique(rows.persons, return_index=True, return_inverse=True)
        if len(people) < self.members:
            raise ModelError(f"an ensemble of {self.members} needs as many people and these rows have {len(people)}.")
        random = np.random.default_rng(seed)
        if self.fraction is None:
            stratum = np.zeros(len(people)) if self.task == "regression" else _codes(rows.y[first])
            order = np.lexsort((random.random(len(people)), stratum))
            dealt = np.empty(len(people), int)
            dealt[order] = np.arange(len(people)) % self.members
            return [np.flatnonzero(dealt[person] == i) for i in range(self.members)]
        size = max(1, round(self.fraction * len(people)))
        drawn = np.zeros((self.members, len(people)), bool)
        for row in drawn:
            row[random.permutation(len(people))[:size]] = True
        return [np.flatnonzero(row[person]) for row in drawn]

    def with_params(self, **params: Any) -> "EnsembleTrainer":
        """The same with other parameters of the estimator inside."""
        return replace(self, trainer=with_params(self.trainer, **params))


def _codes(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]


def _probabilities(member: Model, X: pd.DataFrame) -> np.ndarray:
    try:
        return np.asarray(member.predict_proba(X), dtype=float)
    except ModelError:
        return (np.asarray(member.predict(X))[:, None] == np.asarray(member.classes)[None, :]).astype(float)
