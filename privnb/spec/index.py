"""Generates estimators.json and builtin_columns.json from the installed scikit-learn: `python -m privnb.spec.index`."""

import inspect
import itertools
import json
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

# UCI, Adult: columns in the order of adult.names
ADULT = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
]  # fmt: skip

# the target's name in privnb's embedded data sets, where scikit-learn says only "target"
TARGETS = {"breast_cancer": "diagnosis", "digits": "digit", "diabetes": "progression", "wine": "cultivar"}


def build_index() -> dict[str, Any]:
    """Every classifier and regressor of the installed scikit-learn by its public dotted name.

    Each has `task`, `parameters` (of its constructor), `required` (those without a default) and `predict_proba`
    (whether it has it as constructed by default).
    """
    import sklearn
    from sklearn.utils import all_estimators

    estimators = {}
    for task, kind in (("classification", "classifier"), ("regression", "regressor")):
        for _, cls in all_estimators(type_filter=kind):
            estimators[_public_name(cls)] = _entry(task, cls)
    return {"scikit-learn": sklearn.__version__, "estimators": dict(sorted(estimators.items()))}


def build_columns() -> dict[str, list[str]]:
    """Columns of the embedded data sets, target last."""
    from sklearn import datasets

    found = {"adult": ADULT}
    for name, target in TARGETS.items():
        features = getattr(datasets, f"load_{name}")(as_frame=True).data.columns
        found[name] = [*map(str, features), target]
    return found


def _entry(task: str, cls: type) -> dict[str, Any]:
    parameters = [
        parameter
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    required = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probabilities = hasattr(cls if required else cls(), "predict_proba")
    return {
        "task": task,
        "parameters": sorted(parameter.name for parameter in parameters),
        "required": required,
        "predict_proba": probabilities,
    }


def _public_name(cls: type) -> str:
    """The path before the first private module, as scikit-learn's documentation names it."""
    parts = cls.__module__.split(".")
    public = ".".join(itertools.takewhile(lambda part: not part.startswith("_"), parts))
    if getattr(import_module(public), cls.__name__, None) is not cls:
        raise LookupError(f"{cls.__module__}.{cls.__name__} has no public name in {public}")
    return f"{public}.{cls.__name__}"


def main(folder: Path) -> None:
    """Write both files into `folder`."""
    for name, content in (("estimators.json", build_index()), ("builtin_columns.json", build_columns())):
        text = json.dumps(content, indent=0, sort_keys=True, ensure_ascii=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
