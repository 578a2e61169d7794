"""Writes the reference of the spec (docs/spec.md) from the tree itself, so that the two cannot differ."""

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic.fields import FieldInfo

from privnb.spec.dump import flow_yaml
from privnb.spec.later import ASSESSMENTS, MITIGATIONS, PLACES, YET
from privnb.spec.tree import keys_of, section_of

_HEAD = """# The spec

One YAML file (YAML 1.2) says what is assessed. This page is generated from the tree that reads it.

The shortest spec:

```yaml
privnb: 1
model: {train: sklearn.ensemble.RandomForestClassifier}
data:
  builtin: adult
  target: income
```

Everything else has a default. A key that is left out and a key with the value `null` are the same. `model: model.skops`
is short for `model: {file: model.skops}`, `train: <dotted name>` for `train: {estimator: <dotted name>}`; an assessment
or mitigation without parameters may be written `{}`, `auto` or nothing. Paths are relative to the spec.
"""
_NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false", dict: "mapping", type(None): "null"}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def reference(tree: type[pydantic.BaseModel]) -> str:
    """Markdown with a table of keys, types, defaults and meanings for each section of `tree` (see `spec_model`)."""
    parts = [_HEAD, *_sections(tree, (), "The top level")]
    return "\n".join(parts).rstrip() + "\n"


def _sections(model: type[pydantic.BaseModel], path: tuple[str, ...], title: str) -> list[str]:
    parts = [f"## {title}", "", _summary(model), ""]
    fields = keys_of(model)
    if fields:
        parts += ["| key | what it takes | default | meaning |", "|---|---|---|---|"]
        parts += [_row(key, field, path) for key, field in fields.items()]
        parts.append("")
    parts += _of_later(path)
    for key, field in fields.items():
        inner, _ = section_of(field.annotation)
        if inner and PLACES.get((*path, key), ()) is not None:
            parts += _sections(inner, (*path, key), f"`{'.'.join((*path, key))}`")
    return parts


def _row(key: str, field: FieldInfo, path: tuple[str, ...]) -> str:
    meaning = field.description or ""
    refused = PLACES.get((*path, key), ())
    if refused is None:
        meaning += f" ({YET})"
    elif refused:
        meaning += f" ({', '.join(_code(value) for value in refused)}: {YET})"
    cells = [f"`{key}`", _takes(field), _default(field), meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _of_later(path: tuple[str, ...]) -> list[str]:
    names = {("assess",): ASSESSMENTS, ("mitigations",): MITIGATIONS}.get(path)
    return [f"Known to the language and {YET}: {', '.join(sorted(names))}.", ""] if names else []


def _summary(model: type[pydantic.BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None or field.default is None:
        return ""
    if isinstance(field.default, pydantic.BaseModel):
        return "see below"
    text = _code(field.default)
    extra = field.json_schema_extra
    profiles = extra.get("profiles", {}) if isinstance(extra, Mapping) else {}
    return "; ".join([text, *(f"{name} {_code(value)}" for name, value in profiles.items())])


def _code(value: Any) -> str:
    return f"`{flow_yaml(value)}`"


def _takes(field: FieldInfo) -> str:
    inner, many = section_of(field.annotation)
    if inner:
        return "list of sections" if many else "section"
    bounds = [_bound(part) for part in field.metadata]
    return " ".join([_type(field.annotation), *filter(None, bounds)])


def _type(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return " ".join([_type(arguments[0]), *filter(None, (_bound(part) for part in arguments[1:]))])
    if origin is Literal:
        return ", ".join(_code(value) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(arm) for arm in arguments if arm is not type(None))
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type(arguments[0])}"
    return _NAMES.get(origin or annotation, "any value")


def _bound(part: Any) -> str:
    """What a piece of a field's metadata says about numbers; nothing for other metadata."""
    if isinstance(part, FieldInfo):
        return " ".join(filter(None, (_bound(inner) for inner in part.metadata)))
    limits = ((word, getattr(part, name, None)) for name, word in _BOUNDS.items())
    words = [f"{word} {limit}" for word, limit in limits if limit is not None]
    return " ".join(words)
