"""Trainers: a dotted name, a factory or an unfitted estimator as one procedure that makes a model from rows."""

import copy
import difflib
import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from privnb.errors import ModelError, PrivnbError
from privnb.subject.contract import Model, Trainer
from privnb.subject.encoding import VERSION, TableEncoder, encoding_plan, needs_encoding
from privnb.subject.fitted import SklearnModel
from privnb.subject.identity import plain_identity, source_digest
from privnb.subject.rows import Rows
from privnb.units import derive_seed

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class SklearnTrainer:
    """An unfitted scikit-learn estimator or pipeline, cloned for every fit.

    `encode` says when a `TableEncoder` stands in front: `always`; `never`; or `auto`, when the estimator is no pipeline
    and the dictionary has columns that are no numbers or may be missing. Every nested `random_state` is set from the
    seed of the fit and every `n_jobs` to 1, because fits themselves run in parallel.
    """

    estimator: Any
    encode: Literal["auto", "always", "never"] = "auto"

    @cached_property
    def task(self) -> Task:
        """classification or regression, as scikit-learn tells it; ModelError for anything else."""
        return _task(self.estimator)

    @cached_property
    def label(self) -> str:
        """The estimator's name and the parameters that differ from its defaults, for people."""
        return _label(_final(self.estimator))

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Class and parameters, nested ones too, as plain JSON."""
        return {"kind": "estimator", "encode": self.encode, "encoding": VERSION} | plain_identity(self.estimator)

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model of these rows; ModelError with the estimator's own words when it cannot be trained."""
        return _fit(self.estimator, rows, seed, self.encode)

    def with_params(self, **params: Any) -> "SklearnTrainer":
        """The same with other parameters; a pipeline's final step may be addressed without its prefix."""
        return replace(self, estimator=_set(clone(self.estimator), params))


@dataclass(frozen=True)
class EstimatorTrainer:
    """A scikit-learn estimator by dotted name, such as `sklearn.ensemble.RandomForestClassifier`, and its parameters.

    A `TableEncoder` always stands in front, so any table can be used. ModelError at construction for a name that cannot
    be imported, a class that is neither classifier nor regressor, or a parameter that it does not have.
    """

    estimator: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "params", dict(self.params or {}))
        _ = self.task

    @cached_property
    def _trainer(self) -> SklearnTrainer:
        return SklearnTrainer(_set(_instance(self.estimator), self.params), "always")

    @cached_property
    def task(self) -> Task:
        """classification or regression."""
        return self._trainer.task

    @cached_property
    def label(self) -> str:
        """The estimator's name and its given parameters, for people."""
        return _call(self.estimator.rpartition(".")[2], self.params)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Dotted name and parameters as plain JSON."""
        params = {name: plain_identity(value) for name, value in sorted(self.params.items())}
        return {"kind": "estimator", "encode": "always", "encoding": VERSION, "class": self.estimator, "params": params}

    def fit(self, rows: Rows, seed: int) -> Model:
        """See `SklearnTrainer.fit`."""
        return self._trainer.fit(rows, seed)

    def with_params(self, **params: Any) -> "EstimatorTrainer":
        """The same estimator with these parameters changed."""
        return EstimatorTrainer(self.estimator, {**self.params, **params})


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
        """The factory's name, the digest of its source and the changed parameters."""
        name = self.factory if isinstance(self.factory, str) else getattr(self.factory, "__qualname__", "factory")
        params = {name: plain_identity(value) for name, value in sorted(self.params.items())}
        return {"kind": "factory", "factory": name, "source": source_digest(self._callable), "params": params}

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
        if not _is_trainer(product) and not _is_estimator(product):
            raise ModelError(
                f"the factory {self.factory} returned a {type(product).__name__}; it has to return an unfitted "
                "scikit-learn estimator or a Trainer"
            )
        trainer = product if _is_trainer(product) else SklearnTrainer(product)
        return with_params(trainer, **self.params) if self.params else trainer


def as_trainer(obj: Any, task: Task | None = None) -> Trainer:
    """A Trainer from a Trainer, an unfitted estimator or pipeline, a factory callable, a dotted name or `module:callable`.

    ModelError when it is none of these, or when `task` is given and the trainer's is another.
    """
    if isinstance(obj, str):
        trainer = FactoryTrainer(obj) if ":" in obj else EstimatorTrainer(obj)
    elif _is_trainer(obj):
        trainer = obj
    elif _is_estimator(obj):
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


def _is_estimator(obj: Any) -> bool:
    return not isinstance(obj, type) and all(hasattr(obj, name) for name in ("fit", "predict", "get_params", "set_params"))


def _final(estimator: Any) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _task(estimator: Any) -> Task:
    if is_classifier(estimator):
        return "classification"
    if is_regressor(estimator):
        return "regression"
    raise ModelError(f"{type(_final(estimator)).__name__} is neither a classifier nor a regressor")


def _label(estimator: Any) -> str:
    defaults = type(estimator)().get_params(deep=False) if _has_defaults(type(estimator)) else {}
    changed = {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if name not in ("random_state", "n_jobs") and repr(value) != repr(defaults.get(name))
    }
    return _call(type(estimator).__name__, changed)


def _has_defaults(kind: type) -> bool:
    try:
        kind()
    except TypeError:
        return False
    return True


def _call(name: str, params: Mapping[str, Any]) -> str:
    given = ", ".join(f"{key}={_short(value)}" for key, value in params.items())
    return f"{name}({given})" if given else name


def _short(value: Any) -> str:
    text = type(value).__name__ if hasattr(value, "get_params") else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _instance(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    if not module:
        raise ModelError(f"{dotted!r} is no dotted name such as sklearn.ensemble.RandomForestClassifier")
    try:
        kind = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ModelError(f"{dotted} cannot be imported: {error}") from None
    except AttributeError:
        close = difflib.get_close_matches(name, dir(sys.modules[module]), n=1)
        raise ModelError(f"{module} has no {name}" + (f"; did you mean {close[0]}?" if close else "")) from None
    try:
        estimator = kind()
    except TypeError as error:
        raise ModelError(f"{dotted} cannot be made without further arguments ({error}); use a factory") from None
    if not _is_estimator(estimator):
        raise ModelError(f"{dotted} is no scikit-learn estimator: it lacks fit, predict or get_params")
    return estimator


def _set(estimator: Any, params: Mapping[str, Any]) -> Any:
    """Sets copies of the parameters on the estimator; a pipeline's final step needs no prefix."""
    known = estimator.get_params(deep=True)
    prefix = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    resolved = {}
    for name, value in params.items():
        target = name if name in known else prefix + name
        if target not in known:
            names = [each.removeprefix(prefix) for each in known if "__" not in each.removeprefix(prefix)]
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(sorted(names))}"
            raise ModelError(f"{type(_final(estimator)).__name__} has no parameter {name!r}{hint}")
        resolved[target] = copy.deepcopy(value)
    return estimator.set_params(**resolved)


def _import_factory(name: str, base: Path | None) -> Callable[[], Any]:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ModelError(f"{name!r} is no factory such as package.module:callable")
    if base is not None and str(base) not in sys.path:
        sys.path.append(str(base))
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except Exception as error:
        raise ModelError(f"the factory's module {module} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ModelError(f"module {module} has no callable {attribute!r}")
    return found


def _fit(estimator: Any, rows: Rows, seed: int, encode: str) -> SklearnModel:
    fresh = clone(estimator)
    _seed(fresh, seed)
    names = list(rows.X.columns)
    auto = encode == "auto" and not isinstance(fresh, Pipeline) and needs_encoding(rows.schema, names)
    if encode == "always" or auto:
        fresh = Pipeline([("encode", TableEncoder(encoding_plan(rows.schema, names))), ("model", fresh)])
    try:
        fresh.fit(rows.X, rows.y)
    except (MemoryError, PrivnbError):
        raise
    except Exception as error:
        raise ModelError(f"{type(_final(fresh)).__name__} could not be trained on {len(rows)} rows: {error}") from error
    return SklearnModel(fresh)


def _seed(estimator: Any, seed: int) -> None:
    """Sets every nested random_state from the seed and its own name, and every n_jobs to 1."""
    changes = {}
    for name in sorted(estimator.get_params(deep=True)):
        last = name.rpartition("__")[2]
        if last == "random_state":
            changes[name] = derive_seed(seed, name)
        elif last == "n_jobs":
            changes[name] = 1
    estimator.set_params(**changes)
