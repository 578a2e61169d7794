"""The mitigations of `mitigations: auto`: each chosen tool that this version has, under its own name as id."""

from collections.abc import Mapping
from typing import Any

import pydantic

from privnb.advisor.advice import Advice

# Parameters where a mitigation's own defaults change nothing: an average of five fits any estimator and any data.
PARAMETERS: Mapping[str, Mapping[str, Any]] = {"regularize": {"ensemble": {"members": 5}}}


def advised_mitigations(advice: Advice, mitigations: Mapping[str, type[pydantic.BaseModel]]) -> list[dict[str, Any]]:
    """Entries of a spec's `mitigations` for the chosen tools whose parameter classes are given, in the tools' order.

    The id is the mitigation's name, so that gates and `release` can name it. A mitigation that cannot do without
    parameters of its own is left out.
    """
    kinds = dict.fromkeys(found.stage for found in advice.of("tools", chosen=True) if found.stage in mitigations)
    entries = []
    for kind in kinds:
        params = {key: dict(value) if isinstance(value, Mapping) else value for key, value in _of(kind).items()}
        try:
            mitigations[kind].model_validate(params)
        except pydantic.ValidationError:
            continue
        entries.append({"id": kind, kind: params})
    return entries


def _of(kind: str) -> Mapping[str, Any]:
    return PARAMETERS.get(kind, {})
