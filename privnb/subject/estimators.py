"""A scikit-learn estimator, as an object or by dotted name, as a trainer."""

import copy
import difflib
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from privnb.errors import ModelError, PrivnbError, without_values
from privnb.subject.contract import Model
from privnb.subject.encoding import VERSION, TableEncoder, encoding_plan, needs_encoding
from privnb.subject.fitted import SklearnModel, one_openmp_thread
from privnb.subject.identity import plain_identity
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

    def as_sklearn(self) -> SklearnTrainer:
        """The same procedure with its unfitted estimator at hand."""
        return self._trainer

    def fit(self, rows: Rows, seed: int) -> Model:
        """See `SklearnTrainer.fit`."""
        return self._trainer.fit(rows, seed)

    def with_params(self, **params: Any) -> "EstimatorTrainer":
        """The same estimator with these parameters changed."""
        return EstimatorTrainer(self.estimator, {**self.params, **params})


def is_estimator(obj: Any) -> bool:
    """Whether it is an estimator object: fit, predict and parameters by name."""
    # asked of the class, because some instances refuse predict until they are fitted
    return not isinstance(obj, type) and all(
        hasattr(type(obj), name) for name in ("fit", "predict", "get_params", "set_params")
    )


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
    if not is_estimator(estimator):
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


def _fit(estimator: Any, rows: Rows, seed: int, encode: str) -> SklearnModel:
    fresh = clone(estimator)
    seed_nested(fresh, seed)
    names = list(rows.X.columns)
    auto = encode == "auto" and not isinstance(fresh, Pipeline) and needs_encoding(rows.schema, names)
    if encode == "always" or auto:
        fresh = Pipeline([("encode", TableEncoder(encoding_plan(rows.schema, names))), ("model", fresh)])
    try:
        with one_openmp_thread():
            fresh.fit(rows.X, rows.y)
    except (MemoryError, PrivnbError):
        raise
    except Exception as error:
        model = _final(fresh)
        why = without_values(str(error), keep=model.get_params() if hasattr(model, "get_params") else ())
        raise ModelError(f"{type(model).__name__} could not be trained on {len(rows)} rows: {why}") from None
    return SklearnModel(fresh)


def seed_nested(estimator: Any, seed: int) -> None:
    """Sets every nested random_state from the seed and its own name, and every n_jobs to 1."""
    params, changes = estimator.get_params(deep=True), {}
    for name in sorted(params):
        last = name.rpartition("__")[2]
        if last == "random_state":
            changes[name] = derive_seed(seed, name)
        elif last == "n_jobs" and params[name] is not None:  # None is 1, and some estimators warn when it is named
            changes[name] = 1
    estimator.set_params(**changes)
