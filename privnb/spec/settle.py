"""Brings what a user wrote into the tree's long form: unknown keys named, short forms expanded, profiles filled in."""

import pydantic

from privnb.spec import later
from privnb.spec.draft import Draft, spoken
from privnb.spec.model import Assess, Candidate, Mitigation, Model, Section, Spec
from privnb.spec.nearest import nearest
from privnb.spec.profiles import profile_of
from privnb.spec.tree import keys_of, section_of, shapes_of


def settle(draft: Draft) -> None:
    """Change `draft.raw` in place: only keys of the tree are left, in the tree's forms, with its profile's values."""
    _section(draft, (), draft.tree)
    profile = draft.get("profile") or keys_of(Spec)["profile"].default
    if isinstance(profile, str):
        _fill(draft, (), draft.tree, profile)


def _section(draft: Draft, path: tuple, model: type[pydantic.BaseModel]) -> None:
    section = draft.get(*path, kind=dict)
    if section is None:
        return
    _unknown_keys(draft, path, model)
    for key, (_, _, inner, many) in shapes_of(model).items():
        if key not in section:
            continue
        here = (*path, key)
        _long_form(draft, here, model)
        if section[key] is None and issubclass(model, Section):
            del section[key]  # null is the same as not given
            continue
        if inner and many and isinstance(section[key], list):
            for place in range(len(section[key])):
                _section(draft, (*here, place), inner)
        elif inner:
            _section(draft, here, inner)


def _unknown_keys(draft: Draft, path: tuple, model: type[pydantic.BaseModel]) -> None:
    section = draft.get(*path)
    known = [*keys_of(model), *_known_later(model)]
    for key in [key for key in section if key not in known]:
        free = [name for name in known if name not in section] or known
        near = nearest(key, free) or nearest(key, known)
        what = "unknown assessment" if issubclass(model, Assess) else "unknown key"
        ending = f"; did you mean '{near}'?" if near else _where_it_belongs(draft, key, path, model)
        draft.at_key((*path, key), f"{what} '{key}'{ending}")
        if near and near not in section:
            draft.rename((*path, key), near)
        else:
            del section[key]


def _known_later(model: type[pydantic.BaseModel]) -> frozenset[str]:
    if issubclass(model, Assess):
        return later.ASSESSMENTS
    return later.MITIGATIONS if issubclass(model, Mitigation) else frozenset()


def _where_it_belongs(draft: Draft, key: str, path: tuple, model: type[pydantic.BaseModel]) -> str:
    """For a key that is near nothing here: the section it is a key of, or what there is here."""
    for name, field in keys_of(draft.tree).items():
        inner, many = section_of(field.annotation)
        if inner and not many and key in keys_of(inner) and (name,) != path:
            return f"; '{key}' belongs in {name}"
    if path and key in keys_of(draft.tree):
        return f"; '{key}' belongs at the top level"
    return f"; {spoken(path, draft.raw)} takes {', '.join(keys_of(model)) or 'no keys'}"


def _long_form(draft: Draft, path: tuple, model: type[pydantic.BaseModel]) -> None:
    """Replace a short form: a model as a file name, a train section as a dotted name, a stage as auto or nothing."""
    key, value = path[-1], draft.get(*path)
    section = draft.get(*path[:-1])
    if issubclass(model, Spec) and key == "model" and isinstance(value, str):
        _wrap(draft, path, "file")
    elif issubclass(model, Spec) and key == "assess" and value == "auto":
        section[key] = None  # the default, so given and left out
    elif issubclass(model, (Model, Candidate)) and key == "train" and isinstance(value, str):
        _wrap(draft, path, "estimator")
    elif (issubclass(model, Assess) or (issubclass(model, Mitigation) and key not in ("id", "from"))) and (
        value is None or value == "auto"
    ):
        section[key] = {}


def _wrap(draft: Draft, path: tuple, key: str) -> None:
    parent = draft.get(*path[:-1])
    parent[path[-1]] = {key: parent[path[-1]]}
    draft.located.values[(*path, key)] = draft.located.at_value(path)
    draft.given.add((*path, key))


def _fill(draft: Draft, path: tuple, model: type[pydantic.BaseModel], profile: str) -> None:
    """Write the profile's values for what the file leaves out; sections that the file leaves out stay out."""
    section = draft.get(*path, kind=dict)
    if section is None:
        return
    for key, (field, _, inner, many) in shapes_of(model).items():
        here = (*path, key)
        if key not in section:
            found, value = profile_of(field, profile)
            if found:
                section[key] = value
                draft.filled[here] = f"profile {profile}"
            continue
        if inner and many and isinstance(section[key], list):
            for place in range(len(section[key])):
                _fill(draft, (*here, place), inner, profile)
        elif inner:
            _fill(draft, here, inner, profile)
