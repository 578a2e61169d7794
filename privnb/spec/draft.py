"""A spec while it is being read: its plain values, where they stand, what was filled in, the problems found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from privnb.errors import Problem
from privnb.spec.model import Spec
from privnb.spec.positions import MAX_PROBLEMS, Located


class TooMany(Exception):
    """So many problems were found that more would help nobody."""


@dataclass
class Draft:
    """What every step of reading works on; `raw` is changed in place into the long form that the tree validates.

    `base` is the folder that paths in the spec are relative to. `always` names assessments that run without being
    requested (None: not known). `given` are the paths that the file sets, `filled` those that a profile or the caller
    set, with the source's name. `refused` are paths whose content is not looked at any further.
    """

    located: Located
    tree: type[Spec]
    base: Path
    assessments: Mapping[str, type[pydantic.BaseModel]]
    mitigations: Mapping[str, type[pydantic.BaseModel]]
    facts: Collection[str]
    always: Collection[str] | None = None
    given: set[tuple] = field(default_factory=set)
    filled: dict[tuple, str] = field(default_factory=dict)
    refused: set[tuple] = field(default_factory=set)
    noted: set[Problem] = field(default_factory=set)

    @property
    def raw(self) -> Any:
        """The plain values of the whole spec."""
        return self.located.value

    @property
    def problems(self) -> list[Problem]:
        """What was found so far."""
        return self.located.problems

    def get(self, *path: Any, kind: type | tuple = object) -> Any:
        """The value at `path` if it is there and of that kind, else None."""
        value = self.raw
        for step in path:
            if not _has(value, step):
                return None
            value = value[step]
        return value if isinstance(value, kind) else None

    def at_key(self, path: tuple, message: str) -> None:
        """Note a problem at the key of `path`; raises TooMany at the 200th."""
        self._say(self.located.at_key(path), message)

    def at_value(self, path: tuple, message: str) -> None:
        """Note a problem at the value of `path`; raises TooMany at the 200th."""
        self._say(self.located.at_value(path), message)

    def place(self, path: tuple) -> str:
        """Line and column of the key of `path` (of the item, in a list), for a message that names a second place."""
        at = self.located.at_value(path) if path and isinstance(path[-1], int) else self.located.at_key(path)
        return f"{at[0]}:{at[1]}"

    def _say(self, position: tuple[int, int], message: str) -> None:
        problem = Problem(*position, " ".join(message.split()))  # a value over several lines stays one line
        if problem not in self.noted:
            self.noted.add(problem)
            self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooMany

    def rename(self, path: tuple, key: str) -> None:
        """Give the key at `path` another name, so that what stands below it is still read."""
        parent = self.get(*path[:-1], kind=dict)
        items = [(key if old == path[-1] else old, value) for old, value in parent.items()]
        parent.clear()
        parent.update(items)
        self.located.rename(path, (*path[:-1], key))


def spoken(path: tuple, raw: Any = None, numbered: bool = False) -> str:
    """The path as a user says it: `assess.membership.shadows`, `mitigations.leaf50.regularize`, `gates.use`.

    List items are named by their id; without one their number is left to line and column, or written `gates[0].use`
    where `numbered`.
    """
    words = []
    for step in path:
        raw = raw[step] if _has(raw, step) else None
        if not isinstance(step, int):
            words.append(str(step))
        elif isinstance(raw, dict) and isinstance(raw.get("id"), str):
            words.append(raw["id"])
        elif numbered:
            words[-1] += f"[{step}]"
    return ".".join(words) or "the spec"


def shown(value: Any) -> str:
    """A value in a message: short, and as it would be written in YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value if len(value) <= 60 else value[:57] + '...'}'".replace("\n", " ")
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    text = str(value)
    return text if len(text) <= 30 else f"{text[:27]}..."


def _has(value: Any, step: Any) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)
