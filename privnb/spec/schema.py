"""The JSON Schema of a spec (draft 2020-12), for editors and the form."""

from collections.abc import Mapping
from typing import Any

import pydantic

from privnb.spec.later import PLACES
from privnb.spec.tree import spec_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_AUTO = {"enum": ["auto", None]}
_OWN_SECTIONS = {"Split", "Data", "Train", "Model", "ThreatModel", "Gate", "Declared", "Report", "Mitigation"}


def json_schema(
    assessments: Mapping[str, type[pydantic.BaseModel]], mitigations: Mapping[str, type[pydantic.BaseModel]]
) -> dict[str, Any]:
    """JSON Schema of the specs that `read_spec` takes with these stages, short forms included.

    Beside the standard keywords, a property may carry `refers_to` (what its value names: column, file, estimator or
    estimator_params), `profiles` (its default per profile) and `not_available_yet` (true, or the values refused).
    """
    tree = spec_model(assessments, mitigations)
    schema = tree.model_json_schema(by_alias=True)
    sections = schema["$defs"]
    _short_forms(schema, sections)
    for name in sections["Assess"]["properties"]:
        _stage(sections["Assess"]["properties"], name)
    for name in sections["Mitigation"]["properties"]:
        if name not in ("id", "from"):
            _stage(sections["Mitigation"]["properties"], name)
    _mark_later(sections)
    return {"$schema": DIALECT, **schema}


def _short_forms(schema: dict[str, Any], sections: dict[str, Any]) -> None:
    properties = schema["properties"]
    properties["assess"] = _either(properties["assess"], _AUTO)
    properties["mitigations"] = _either(properties["mitigations"], _AUTO)
    properties["model"] = _either(properties["model"], {"type": "string", "description": "a fitted model file"})
    for name in ("Model", "Candidate"):
        train = sections[name]["properties"]["train"]
        train["anyOf"].insert(1, {"type": "string", "description": "dotted name of an estimator"})
    for name, holder in sections.items():
        if holder.get("title") in _OWN_SECTIONS and name.removeprefix("privnb__spec__model__") == holder["title"]:
            _nothing_is_default(holder)
    _nothing_is_default(schema)


def _nothing_is_default(holder: dict[str, Any]) -> None:
    """In the spec's own sections null is the same as leaving the key out."""
    for name, found in holder["properties"].items():
        if "default" in found and not any(arm in found.get("anyOf", []) for arm in (_AUTO, {"type": "null"})):
            holder["properties"][name] = _either(found, {"type": "null"})


def _stage(properties: dict[str, Any], name: str) -> None:
    """A stage's parameters may be left to their defaults: auto, or nothing."""
    arms = properties[name]["anyOf"]
    properties[name]["anyOf"] = [arm for arm in arms if arm != {"type": "null"}] + [_AUTO]


def _either(found: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The property with another form allowed; its notes stay outside."""
    notes = {key: found[key] for key in ("description", "default", "title", "profiles", "refers_to") if key in found}
    form = {key: value for key, value in found.items() if key not in notes}
    return {"anyOf": [form, other], **notes}


def _mark_later(sections: dict[str, Any]) -> None:
    holders = {"data": "Data", "model": "Model", "threat_model": "ThreatModel"}
    for (section, key), values in PLACES.items():
        sections[holders[section]]["properties"][key]["not_available_yet"] = True if values is None else list(values)
