"""The complete tree, composed of Spec and the parameters of the stages there are, and ways to walk it."""

import types
import typing
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

import pydantic
from pydantic import Field
from pydantic.fields import FieldInfo

from privnb.spec.answers import Answers
from privnb.spec.model import Assess, Mitigation, Spec, mistake


def spec_model(
    assessments: Mapping[str, type[pydantic.BaseModel]], mitigations: Mapping[str, type[pydantic.BaseModel]]
) -> type[Spec]:
    """The type of a spec with these stages' parameter classes, by name; the same mappings give the same type."""
    return _compose(tuple(assessments.items()), tuple(mitigations.items()))


@lru_cache(maxsize=32)
def _compose(assessments: tuple, mitigations: tuple) -> type[Spec]:
    assess = pydantic.create_model(
        "Assess",
        __base__=Assess,
        __doc__=Assess.__doc__,
        **{f"kind_{name}": _optional(name, params) for name, params in assessments},
    )
    kinds = {f"kind_{name}": _optional(name, params) for name, params in mitigations}
    mitigation = pydantic.create_model(
        "Mitigation",
        __base__=Mitigation,
        __doc__=Mitigation.__doc__,
        __validators__={"one_kind": pydantic.model_validator(mode="after")(_one_kind)},
        **kinds,
    )
    as_dict = Annotated[assess, pydantic.AfterValidator(_chosen), pydantic.PlainSerializer(_written)]
    fields = Spec.model_fields
    return pydantic.create_model(
        "Spec",
        __base__=Spec,
        __doc__="A privnb spec: what is assessed, how, and what must hold.",
        assess=(as_dict, Field("auto", description=fields["assess"].description)),
        mitigations=(list[mitigation], Field([], description=fields["mitigations"].description)),
        answers=(Answers, Field(Answers(), description="answers to the advisor's questions (privnb advise)")),
    )


def _optional(name: str, params: type[pydantic.BaseModel]) -> tuple[Any, FieldInfo]:
    summary = " ".join((params.__doc__ or name).split())
    return params | None, Field(None, alias=name, description=summary)


def _one_kind(self: Mitigation) -> Mitigation:
    given = [field.alias for name, field in self._kinds() if getattr(self, name) is not None]
    if len(given) > 1:
        raise mistake(
            f"mitigation '{self.id}' has {' and '.join(given)}; one mitigation is of one kind: make two, "
            "the second with from",
            *given[1::-1],
        )
    if not given:
        names = ", ".join(field.alias for _, field in self._kinds()) or "none are installed"
        raise mistake(f"mitigation '{self.id}' says nothing to do; give one of: {names}")
    return self


def _chosen(assess: Assess) -> dict[str, pydantic.BaseModel]:
    """The requested assessments in the tree's order."""
    found = {field.alias: getattr(assess, name) for name, field in type(assess).model_fields.items()}
    return {name: params for name, params in found.items() if params is not None}


def _written(assess: Any) -> Any:
    if isinstance(assess, str):
        return assess
    return {name: params.model_dump(mode="json", by_alias=True) for name, params in assess.items()}


@lru_cache(maxsize=512)
def keys_of(model: type[pydantic.BaseModel]) -> Mapping[str, FieldInfo]:
    """The keys that a section takes, as a user writes them, with their fields."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


class Shape(typing.NamedTuple):
    """What a key takes: its field, what its values name, the section that it holds, whether it is a list of them."""

    field: FieldInfo
    refers: str | None
    section: type[pydantic.BaseModel] | None
    many: bool


@lru_cache(maxsize=512)
def shapes_of(model: type[pydantic.BaseModel]) -> Mapping[str, Shape]:
    """The shape of each key of a section, worked out once."""
    return {key: Shape(field, refers(field), *section_of(field.annotation)) for key, field in keys_of(model).items()}


def section_of(annotation: Any) -> tuple[type[pydantic.BaseModel] | None, bool]:
    """The one section that a field holds, and whether it holds a list of them; (None, False) for anything else."""
    for shape in _alternatives(annotation):
        if isinstance(shape, type) and issubclass(shape, pydantic.BaseModel):
            return shape, False
        if typing.get_origin(shape) is list:
            inner, _ = section_of(typing.get_args(shape)[0])
            return inner, inner is not None
    return None, False


def _alternatives(annotation: Any) -> list[Any]:
    """The one alternative of an optional annotation, without metadata; nothing for a true union."""
    while typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        arms = [arm for arm in typing.get_args(annotation) if arm is not type(None)]
        return _alternatives(arms[0]) if len(arms) == 1 else []
    return [annotation]


def refers(field: FieldInfo) -> str | None:
    """What the field's values name, as declared with `refers_to`; looks into optional, annotated and list types."""
    extra = field.json_schema_extra
    if isinstance(extra, Mapping) and "refers_to" in extra:
        return str(extra["refers_to"])
    return _refers_within((*field.metadata, field.annotation))


def _refers_within(parts: tuple) -> str | None:
    for part in parts:
        if isinstance(part, FieldInfo):
            if isinstance(part.json_schema_extra, Mapping) and "refers_to" in part.json_schema_extra:
                return str(part.json_schema_extra["refers_to"])
        elif typing.get_origin(part) is not None:
            inner = (*typing.get_args(part), *getattr(part, "__metadata__", ()))
            found = _refers_within(inner)
            if found:
                return found
    return None


def named_values(raw: Any, model: type[pydantic.BaseModel], path: tuple = ()) -> Iterator[tuple[str, tuple, Any]]:
    """(what it names, path, value) of each value below `raw` whose field says what it refers to; lists item by item."""
    if not isinstance(raw, dict):
        return
    for key, (_, kind, section, many) in shapes_of(model).items():
        if key not in raw or raw[key] is None:
            continue
        value, here = raw[key], (*path, key)
        if kind and isinstance(value, list):
            yield from ((kind, (*here, place), item) for place, item in enumerate(value))
        elif kind:
            yield kind, here, value
        if section and many and isinstance(value, list):
            for place, item in enumerate(value):
                yield from named_values(item, section, (*here, place))
        elif section:
            yield from named_values(value, section, here)
