"""YAML text to plain values, with the line and column of every key and value: one parse, no recursion, no code."""

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from privnb.errors import Problem
from privnb.spec.syntax import syntax_problem, text_problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_ALIASED = 200
MAX_PROBLEMS = 200

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}.*)?\Z")
_KEPT_TAGS = {"tag:yaml.org,2002:str": str, "tag:yaml.org,2002:map": dict, "tag:yaml.org,2002:seq": list}


@dataclass
class Located:
    """Plain values and where they stand.

    `value` holds dicts, lists, strings, numbers, booleans and None. `values` and `keys` map a path (a tuple of keys and
    list indices) to the (line, column), from 1, of the value and of its key; a list item has a value position only.
    `broken` says that reading stopped early, so what is missing may just not have been read.
    """

    value: Any = None
    values: dict[tuple, tuple[int, int]] = field(default_factory=dict)
    keys: dict[tuple, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False

    def at_key(self, path: tuple) -> tuple[int, int]:
        """Position of the key of `path`, of the value where there is no key, of the nearest parent where neither is."""
        while path:
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return 1, 1

    def at_value(self, path: tuple) -> tuple[int, int]:
        """Position of the value of `path`, or of the key of its nearest parent."""
        return self.values[path] if path in self.values else self.at_key(path)

    def rename(self, old: tuple, new: tuple) -> None:
        """Move all positions below `old` to `new`."""
        for table in (self.values, self.keys):
            for path in [path for path in table if path[: len(old)] == old]:
                table[new + path[len(old) :]] = table.pop(path)


def parse(text: str) -> Located:
    """The values of a YAML 1.2 text (core schema) with their positions; what cannot be read is in `problems`.

    Refused: text that is too long, holds control characters or more than one document; tags, merge keys, dates,
    infinite numbers; keys that are no text or come twice; nesting beyond 40 levels; aliases that repeat more than 200
    values. Reading stops at the 200th problem.
    """
    builder = _Builder()
    found = builder.located
    early = text_problem(text, MAX_BYTES)
    if early:
        found.problems.append(early)
        found.broken = True
        return found
    yaml = YAML(typ="safe", pure=True)
    try:
        for event in yaml.parse(text):
            if not builder.take(event):
                found.broken = True
                break
    except MarkedYAMLError as error:
        found.broken = True
        found.problems.append(syntax_problem(error, text))
    except (YAMLError, ValueError, RecursionError) as error:
        found.broken = True
        found.problems.append(Problem(1, 1, f"this is no readable YAML: {str(error).splitlines()[0]}"))
    found.value = builder.root
    return found


class _Stop(Exception):
    """The rest of the text is not worth reading."""


class _Builder:
    """Takes parser events in order and builds values and positions."""

    def __init__(self):
        self.located = Located()
        self.root = None
        self.documents = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0

    def take(self, event) -> bool:
        """Work in one event; False when nothing after it can be used."""
        try:
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._open(event)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._close()
            elif isinstance(event, AliasEvent):
                self._alias(event)
            elif isinstance(event, DocumentStartEvent):
                self._document(event)
        except _Stop:
            return False
        return True

    def _say(self, event, message: str) -> None:
        self.located.problems.append(Problem(*_position(event), message))
        if len(self.located.problems) >= MAX_PROBLEMS:
            raise _Stop

    def _document(self, event) -> None:
        self.documents += 1
        if self.documents > 1:
            self._say(event, "a second document starts here; a spec is one document, so remove the '---'")
            raise _Stop
        if event.version and tuple(event.version) != (1, 2):
            self._say(event, "privnb reads YAML 1.2; remove the %YAML line")

    def _open(self, event) -> None:
        top = self.stack[-1] if self.stack else None
        if len(self.stack) >= MAX_DEPTH:
            self._say(event, f"nested deeper than {MAX_DEPTH} levels")
            raise _Stop
        if top and top.wants_key:
            self._say(event, "a key must be text, not a list or mapping")
            raise _Stop
        value: Any = {} if isinstance(event, MappingStartEvent) else []
        self._check_tag(event, type(value))
        path = self._place(value, event, _position(event))
        self.stack.append(_Open(value, path, event.anchor))

    def _close(self) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = (done.value, _size(done.value))

    def _alias(self, event) -> None:
        if event.anchor not in self.anchors:
            self._say(event, f"*{event.anchor} refers to nothing above it that is complete; write the value out")
            raise _Stop
        value, size = self.anchors[event.anchor]
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            self._say(event, f"aliases repeat more than {MAX_ALIASED} values; write the values out")
            raise _Stop
        if self.stack and self.stack[-1].wants_key:
            self._key(event, value)
        else:
            path = self._place(_copy(value), event, _position(event))
            self.located.values.update((below, _position(event)) for below in _paths(value, path))

    def _scalar(self, event) -> None:
        value = self._value_of(event)
        if self.stack and self.stack[-1].wants_key:
            self._key(event, value)
            return
        empty = event.value == "" and event.style is None
        self._place(value, event, self._empty_position(event) if empty else _position(event))

    def _empty_position(self, event) -> tuple[int, int]:
        if self.stack and isinstance(self.stack[-1].value, dict):
            return self.located.keys.get((*self.stack[-1].path, self.stack[-1].key), _position(event))
        return _position(event)

    def _key(self, event, key: Any) -> None:
        top = self.stack[-1]
        if key == "<<" and getattr(event, "style", None) is None:
            self._say(event, "merge keys (<<) are not part of the spec; write the keys out")
            raise _Stop
        if not isinstance(key, str):
            shown = event.value if isinstance(event, ScalarEvent) else f"*{event.anchor}"
            self._say(event, f"the key {shown} is no text; write it in quotes if it is a name")
            key = str(key)
        path = (*top.path, key)
        top.repeated = key in top.value
        if top.repeated:
            line, column = self.located.keys[path]
            self._say(event, f"the key '{key}' comes twice; it first stands at {line}:{column}")
        else:
            self.located.keys[path] = _position(event)
        top.key, top.wants_key = key, False

    def _place(self, value: Any, event, position: tuple[int, int]) -> tuple:
        """Put a value where the stack says; returns its path."""
        anchor = getattr(event, "anchor", None)
        if anchor and isinstance(event, ScalarEvent):
            self.anchors[anchor] = (value, 1)
        if not self.stack:
            self.root = value
            self.located.values[()] = position
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
        else:
            path = (*top.path, top.key)
            top.wants_key = True
            if top.repeated:  # the first one counts; what the second holds is read and forgotten
                return (*top.path, ("again", top.key))
            top.value[top.key] = value
        self.located.values[path] = position
        return path

    def _value_of(self, event) -> Any:
        self._check_tag(event, str)
        text = event.value
        if event.style is not None or event.tag:
            if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
                self._say(event, "this text holds a character that no file can hold (NUL or half a surrogate pair)")
                return ""
            return text
        return self._plain(event, text)

    def _plain(self, event, text: str) -> Any:
        """A plain scalar by the YAML 1.2 core schema."""
        if _NULL.match(text):
            return None
        if _BOOL.match(text):
            return text.lower() == "true"
        try:
            if _INT.match(text):
                return int(text)
            if _BASED.match(text):
                return int(text[2:], 8 if text[1] == "o" else 16)
        except ValueError:
            self._say(event, f"a number of {len(text)} digits is too long")
            return 0
        if _FLOAT.match(text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                self._say(event, f"{text} is too large for a number")
                return 0.0
            return number
        if _NOT_FINITE.match(text):
            self._say(event, f"{text} is not a finite number; a spec holds finite numbers only")
            return 0.0
        if _DATE.match(text):
            self._say(event, f"{text} reads as a date; write it in quotes to keep it as text")
        return text

    def _check_tag(self, event, kind: type) -> None:
        if event.tag and _KEPT_TAGS.get(str(event.tag)) is not kind:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._say(event, f"the tag {tag} is not used in a spec; remove it")


@dataclass
class _Open:
    """A mapping or list that is being filled."""

    value: Any
    path: tuple
    anchor: str | None
    key: str | None = None
    repeated: bool = False
    wants_key: bool = field(init=False)

    def __post_init__(self):
        self.wants_key = isinstance(self.value, dict)


def _position(event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _paths(value: Any, path: tuple) -> list[tuple]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [below for key, item in items for below in ((*path, key), *_paths(item, (*path, key)))]


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_size(item) for item in value.values())
    return 1 + sum(_size(item) for item in value) if isinstance(value, list) else 1
