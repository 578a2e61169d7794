"""Trainers: a factory, or whatever a user gives, as one procedure that makes a model from rows."""

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.estimators import EstimatorTrainer, SklearnTrainer, Task, is_estimator
from privnb.subject.identity import plain_identity, source_digest
from privnb.subject.rows import Rows

__all__ = ["EstimatorTrainer", "FactoryTrainer", "SklearnTrainer", "as_trainer", "with_params"]


@dataclass(frozen=True)
class FactoryTrainer:
    """`package.module:callable` that returns an unfitted estimator or a Trainer; called anew for every fit.

    The module is looked for below `base` too (the spec's folder). The identity holds the digest of the module's source
    file, so an edit there makes every result stale; what that module imports is not followed.
    """

    factory: str | Callable[[], Any]
    base: Path | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        _ = self.task

    @cached_property
    def _callable(self) -> Callable[[], Any]:
        return self.factory if callable(self.factory) else _import_factory(self.factory, self.base)

    @cached_property
    def task(self) -> Task:
        """classification or regression, of what the factory makes."""
        return self._make().task

    @cached_property
    def label(self) -> str:
        """The name of what the factory makes, for people."""
        return self._make().label

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The factory's name, the digest of its source, the changed parameters and what it makes."""
        name = self.factory if isinstance(self.factory, str) else getattr(self.factory, "__qualname__", "factory")
        params = {name: plain_identity(value) for name, value in sorted(self.params.items())}
        made = dict(self._make().identity)
        return {
            "kind": "factory",
            "factory": name,
            "source": source_digest(self._callable),
            "params": params,
            "makes": made,
        }

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model of these rows from a fresh product of the factory."""
        return self._make().fit(rows, seed)

    def with_params(self, **params: Any) -> "FactoryTrainer":
        """The same factory; these parameters are set on each product."""
        return replace(self, params={**self.params, **params})

    def _make(self) -> Trainer:
        try:
            product = self._callable()
        except Exception as error:
            raise ModelError(f"the factory {self.factory} failed: {type(error).__name__}: {error}") from error
        if not _is_trainer(product) and not is_estimator(product):
            raise ModelError(
                f"the factory {self.factory} returned a {type(product).__name__}; it has to return an unfitted "
                "scikit-learn estimator or a Trainer"
            )
        trainer = product if _is_trainer(product) else SklearnTrainer(product)
        return with_params(trainer, **self.params) if self.params else trainer


def as_trainer(obj: Any, task: Task | None = None) -> Trainer:
    """A Trainer from a Trainer, an unfitted estimator or pipeline, a factory, a dotted name or `module:callable`.

    ModelError when it is none of these, or when `task` is given and the trainer's is another.
    """
    if isinstance(obj, str):
        trainer = FactoryTrainer(obj) if ":" in obj else EstimatorTrainer(obj)
    elif _is_trainer(obj):
        trainer = obj
    elif is_estimator(obj):
        trainer = SklearnTrainer(obj)
    elif callable(obj) and not isinstance(obj, type):
        trainer = FactoryTrainer(obj)
    elif isinstance(obj, type) and hasattr(obj, "get_params"):
        trainer = SklearnTrainer(obj())
    else:
        raise ModelError(
            f"a {type(obj).__name__} cannot be trained; give an unfitted scikit-learn estimator, its dotted name, a "
            "factory or a Trainer"
        )
    if task is not None and trainer.task != task:
        raise ModelError(f"{trainer.label} is for {trainer.task}, here it has to do {task}")
    return trainer


def with_params(trainer: Trainer, **params: Any) -> Trainer:
    """The same trainer with parameters of its estimator changed; ModelError for a name that it does not have."""
    if not hasattr(trainer, "with_params"):
        raise ModelError(f"{trainer.label} has no parameters that could be changed by name")
    return trainer.with_params(**params)


def _is_trainer(obj: Any) -> bool:
    return not isinstance(obj, type) and all(hasattr(obj, name) for name in ("fit", "identity", "task", "label"))


def _import_factory(name: str, base: Path | None) -> Callable[[], Any]:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ModelError(f"{name!r} is no factory such as package.module:callable")
    if base is not None and str(base) not in sys.path:
        sys.path.append(str(base))
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except Exception as error:
        raise ModelError(
            f"the factory's module {module} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not callable(found):
        raise ModelError(f"module {module} has no callable {attribute!r}")
    return found
