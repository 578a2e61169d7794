"""Early stopping: train only as many rounds as rows set aside by person say, inside every fit."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from privnb.errors import ModelError
from privnb.regularization.estimators import final_estimator
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.subject.trainers import with_params
from privnb.units import derive_seed

GROWTH = 1.4  # rounds are tried at 1, 2, 3, 4, 6, 8, 11, ...: all tries together cost about 3.5 times the longest


@dataclass(frozen=True)
class EarlyStoppingTrainer:
    """Fits with more and more rounds and keeps the model with the least loss on rows that it set aside.

    `fraction` of the people (not rows) given to `fit` are set aside in each fit, so shadow models do the same on
    their own rows; `patience` is how many tries without improvement end the search. Loss is log loss where there are
    probabilities, else the share of wrong answers, and squared error for regressors. Raises ModelError for an
    estimator that is not trained in rounds.
    """

    trainer: Trainer
    fraction: float = 0.1
    patience: int = 3

    def __post_init__(self):
        if not 0 < self.fraction < 1 or self.patience < 1:
            raise ModelError(
                f"early stopping needs a fraction between 0 and 1 and a patience of 1 or more; "
                f"it has {self.fraction} and {self.patience}."
            )
        _ = self._rounds

    @property
    def task(self) -> str:
        """classification or regression."""
        return self.trainer.task

    @property
    def label(self) -> str:
        """The trainer's name, with what was added."""
        return f"{self.trainer.label} with early stopping"

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Plain JSON that decides what it does."""
        return {
            "kind": "early stopping",
            "fraction": self.fraction,
            "patience": self.patience,
            "of": dict(self.trainer.identity),
        }

    @cached_property
    def _rounds(self) -> tuple[str, int]:
        """The parameter that counts rounds, and the most that its trainer asks for."""
        params = final_estimator(self.trainer).get_params(deep=False)
        if isinstance(params.get("n_estimators"), int) and "learning_rate" in params:
            return "n_estimators", params["n_estimators"]
        if isinstance(params.get("max_iter"), int) and params["max_iter"] > 0:
            return "max_iter", params["max_iter"]
        raise ModelError(
            f"{type(final_estimator(self.trainer)).__name__} is not trained in rounds, so it cannot be stopped early; "
            "set a parameter such as max_depth or min_samples_leaf in params instead."
        )

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model of the people that were not set aside, with the number of rounds that served the others best."""
        people = np.unique(rows.persons)
        held = max(1, round(self.fraction * len(people)))
        if held >= len(people):
            raise ModelError(f"early stopping sets people aside and there is only {len(people)} in these rows.")
        aside = np.random.default_rng(derive_seed(seed, "early-stopping")).permutation(people)[:held]
        chosen = np.isin(rows.persons, aside)
        fitted, judged = rows.take(np.flatnonzero(~chosen)), rows.take(np.flatnonzero(chosen))
        name, most = self._rounds
        best, least, worse = None, np.inf, 0
        for rounds in round_grid(most):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # stopping short is the purpose
                model = with_params(self._inner, **{name: rounds}).fit(fitted, seed)
            loss = _loss(model, judged, self.task)
            if best is None or loss < least:
                best, least, worse = model, loss, 0
            else:
                worse += 1
                if worse == self.patience:
                    break
        return best

    @cached_property
    def _inner(self) -> Trainer:
        """The trainer without the estimator's own early stopping, whose split would separate rows of one person."""
        own = final_estimator(self.trainer).get_params(deep=False).get("early_stopping", False)
        return with_params(self.trainer, early_stopping=False) if own else self.trainer

    def with_params(self, **params: Any) -> "EarlyStoppingTrainer":
        """The same with other parameters of the estimator inside."""
        return replace(self, trainer=with_params(self.trainer, **params))


def round_grid(most: int) -> list[int]:
    """Numbers of rounds to try, growing by 40 % from 1 to `most`."""
    grid = [1]
    while grid[-1] < most:
        grid.append(min(most, max(grid[-1] + 1, int(grid[-1] * GROWTH))))
    return grid


def _loss(model: Model, rows: Rows, task: str) -> float:
    if task == "regression":
        return float(np.mean((np.asarray(model.predict(rows.X), dtype=float) - rows.y) ** 2))
    try:
        probabilities = model.predict_proba(rows.X)
    except ModelError:
        return float(np.mean(np.asarray(model.predict(rows.X)) != rows.y))
    known = rows.y[:, None] == np.asarray(model.classes)[None, :]
    return float(-np.log(np.maximum(np.where(known, probabilities, 0).sum(axis=1), 1e-6)).mean())
