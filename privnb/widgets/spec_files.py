"""Where a spec to edit is, and its plain values in the long form that a form shows."""

from pathlib import Path
from typing import Any

from privnb.errors import Problem, SpecError
from privnb.spec.positions import MAX_BYTES, parse
from privnb.spec.syntax import decode

ENDING = ".privacy.yaml"


def where(path: str | Path | None) -> tuple[Path | None, Path | None]:
    """The file to read and the file to write; an embedded example is written to the current folder."""
    if path is None:
        return None, None
    from privnb.run.session import example_spec

    found = example_spec(str(path))
    return found, Path(path) if found == Path(path) else Path(found.name)


def read_values(path: Path) -> tuple[dict[str, Any], str]:
    """The plain values and the text of a spec, valid or not; SpecError when it is no readable YAML mapping."""
    try:
        text, problem = decode(path.read_bytes(), MAX_BYTES)
    except OSError as error:
        raise SpecError(
            str(path), [Problem(1, 1, f"cannot be read: {(error.strerror or str(error)).lower()}")]
        ) from None
    if problem:
        raise SpecError(str(path), [problem])
    found = parse(text)
    if found.problems:
        raise SpecError(str(path), found.problems)
    if not isinstance(found.value, dict):
        raise SpecError(str(path), [Problem(1, 1, "the spec must be a mapping that starts with 'privnb: 1'")])
    return _long_form(found.value), text


def _long_form(values: dict[str, Any]) -> dict[str, Any]:
    """Short forms spelled out: a model that is a file name, a train section that is a dotted name."""
    model = values.get("model")
    if isinstance(model, str):
        return {**values, "model": {"file": model}}
    if isinstance(model, dict) and isinstance(model.get("train"), str):
        return {**values, "model": {**model, "train": {"estimator": model["train"]}}}
    return values
