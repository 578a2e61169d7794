"""What a field of a pydantic model can hold, in the few words that a form needs: kind, choices, limits, section."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import annotated_types
import pydantic
from pydantic.fields import FieldInfo

from privnb.spec.tree import refers

Kind = Literal[
    "text", "integer", "number", "flag", "choice", "choices", "texts", "section", "sections", "mapping", "any"
]


@dataclass(frozen=True)
class Shape:
    """What one field holds.

    `choices` are the values of a choice (or of each item of choices), `words` single words that may stand instead of
    the kind (`auto` instead of a list). `low` and `high` are the limits; `low_open` and `high_open` say that the limit
    itself is not allowed. `section` is the model of a section (or of each of a list), `refers` what the value names.
    """

    kind: Kind
    optional: bool = False
    choices: tuple = ()
    words: tuple = ()
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    section: type[pydantic.BaseModel] | None = None
    refers: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether it is a number with a limit on either side."""
        return self.kind in ("integer", "number") and self.low is not None and self.high is not None

    @property
    def limits(self) -> str:
        """The limits in words: `2 to 4096`, `above 0`, or nothing."""
        low = "" if self.low is None else f"{'above ' if self.low_open else ''}{_spelled(self.low)}"
        high = "" if self.high is None else f"{'below ' if self.high_open else ''}{_spelled(self.high)}"
        if low and high:
            return f"{low} {'and' if self.low_open or self.high_open else 'to'} {high}"
        if low:
            return low if self.low_open else f"at least {low}"
        return high if self.high_open or not high else f"at most {high}"


def shape_of(field: FieldInfo) -> Shape:
    """The shape of a model's field, read from its annotation and metadata."""
    found = _shape(field.annotation, tuple(field.metadata))
    named = refers(field)
    return Shape(**{**vars(found), "refers": named}) if named else found


def label_of(key: str, field: FieldInfo | None = None) -> str:
    """The words that stand before an input: the field's title, else its key in plain words."""
    if field is not None and field.title:
        return field.title
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def default_of(field: FieldInfo) -> Any:
    """The field's default where there is one to show: neither a section nor dependent on other fields; else None."""
    if field.is_required() or field.default_factory is not None or isinstance(field.default, pydantic.BaseModel):
        return None
    return field.default


def _spelled(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,g}"


def _shape(annotation: Any, metadata: tuple) -> Shape:
    while typing.get_origin(annotation) is Annotated:
        annotation, *more = typing.get_args(annotation)
        metadata = (*metadata, *more)
    arms = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType)
        else (annotation,)
    )
    real = [arm for arm in arms if arm is not type(None)]
    optional = len(real) < len(arms)
    shapes = [_plain(arm, metadata) for arm in real]
    words = tuple(word for shape in shapes if _is_word(shape) for word in shape.choices)
    rest = [shape for shape in shapes if not _is_word(shape)]
    if len(shapes) == 1:
        return Shape(**{**vars(shapes[0]), "optional": optional})
    if len(rest) == 1:
        return Shape(**{**vars(rest[0]), "words": words, "optional": optional})
    if not rest:
        return Shape(kind="choice", choices=words, optional=optional)
    return Shape(kind="any", words=words, optional=optional)


def _is_word(shape: Shape) -> bool:
    return shape.kind == "choice" and all(isinstance(choice, str) for choice in shape.choices)


def _plain(annotation: Any, metadata: tuple) -> Shape:
    if typing.get_origin(annotation) is Annotated:
        return _shape(annotation, metadata)
    origin = typing.get_origin(annotation) or annotation
    if origin is Literal:
        return Shape(kind="choice", choices=typing.get_args(annotation))
    if origin in (list, tuple, set, frozenset):
        return _many(typing.get_args(annotation))
    if not isinstance(origin, type):
        return Shape(kind="any")
    if issubclass(origin, pydantic.BaseModel):
        return Shape(kind="section", section=origin)
    if origin is dict or origin is Mapping or issubclass(origin, Mapping):
        return Shape(kind="mapping")
    if origin is bool:
        return Shape(kind="flag")
    if issubclass(origin, (int, float)):
        return Shape(kind="integer" if issubclass(origin, int) else "number", **_limits(metadata))
    return Shape(kind="text" if issubclass(origin, str) else "any")


def _many(items: tuple) -> Shape:
    item = _shape(items[0], ()) if items else Shape(kind="any")
    if item.kind == "section":
        return Shape(kind="sections", section=item.section)
    if item.kind == "choice":
        return Shape(kind="choices", choices=item.choices)
    return Shape(kind="texts" if item.kind == "text" else "any")


def _limits(metadata: tuple) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in _flat(metadata):
        for name, key, is_open in (
            ("ge", "low", False),
            ("gt", "low", True),
            ("le", "high", False),
            ("lt", "high", True),
        ):
            value = getattr(part, name, None)
            if isinstance(value, (int, float)):
                found.update({key: value, f"{key}_open": is_open})
    return found


def _flat(metadata: tuple):
    for part in metadata:
        if isinstance(part, FieldInfo):
            yield from _flat(tuple(part.metadata))
        elif isinstance(part, annotated_types.GroupedMetadata):
            yield from part
        else:
            yield part
