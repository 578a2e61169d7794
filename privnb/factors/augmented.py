"""Training with augmentation, and what an attacker gains who asks about changed copies as well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from privnb.attacks.signals import query
from privnb.attacks.universe import stack
from privnb.factors.augmentation import Augmentation
from privnb.factors.updates import Gain, attack_gain
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.subject.trainers import with_params
from privnb.units import derive_seed


@dataclass(frozen=True)
class AugmentedTrainer:
    """Trains on the rows and on their changed copies with the same labels; a fit draws its copies by its seed."""

    trainer: Trainer
    augmentation: Augmentation

    @property
    def task(self) -> str:
        """classification or regression."""
        return self.trainer.task

    @property
    def label(self) -> str:
        """The trainer's name, with what was added."""
        return f"{self.trainer.label}, augmented ({self.augmentation.words})"

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Plain JSON that decides what it does."""
        return {
            "kind": "augmented",
            "augmentation": self.augmentation.identity,
            "of": dict(self.trainer.identity),
        }

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model of the rows and their copies; DataError or ModelError where they cannot be made."""
        plain = rows.X.reset_index(drop=True)
        copies = [replace(rows, X=X) for X in self.augmentation.changed(rows, derive_seed(seed, "augmentation"))]
        return self.trainer.fit(stack([replace(rows, X=plain), *copies]), seed)

    def with_params(self, **params: Any) -> "AugmentedTrainer":
        """The same with other parameters of the estimator inside."""
        return replace(self, trainer=with_params(self.trainer, **params))


def augmented_scores(
    model: Model, rows: Rows, task: str, augmentation: Augmentation, seed: int, spread: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Belief in membership averaged over each record and its changed copies (n), and that of the record alone (n).

    The belief is the log-odds of the true class (being right, where there are labels only; minus the squared residual
    of a regressor). A model that was trained on the copies too remembers them, so their mean tells more than one
    answer (Yu et al. 2021, arXiv 2007.10567; Choquette-Choo et al. 2021, arXiv 2007.14321). The attacker knows the kind
    of augmentation, not the copies that were drawn.
    """
    alone = _belief(model, rows, task)
    answers = [_belief(model, replace(rows, X=X), task) for X in augmentation.changed(rows, seed, spread)]
    return np.mean([alone, *answers], axis=0), alone


def augmentation_risk(
    model: Model, members: Rows, never: Rows, task: str, augmentation: Augmentation, seed: int, level: float = 0.95
) -> Gain:
    """AUC of telling members from people never used, with changed copies and without; DataError below 30 people."""
    rows = stack([members, never])
    scores, alone = augmented_scores(model, rows, task, augmentation, seed)
    return attack_gain(scores, alone, np.arange(len(rows)) < len(members), rows.persons, level)


def used_augmentation(
    trainer: Trainer | None, declared: Augmentation | None, given: bool
) -> tuple[Augmentation | None, str]:
    """Which augmentation a model's training used (None: none that is known), and how that is known, in words.

    `declared` is what was said of the model under test; it holds for the model as it was `given` and for everything
    that its factory trains, not for another kind of estimator in its place.
    """
    identity = dict(trainer.identity) if trainer else {}
    own, kind = augmentation_of(identity), _innermost(identity).get("kind")
    if own is not None:
        return own, "as trained here"
    if declared is not None and (given or kind == "factory"):
        return declared, "as declared"
    if kind == "estimator" and not given:
        return None, "the training used no augmentation"
    return None, "nobody declared an augmentation of the training; model.augmentation says which there is"


def augmentation_of(identity: Mapping[str, Any]) -> Augmentation | None:
    """The augmentation that a trainer's identity tells of: its own, or that of a trainer inside; None without one."""
    for each in _nested(identity):
        if each.get("kind") == "augmented":
            given = dict(each["augmentation"])
            return Augmentation(**given | {"shape": tuple(given["shape"]) if given["shape"] else None})
        if each.get("kind") == "noise" and each.get("scale", 0) > 0:
            return Augmentation(noise=float(each["scale"]), copies=int(each["copies"]))
    return None


def _nested(identity: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The identity and those of the trainers inside, from the outside in."""
    while identity:
        yield identity
        identity = identity.get("of") or {}


def _innermost(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    return ([{}, *_nested(identity)])[-1]


def _belief(model: Model, rows: Rows, task: str) -> np.ndarray:
    found = query(model, rows, task)
    if "residual" in found:
        return -(found["residual"] ** 2)
    return found["log_odds"] if "log_odds" in found else found["correct"]
