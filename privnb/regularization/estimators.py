"""The scikit-learn estimator inside a trainer, so that its parameters can be read."""

from typing import Any

from sklearn.pipeline import Pipeline

from privnb.errors import ModelError
from privnb.subject.contract import Trainer
from privnb.subject.trainers import EstimatorTrainer, FactoryTrainer, SklearnTrainer


def final_estimator(trainer: Trainer) -> Any:
    """The unfitted estimator that a trainer fits last; ModelError when the trainer is not made from one."""
    inner = trainer
    while hasattr(inner, "trainer"):  # early stopping, noise, ensembles
        inner = inner.trainer
    if isinstance(inner, FactoryTrainer):
        inner = inner._make()
    if isinstance(inner, EstimatorTrainer):
        inner = inner._trainer
    if not isinstance(inner, SklearnTrainer):
        raise ModelError(f"{trainer.label} is not a scikit-learn estimator, so it has no parameters to set by name.")
    return inner.estimator.steps[-1][1] if isinstance(inner.estimator, Pipeline) else inner.estimator


def class_names(estimator: Any) -> set[str]:
    """Names of the estimator's class and of those it inherits from."""
    return {kind.__name__ for kind in type(estimator).__mro__}
