"""Writes plain values as YAML 1.2: block style with short lists and mappings on one line, always the same bytes."""

import json
import re
from collections.abc import Mapping
from typing import Any

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+()-]+)*\Z")
_RESERVED = re.compile(r"(?:true|false|null)\Z|\.(?:inf|nan|[0-9].*)\Z", re.IGNORECASE)


def dump_yaml(mapping: Mapping[str, Any]) -> str:
    """YAML text of a mapping of plain values (as from `model_dump(mode="json", by_alias=True)`), keys in their order.

    `privnb.spec.positions.parse` reads the same values back. Raises ValueError for numbers that are not finite and
    TypeError for anything that is no plain value.
    """
    return "".join(f"{line}\n" for line in _block(mapping, 0)) if mapping else "{}\n"


def _block(mapping: Mapping[str, Any], indent: int) -> list[str]:
    lines = []
    for key, value in mapping.items():
        head = f"{' ' * indent}{_text(key)}:"
        lines += _entry(head, value, indent)
    return lines


def _entry(head: str, value: Any, indent: int) -> list[str]:
    if isinstance(value, Mapping) and value and (indent == 0 or not _fits(head, value)):
        return [head, *_block(value, indent + 2)]
    if isinstance(value, (list, tuple)) and value and not _fits(head, value):
        return [head, *(line for item in value for line in _item(item, indent + 2))]
    return [f"{head} {flow_yaml(value)}"]


def _item(value: Any, indent: int) -> list[str]:
    head = f"{' ' * indent}-"
    if isinstance(value, Mapping) and value and not _fits(head, value):
        first, *rest = _block(value, indent + 2)
        return [f"{head} {first.lstrip()}", *rest]
    return [f"{head} {flow_yaml(value)}"]


def _fits(head: str, value: Any) -> bool:
    """Whether a list or mapping may stand on the line of its key: short, and nested at most once."""
    if any(isinstance(item, (Mapping, list, tuple)) and _depth(item) > 1 for item in _items(value)):
        return False
    if isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        return False
    return len(head) + 1 + len(flow_yaml(value)) <= WIDTH


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def _depth(value: Any) -> int:
    if not isinstance(value, (Mapping, list, tuple)):
        return 0
    return 1 + max((_depth(item) for item in _items(value)), default=0)


def flow_yaml(value: Any) -> str:
    """One plain value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {flow_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow_yaml(item) for item in value) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value, allow_nan=False)
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def _text(text: str) -> str:
    """A text as a plain scalar where that is unmistakable, else in double quotes."""
    if not isinstance(text, str):
        raise TypeError(f"the key {text!r} is no text")
    if _PLAIN.match(text) and not _RESERVED.match(text):
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == " " or (character.isprintable() and character != "\ufeff"):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
