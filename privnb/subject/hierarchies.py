"""How a column's values may be generalised: the forms a data dictionary declares, checked and kept as plain data."""

import csv
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from privnb.errors import DataError

FORMS = ("intervals", "tree", "mask", "dates", "ordered", "file")
DATE_STEPS = ("day", "week", "month", "quarter", "year", "decade")
_TOP = re.compile(r"-?\d+(\.\d+)?\+")
_BOTTOM = re.compile(r"<-?\d+(\.\d+)?")


def check_hierarchy(hierarchy: Any, type: str, categories: Sequence | None, place: str, folder: Path) -> dict[str, Any]:
    """The hierarchy as plain data, after its structure was checked against the column's type and categories.

    Exactly one form of `FORMS`. `intervals`: `{width: [5, 10, 20], origin: 0, top: 90+, bottom: <20}` for numbers,
    each width a multiple of the one before. `tree`: groups down to lists of categories, each category exactly once.
    `mask`: `{from: right, char: "*", levels: 5}` for text and categories. `dates`: steps of `DATE_STEPS`, rising.
    `ordered: auto`: ranges of the column's own order. `file`: a table `leaf;level1;...;*` (the layout of ARX)
    beside the dictionary, which becomes `{"file": name, "levels": {leaf: [level1, ..., "*"]}}`.

    Raises DataError that begins with `place`.
    """
    if not isinstance(hierarchy, Mapping) or len(hierarchy) != 1 or next(iter(hierarchy)) not in FORMS:
        given = ", ".join(map(str, hierarchy)) if isinstance(hierarchy, Mapping) else repr(hierarchy)
        raise DataError(f"{place}: a hierarchy has exactly one of {', '.join(FORMS)}, got {given or 'nothing'}")
    form, body = next(iter(hierarchy.items()))
    place = f"{place}.{form}"
    if form == "intervals":
        _need_type(type, ("integer", "number"), place)
        return {form: _intervals(body, place)}
    if form == "tree":
        _need_type(type, ("categorical", "ordered", "boolean"), place)
        _tree_leaves_once(body, categories, place)
        return {form: _plain_tree(body)}
    if form == "mask":
        _need_type(type, ("categorical", "text", "integer"), place)
        return {form: _mask(body, place)}
    if form == "dates":
        _need_type(type, ("date",), place)
        return {form: _dates(body, place)}
    if form == "ordered":
        _need_type(type, ("integer", "number", "ordered", "date"), place)
        if body != "auto":
            raise DataError(f"{place}: the only value is auto, got {body!r}")
        return {form: "auto"}
    return {"file": str(body), "levels": _file(body, categories, place, folder)}


def tree_leaves(tree: Any) -> list:
    """The leaves of a tree of groups, in reading order."""
    if isinstance(tree, Mapping):
        return [leaf for branch in tree.values() for leaf in tree_leaves(branch)]
    return list(tree) if isinstance(tree, (list, tuple)) else [tree]


def _need_type(type: str, allowed: tuple[str, ...], place: str) -> None:
    if type not in allowed:
        raise DataError(f"{place}: this form is for columns of type {' or '.join(allowed)}, not {type}")


def _known_keys(body: Any, allowed: tuple[str, ...], place: str) -> None:
    if not isinstance(body, Mapping):
        raise DataError(f"{place}: expected the keys {', '.join(allowed)}, got {body!r}")
    for key in body:
        if key not in allowed:
            raise DataError(f"{place}: unknown key {key!r}; known are {', '.join(allowed)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _intervals(body: Any, place: str) -> dict[str, Any]:
    _known_keys(body, ("width", "origin", "top", "bottom"), place)
    widths = body.get("width")
    widths = widths if isinstance(widths, list) else [widths]
    if not widths or not all(_is_number(width) and width > 0 for width in widths):
        raise DataError(f"{place}.width: expected positive numbers, got {body.get('width')!r}")
    for narrow, wide in pairwise(widths):
        if wide <= narrow or abs(wide / narrow - round(wide / narrow)) > 1e-9:
            raise DataError(
                f"{place}.width: {wide} is no multiple of {narrow}, so its intervals would cut others apart"
            )
    if not _is_number(body.get("origin", 0)):
        raise DataError(f"{place}.origin: expected a number, got {body['origin']!r}")
    for key, pattern, example in (("top", _TOP, "90+"), ("bottom", _BOTTOM, "<20")):
        if key in body and not pattern.fullmatch(str(body[key])):
            raise DataError(f"{place}.{key}: expected the form {example}, got {body[key]!r}")
    return {"width": widths, "origin": body.get("origin", 0)} | {
        key: str(body[key]) for key in ("top", "bottom") if key in body
    }


def _tree_leaves_once(body: Any, categories: Sequence | None, place: str) -> None:
    if not isinstance(body, Mapping) or not body:
        raise DataError(f"{place}: expected groups of categories, got {body!r}")
    if categories is None:
        raise DataError(f"{place}: a tree needs the column's categories to be declared")
    seen: dict[Any, str] = {}
    for leaf, path in _walk(body, ""):
        if leaf in seen:
            raise DataError(f"{place}: {leaf!r} is a leaf of both {seen[leaf]} and {path}")
        seen[leaf] = path
    missing = [value for value in categories if value not in seen]
    if missing:
        raise DataError(f"{place}: no leaf for {_some(missing)}")
    unknown = [leaf for leaf in seen if leaf not in set(categories)]
    if unknown:
        raise DataError(f"{place}: {_some(unknown)} is no category of the column")


def _walk(tree: Any, path: str):
    if isinstance(tree, Mapping):
        for name, branch in tree.items():
            yield from _walk(branch, f"{path} > {name}" if path else str(name))
    else:
        for leaf in tree_leaves(tree):
            yield leaf, path


def _plain_tree(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {str(name): _plain_tree(branch) for name, branch in tree.items()}
    return tree_leaves(tree)


def _mask(body: Any, place: str) -> dict[str, Any]:
    _known_keys(body, ("from", "char", "levels"), place)
    side, char, levels = body.get("from", "right"), body.get("char", "*"), body.get("levels")
    if side not in ("left", "right"):
        raise DataError(f"{place}.from: expected left or right, got {side!r}")
    if not isinstance(char, str) or len(char) != 1:
        raise DataError(f"{place}.char: expected one character, got {char!r}")
    if not isinstance(levels, int) or isinstance(levels, bool) or levels < 1:
        raise DataError(f"{place}.levels: expected a whole number of at least 1, got {levels!r}")
    return {"from": side, "char": char, "levels": levels}


def _dates(body: Any, place: str) -> list[str]:
    if not isinstance(body, list) or not body:
        raise DataError(f"{place}: expected a list of {', '.join(DATE_STEPS)}, got {body!r}")
    for step in body:
        if step not in DATE_STEPS:
            raise DataError(f"{place}: unknown step {step!r}; known are {', '.join(DATE_STEPS)}")
    order = [DATE_STEPS.index(step) for step in body]
    if order != sorted(set(order)):
        raise DataError(f"{place}: steps must rise from fine to coarse, got {', '.join(body)}")
    return list(body)


def _file(body: Any, categories: Sequence | None, place: str, folder: Path) -> dict[str, list[str]]:
    path = folder / str(body)
    if not path.is_file():
        raise DataError(f"{place}: there is no file {path}")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=";") if row]
    if not rows or len(rows[0]) < 2:
        raise DataError(f"{place}: {path} needs lines of the form leaf;level1;...;*")
    levels: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise DataError(f"{place}: {path} line {number} has {len(row)} levels, the first has {len(rows[0])}")
        if row[0] in levels:
            raise DataError(f"{place}: {path} line {number} repeats the leaf {row[0]!r}")
        levels[row[0]] = row[1:]
    missing = [value for value in categories or () if str(value) not in levels]
    if missing:
        raise DataError(f"{place}: {path} has no line for {_some(missing)}")
    _each_level_decides_the_next(rows, f"{place}: {path}")
    return levels


def _each_level_decides_the_next(rows: list[list[str]], place: str) -> None:
    for level in range(1, len(rows[0]) - 1):
        above: dict[str, str] = {}
        for row in rows:
            if above.setdefault(row[level], row[level + 1]) != row[level + 1]:
                raise DataError(f"{place} puts {row[level]!r} under both {above[row[level]]!r} and {row[level + 1]!r}")
    if len({row[-1] for row in rows}) > 1:
        raise DataError(f"{place}: the last level must be one value for all, such as *")


def _some(values: list, limit: int = 5) -> str:
    shown = ", ".join(repr(value) for value in values[:limit])
    return shown if len(values) <= limit else f"{shown} and {len(values) - limit} more"
