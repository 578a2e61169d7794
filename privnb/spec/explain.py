"""The effective spec: every value with where it comes from: the file, the profile, the command line, or a default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pydantic

from privnb.spec.draft import spoken
from privnb.spec.dump import dump_yaml
from privnb.spec.reading import LoadedSpec


@dataclass(frozen=True)
class Explained:
    """One value of the effective spec: its dotted path, the plain value, and its source."""

    path: str
    value: Any
    source: str


def effective(loaded: LoadedSpec) -> list[Explained]:
    """Every value of a loaded spec, in the tree's order; `source` is file, profile <name>, command line or default."""
    plain = loaded.spec.model_dump(mode="json", by_alias=True)
    return [
        Explained(spoken(path, plain, numbered=True), value, _source(loaded, path))
        for path, value in _leaves(loaded.spec, plain, ())
    ]


def effective_yaml(loaded: LoadedSpec) -> str:
    """The effective spec as YAML: every value written out; reading it gives the same spec again."""
    return dump_yaml(loaded.spec.model_dump(mode="json", by_alias=True))


def _leaves(value: Any, plain: Any, path: tuple) -> Iterator[tuple[tuple, Any]]:
    """(path, plain value) of everything that is no section and no list or mapping of sections."""
    if isinstance(value, pydantic.BaseModel):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            if key in plain:
                yield from _leaves(getattr(value, name), plain[key], (*path, key))
    elif isinstance(value, dict) and any(isinstance(item, pydantic.BaseModel) for item in value.values()):
        for key, item in value.items():
            if isinstance(item, pydantic.BaseModel) and not type(item).model_fields:
                yield (*path, key), {}
            yield from _leaves(item, plain[key], (*path, key))
    elif isinstance(value, list) and any(isinstance(item, pydantic.BaseModel) for item in value):
        for place, item in enumerate(value):
            yield from _leaves(item, plain[place], (*path, place))
    else:
        yield path, plain


def _source(loaded: LoadedSpec, path: tuple) -> str:
    return loaded.filled.get(path, "file" if path in loaded.given else "default")
