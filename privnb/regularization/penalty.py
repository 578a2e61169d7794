"""L1 and L2 penalties in one scale, translated into each estimator's own parameters."""

from typing import Any

import numpy as np

from privnb.errors import ModelError
from privnb.regularization.estimators import class_names, final_estimator
from privnb.subject.contract import Trainer

# What estimators without a penalty offer in its place, named in the error.
_OTHER_WAYS = (
    "ccp_alpha", "max_depth", "min_samples_leaf", "max_leaf_nodes", "max_features", "n_neighbors", "var_smoothing",
    "alpha", "shrinkage", "reg_param", "learning_rate",
)  # fmt: skip


def penalty_params(trainer: Trainer, l1: float | None, l2: float | None) -> dict[str, Any]:
    """The estimator's own parameters for penalties of strength `l1` and `l2`.

    The strength is in the estimator's own scale: `C = 1 / (l1 + l2)` for logistic regression and support vectors,
    `alpha` for linear models and networks trained on a mean loss, `l2_regularization` or `reg_alpha` and `reg_lambda`
    for boosting. 0 is no penalty. Raises ModelError for a negative strength, and when the estimator has no such
    penalty, naming what it does have.
    """
    for name, strength in (("l1", l1), ("l2", l2)):
        if strength is not None and not (np.isfinite(strength) and strength >= 0):
            raise ModelError(f"{name} is {strength}; a penalty is a number from 0 (none) upwards.")
    estimator = final_estimator(trainer)
    names, params = class_names(estimator), estimator.get_params(deep=False)
    first, second = l1 or 0.0, l2 or 0.0
    total = first + second
    share = first / total if total else 0.0
    if "LogisticRegression" in names and "Cs" not in params:
        return _logistic(params, total, share)
    if {"SGDClassifier", "SGDRegressor", "Perceptron"} & names:
        penalty = "elasticnet" if 0 < share < 1 else "l1" if share else "l2"
        found = {"penalty": penalty if total else None, "alpha": total or params["alpha"]}
        return found | ({"l1_ratio": share} if penalty == "elasticnet" else {})
    if {"reg_alpha", "reg_lambda"} <= set(params):
        return ({"reg_alpha": first} if l1 is not None else {}) | ({"reg_lambda": second} if l2 is not None else {})
    if "ElasticNet" in names and "Lasso" not in names:
        return {"alpha": total, "l1_ratio": share}
    if "Lasso" in names:
        return _only(estimator, "l1", l1, l2, {"alpha": first})
    if {"Ridge", "RidgeClassifier", "KernelRidge", "MLPClassifier", "MLPRegressor"} & names:
        return _only(estimator, "l2", l2, l1, {"alpha": second})
    if "l2_regularization" in params:
        return _only(estimator, "l2", l2, l1, {"l2_regularization": second})
    if "LinearSVC" in names:
        if 0 < share < 1:
            raise ModelError("LinearSVC takes either l1 or l2, not both.")
        return {"C": _inverse(total), "penalty": "l1" if share else "l2"} | ({"dual": False} if share else {})
    if {"SVC", "SVR", "LinearSVR"} & names:
        return _only(estimator, "l2", l2, l1, {"C": _inverse(second)})
    raise ModelError(_no_penalty(estimator, params))


def _logistic(params: dict[str, Any], total: float, share: float) -> dict[str, Any]:
    found: dict[str, Any] = {"C": 1 / total if total else np.inf}
    if (share and params["solver"] not in ("saga", "liblinear")) or (0 < share < 1 and params["solver"] != "saga"):
        found["solver"] = "saga"
    if params.get("penalty") == "deprecated":  # scikit-learn 1.8 and later: l1_ratio alone says which
        return found | {"l1_ratio": share}
    penalty = "elasticnet" if 0 < share < 1 else "l1" if share else "l2"
    return found | {"penalty": penalty, "l1_ratio": share if penalty == "elasticnet" else None}


def _only(estimator: Any, known: str, wanted: float | None, other: float | None, params: dict) -> dict[str, Any]:
    if other:
        missing = "l2" if known == "l1" else "l1"
        raise ModelError(f"{type(estimator).__name__} has no {missing} penalty, only {known}; set {known} instead.")
    return params if wanted is not None else {}


def _inverse(strength: float) -> float:
    return 1 / strength if strength else 1e10


def _no_penalty(estimator: Any, params: dict[str, Any]) -> str:
    ways = [name for name in _OTHER_WAYS if name in params]
    instead = f"; set one of {', '.join(ways)} in params instead" if ways else ""
    return f"{type(estimator).__name__} has no l1 or l2 penalty{instead}."
