"""Profiles: the defaults of stage parameters under quick, standard and thorough, read from the fields' own metadata."""

import copy
from collections.abc import Mapping
from typing import Any

import pydantic
from pydantic.fields import FieldInfo


def profile_of(field: FieldInfo, profile: str) -> tuple[bool, Any]:
    """Whether the field has a value of its own under this profile, and that value (a copy)."""
    extra = field.json_schema_extra
    values = extra.get("profiles", {}) if isinstance(extra, Mapping) else {}
    return (True, copy.deepcopy(values[profile])) if profile in values else (False, None)


def profile_parameters(model: type[pydantic.BaseModel], profile: str, **given: Any) -> pydantic.BaseModel:
    """A stage's parameters under a profile: `given` first, then the profile's values, then the defaults.

    Raises pydantic.ValidationError when a given value does not fit.
    """
    values = {}
    for name, field in model.model_fields.items():
        found, value = profile_of(field, profile)
        if found:
            values[field.alias or name] = value
    return model.model_validate({**values, **given})
