"""What scikit-learn's estimators are called and take, from a generated index: scikit-learn itself is not imported."""

import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from privnb.spec.nearest import nearest


@lru_cache(maxsize=1)
def estimator_index() -> dict[str, dict[str, Any]]:
    """Estimators by dotted name, each with task, parameters, required and predict_proba; see `privnb.spec.index`."""
    return _index()["estimators"]


@lru_cache(maxsize=1)
def _index() -> dict[str, Any]:
    return json.loads(files("privnb.spec").joinpath("estimators.json").read_text("utf-8"))


def estimator_problem(name: str) -> str | None:
    """What is wrong with a dotted estimator name, as the end of a sentence; None for one that exists.

    Names outside scikit-learn only have to look importable; whether they are is seen when they are used.
    """
    if name in estimator_index():
        return None
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return "is no dotted name such as sklearn.ensemble.RandomForestClassifier"
    near = _nearest_estimator(name)
    ours = parts[0] == "sklearn" or (near is not None and nearest(parts[0], ["sklearn"]) is not None)
    if len(parts) > 1 and (not ours or _newer_installed()):
        return None
    ending = f"; did you mean '{near}'?" if near else ""
    if len(parts) == 1:
        return f"needs the module in front, such as sklearn.ensemble.RandomForestClassifier{ending}"
    return f"is no classifier or regressor of scikit-learn {_index()['scikit-learn']}{ending}"


def parameter_problem(estimator: str, parameter: str) -> str | None:
    """What is wrong with a parameter name of an indexed estimator, as a sentence; None when it is one of its own."""
    known = estimator_index()[estimator]["parameters"]
    if parameter in known:
        return None
    short = estimator.rpartition(".")[2]
    near = nearest(parameter, known)
    ending = f"; did you mean '{near}'?" if near else f"; it takes {', '.join(known)}" if known else "; it takes none"
    return f"{short} has no parameter '{parameter}'{ending}"


def _nearest_estimator(name: str) -> str | None:
    last = name.rpartition(".")[2]
    by_class = {dotted.rpartition(".")[2]: dotted for dotted in estimator_index()}
    if last in by_class:
        return by_class[last]
    near = nearest(last, by_class)
    return by_class[near] if near else nearest(name, estimator_index())


def _newer_installed() -> bool:
    """Whether another release of scikit-learn is installed than the index describes: then its word counts, at run."""
    try:
        installed = version("scikit-learn")
    except PackageNotFoundError:
        return False
    return installed.split(".")[:2] != _index()["scikit-learn"].split(".")[:2]
