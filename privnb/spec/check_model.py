"""Checks of the model: its file exists and is trusted, estimators exist and take the parameters they are given."""

import hashlib
from pathlib import PurePosixPath

from privnb.spec.check_data import file_exists
from privnb.spec.draft import Draft, spoken
from privnb.spec.estimators import estimator_index, estimator_problem, parameter_problem
from privnb.spec.tree import named_values

RUNS_CODE = (".joblib", ".pkl", ".pickle")


def check_model_file(draft: Draft) -> None:
    """Model files exist, are of a kind that can be loaded, and are trusted where loading them runs code."""
    for key in ("file", "previous"):
        name, place = draft.get("model", key, kind=str), ("model", key)
        if not name:
            continue
        suffix = PurePosixPath(name).suffix
        if suffix not in (".skops", *RUNS_CODE):
            draft.at_value(
                place, f"{spoken(place)} is '{name}'; a fitted model ends in .skops, or in .joblib or .pkl with trust"
            )
        elif file_exists(draft, place, name) and suffix in RUNS_CODE and draft.get("model", "trust") is not True:
            with (draft.base / name).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            draft.at_value(
                place,
                f"loading {name} runs the code in it; if you made it, add 'trust: true' below model "
                f"(its sha256 is {digest}), or save it as .skops",
            )


def check_training(draft: Draft) -> None:
    """What is said of the training fits the data: pictures are declared, the column of additions is no target."""
    augmentation = draft.get("model", "augmentation", kind=dict) or {}
    for key in ("shift", "flip", "rotate"):
        if augmentation.get(key) and not draft.get("data", "image", kind=dict):
            place = ("model", "augmentation", key)
            draft.at_key(place, f"{spoken(place)} needs data.image: how features form a picture")
    added = draft.get("model", "added", kind=str)
    if added and added == draft.get("data", "target", kind=str):
        draft.at_value(("model", "added"), f"'{added}' is data.target and cannot be model.added")


def check_estimators(draft: Draft) -> None:
    """Each estimator is known or looks importable, and takes each parameter it is given."""
    if not isinstance(draft.raw, dict):
        return
    named = list(named_values(draft.raw, draft.tree))
    estimators = {path[:-1]: value for kind, path, value in named if kind == "estimator" and isinstance(value, str)}
    for section, name in estimators.items():
        problem = estimator_problem(name) if name else None
        if problem:
            path = (*section, "estimator")
            draft.at_value(path, f"{spoken(path, draft.raw)}: '{name}' {problem}")
    for kind, path, value in named:
        if kind == "estimator_params" and isinstance(value, dict):
            _parameters(draft, path, value, estimators.get(path[:-1], estimators.get(("model", "train"))))
    for section, name in estimators.items():
        _required(draft, section, name)


def _parameters(draft: Draft, path: tuple, given: dict, estimator: str | None) -> None:
    if estimator not in estimator_index():
        return
    for name in given:
        problem = parameter_problem(estimator, name.partition("__")[0] if "__" in name else name)
        if problem:
            draft.at_key((*path, name), f"{spoken(path, draft.raw)}: {problem}")


def _required(draft: Draft, section: tuple, name: str) -> None:
    entry = estimator_index().get(name)
    given = draft.get(*section, "params", kind=dict) or {}
    missing = [parameter for parameter in entry["required"] if parameter not in given] if entry else []
    if missing:
        path = (*section, "estimator")
        draft.at_value(
            path,
            f"{spoken(path, draft.raw)}: {name.rpartition('.')[2]} needs {' and '.join(missing)}, other estimators "
            "that a spec cannot hold; use model.factory",
        )
