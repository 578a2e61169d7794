"""The lines of a spec that give a stage certain parameters: only what differs from its defaults under the profile."""

from typing import Any

import pydantic

from privnb.spec.profiles import profile_of
from privnb.spec.tree import keys_of
from privnb.stages import stages
from privnb.stages.registry import UNASKED


def spec_values(stage: Any, params: pydantic.BaseModel) -> dict[str, Any]:
    """The part of a spec, as plain values, that gives the opened `stage` these `params`.

    A spec that leaves `assess` to privnb gets all spelled out that runs now: naming one stage there drops the others.
    """
    spec, node = stage.loaded.spec, stage.node
    chosen = differing(params, spec.profile)
    if stage.stage.meta.kind == "mitigation":
        mitigation = next(item for item in spec.mitigations if item.id == node.variant)
        built_on = {} if mitigation.from_ == "baseline" else {"from": mitigation.from_}
        return {"mitigations": [{"id": mitigation.id, **built_on, node.stage: chosen}]}
    planned = {other.stage for other in stage.plan.nodes} if spec.assess == "auto" else set()
    others = {name: {} for name in sorted(planned) if _must_be_asked(name)}
    return {"assess": {**others, node.stage: chosen}}


def differing(params: pydantic.BaseModel, profile: str) -> dict[str, Any]:
    """The plain values of `params` that are not what holds without a choice; nulls left out."""
    plain = params.model_dump(mode="json", by_alias=True)
    fields = keys_of(type(params))
    return {
        key: _without_null(value)
        for key, value in plain.items()
        if value is not None and (fields[key].is_required() or value != _usual(fields[key], profile))
    }


def _usual(field, profile: str) -> Any:
    found, value = profile_of(field, profile)
    value = value if found else field.get_default(call_default_factory=True, validated_data={})
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, pydantic.BaseModel) else value


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return value


def _must_be_asked(name: str) -> bool:
    meta = stages()[name].meta
    return meta.kind == "assessment" and not meta.always and name not in UNASKED
