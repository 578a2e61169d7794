"""Parameters of a notebook: exactly what JSON can hold arrives, all else is refused by name."""

import ast
import difflib
import math
from collections.abc import Collection, Mapping
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import click
from pydantic import BaseModel

from privnb.errors import PrivnbError


class ParameterError(PrivnbError, click.ClickException):
    """A parameter that a notebook does not have or that no notebook can get; one line on papermill's command line."""

    exit_code = 2


def plain_parameters(parameters: Mapping[str, Any], notebook: str) -> dict[str, Any]:
    """The parameters as plain JSON values (and non-finite floats, which papermill writes as Python).

    A tuple becomes a list, a numpy scalar its number, a date or time its ISO text, a path or UUID its text, an
    enumeration member its value, a pydantic model its JSON dump. Everything else raises ParameterError.
    """
    return {name: _plain(value, f"parameter {name!r} of {notebook}") for name, value in parameters.items()}


def check_names(parameters: Collection[str], known: Collection[str], notebook: str) -> None:
    """ParameterError for the first name that is not known, with the nearest that is."""
    for name in parameters:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1, 0.6)
            if nearest:
                way_out = f'; did you mean "{nearest[0]}"?'
            elif known:
                way_out = f"; it has {', '.join(known)}"
            else:
                way_out = "; it has no cell tagged `parameters` that sets one"
            raise ParameterError(f'no parameter "{name}" in {notebook}{way_out}')


def assigned_names(source: str) -> list[str]:
    """Names that a Python cell assigns at its top level; none where it is not plain Python."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []
    targets = [
        target
        for line in body
        if isinstance(line, ast.Assign | ast.AnnAssign)
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
    ]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def strict_json(value: Any) -> Any:
    """The same with non-finite floats as text: a notebook's metadata must be JSON that every reader takes."""
    if isinstance(value, dict):
        return {key: strict_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [strict_json(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any, place: str) -> Any:
    import numpy as np

    if isinstance(value, Enum):
        return _plain(value.value, place)
    if isinstance(value, np.generic) and not isinstance(
        value, np.void | np.bytes_ | np.longdouble | np.complexfloating
    ):
        return _plain(value.item(), place)
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case str():
            return _text(value, place)
        case PurePath() | UUID():
            return _text(str(value), place)
        case date() | time():  # a datetime is a date
            return value.isoformat()
        case list() | tuple():
            return [_plain(each, f"{place}, item {number}") for number, each in enumerate(value)]
        case dict():
            return {_key(key, place): _plain(each, f"{place}, key {key!r}") for key, each in value.items()}
        case BaseModel():
            return _plain(value.model_dump(mode="json"), place)
    kind = type(value)
    name = kind.__name__ if kind.__module__ in ("builtins", "decimal") else f"{kind.__module__}.{kind.__name__}"
    raise ParameterError(f"{place} is a {name}; give text, a number, a list or a mapping of those")


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{place} is text that no file can hold: {value!a}") from None
    return str(value)


def _key(key: Any, place: str) -> str:
    if not isinstance(key, str):
        raise ParameterError(f"{place} has the key {key!r}; keys must be text")
    return _text(key, place)
