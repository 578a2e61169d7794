"""Validation errors in the user's words: the key as it is written, the value given, and what it must be."""

import re
from typing import Any

import pydantic

from privnb.spec.columns import known_columns, some_columns
from privnb.spec.draft import Draft, shown, spoken
from privnb.spec.model import ID_PATTERN
from privnb.spec.nearest import did_you_mean, listed

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list such as [a, b]",
    "tuple": "a list such as [a, b]",
    "set": "a list such as [a, b]",
    "dict": "a mapping (key: value)",
    "model": "a mapping (key: value)",
    "none": "null",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_PATTERNS = {
    ID_PATTERN: "lower-case letters, digits, - and _, starting with a letter",
}


def describe(draft: Draft, errors: list[dict]) -> None:
    """Note one problem for each place that pydantic complains about."""
    places: dict[tuple, list[dict]] = {}
    for error in errors:
        path = _path(draft, error)
        if not any(path[: len(refused)] == refused for refused in draft.refused):
            places.setdefault(path, []).append(error)
    for path, found in places.items():
        first = found[0]
        if first["type"] == "missing":
            _missing(draft, path)
        elif first["type"] == "spec":
            at, other = first["ctx"]["at"], first["ctx"].get("other")
            ending = f"; '{other}' stands at {draft.place((*path, other))}" if other else ""
            draft.at_key((*path, at) if at else path, first["ctx"]["message"] + ending)
        elif first["type"] == "extra_forbidden":
            draft.at_key(path, f"unknown key '{path[-1]}'")
        else:
            draft.at_value(path, _wrong_value(draft, path, found))


def _path(draft: Draft, error: dict) -> tuple:
    """The place in the file: pydantic's own, without the names of union arms that it puts in between."""
    path: tuple = ()
    for step in error["loc"]:
        here = draft.get(*path)
        if (isinstance(here, dict) and step in here) or (isinstance(here, list) and isinstance(step, int)):
            path = (*path, step)
    return (*path, error["loc"][-1]) if error["type"] == "missing" else path


def _missing(draft: Draft, path: tuple) -> None:
    if path in draft.located.keys:
        draft.at_key(path, f"{spoken(path, draft.raw)} has no value")
        return
    parent = path[:-1]
    what = f"{spoken(parent, draft.raw)} needs '{path[-1]}'"
    if parent and isinstance(parent[-1], int) and parent[0] in ("gates", "mitigations"):
        what = f"each of {spoken(parent[:-1])} needs '{path[-1]}'"
    columns = known_columns(draft) if path == ("data", "target") else None
    draft.at_key(parent, what + (f"; columns are {some_columns(columns)}" if columns else _hint(path)))


def _hint(path: tuple) -> str:
    hints = {
        ("privnb",): "; write 'privnb: 1' first",
        ("model",): ", the model under test: train, factory or file",
        ("data",): ", the table and its target",
        ("data", "target"): ", the column that the model predicts",
    }
    return hints.get(path, "")


def _wrong_value(draft: Draft, path: tuple, errors: list[dict]) -> str:
    value = draft.get(*path)
    place = spoken(path, draft.raw)
    choices = [choice for error in errors for choice in _choices(error)]
    expected = list(dict.fromkeys(text for error in errors if (text := _expected(error))))
    if choices and not expected:
        return f"{place} is {shown(value)}; use {listed(choices)}{did_you_mean(value, choices)}"
    if choices:
        expected.append(listed(choices))
    if not expected and isinstance(value, (dict, list)):
        return f"{place}: {_plain_message(errors[0])}"
    if not expected:
        return f"{place} is {shown(value)}: {_plain_message(errors[0])}"
    ending = _way_out(value, errors)
    return f"{place} is {shown(value)}; it must be {listed(expected)}{ending}"


def _choices(error: dict) -> list[str]:
    if error["type"] not in ("literal_error", "enum"):
        return []
    return re.findall(r"'([^']*)'", error["ctx"]["expected"]) or error["ctx"]["expected"].split(" or ")


def _expected(error: dict) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("literal_error", "enum"):
        return ""
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context[key]:g}" if isinstance(context[key], float) else f"{words} {context[key]}"
    if kind == "int_from_float":
        return _KINDS["int"]
    if kind == "finite_number":
        return "a finite number"
    if kind == "string_too_short":
        return "text that is not empty" if context["min_length"] == 1 else f"at least {context['min_length']} letters"
    if kind == "string_too_long":
        return f"at most {context['max_length']} letters"
    if kind in ("too_short", "too_long"):
        limit = context["min_length"] if kind == "too_short" else context["max_length"]
        return f"a list of at {'least' if kind == 'too_short' else 'most'} {limit}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"of the form {context['pattern'].strip('^$')}")
    return _KINDS.get(kind.partition("_")[0], "")


def _way_out(value: Any, errors: list[dict]) -> str:
    kinds = {error["type"].partition("_")[0] for error in errors}
    if "string" in kinds and isinstance(value, (int, float, bool)):
        return f": write '{shown(value)}' in quotes"
    if "list" in kinds and isinstance(value, (str, int, float)):
        return f": write [{value}]"
    return ""


def _plain_message(error: dict) -> str:
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:]


def validation_errors(error: pydantic.ValidationError) -> list[dict]:
    """Pydantic's errors without its links and inputs, and without what only follows from another one."""
    return [
        found
        for found in error.errors(include_url=False, include_input=False)
        if found["type"] != "default_factory_not_called"
    ]
