"""Findings, stage results and run results: the wire format between experiment and fact sheet."""

import json
import math
from typing import Any, Literal

import pydantic

SCHEMA = 1

Status = Literal[
    "ok", "failed", "died", "timed_out", "cancelled", "skipped", "pending",
    "inherited", "not_applicable", "not_requested", "not_resolvable",
]  # fmt: skip
Evidence = Literal["measured", "audited", "proved", "declared"]
Direction = Literal["lower", "higher", "neutral"]


class _Wire(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Finding(_Wire):
    """One measured value with its interval.

    `id` is `<stage>.<fact>`. `value`, `low` and `high` are in `unit`; `level` is the coverage of the interval and `n`
    the number of independent people behind it. `direction` says which way is better for the people in the data.
    A value without an interval, or no value at all, needs a `reason`.
    """

    id: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)+$")
    variant: str | None = None
    method: str | None = None
    group: str | None = None
    status: Status = "ok"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    n: int | None = None
    unit: str = ""
    direction: Direction = "neutral"
    reason: str = ""
    evidence: Evidence = "measured"

    @pydantic.model_validator(mode="after")
    def _interval_or_reason(self):
        if self.status == "ok" and self.value is None:
            raise ValueError(f"finding {self.id} is ok but has no value")
        if self.status not in ("ok", "inherited") and self.value is not None:
            raise ValueError(f"finding {self.id} is {self.status} and must not carry a value")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"finding {self.id} has half an interval")
        if self.low is None and not self.reason:
            raise ValueError(f"finding {self.id} has no interval and no reason for that")
        if self.low is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"finding {self.id}: {self.value} lies outside [{self.low}, {self.high}]")
        return self


class Table(_Wire):
    """A small table for notebook and sheet: `columns` are headings, `rows` hold numbers, strings or None."""

    title: str
    columns: list[str]
    rows: list[list[Any]]


class StageResult(_Wire):
    """What one stage found.

    `findings` are the facts; `series` are curves by name, each a mapping from axis to equally long lists of floats;
    `tables` are small tables by name. `facts` are plain key-value descriptions (strings or numbers) that are no
    measurement, such as the name of the model.
    """

    findings: list[Finding] = []
    series: dict[str, dict[str, list[float]]] = {}
    tables: dict[str, Table] = {}
    facts: dict[str, Any] = {}

    def about(self, variant: str | None) -> "StageResult":
        """The same result with `variant` written into every finding that names none."""
        findings = [
            found if found.variant else found.model_copy(update={"variant": variant}) for found in self.findings
        ]
        return self.model_copy(update={"findings": findings})

    def finding(self, id: str, method: str | None = None, group: str | None = None) -> Finding:
        """The finding of that id, method and group; KeyError if there is none."""
        for found in self.findings:
            if (found.id, found.method, found.group) == (id, method, group):
                return found
        raise KeyError(f"no finding {id!r} (method {method!r}, group {group!r})")


class StageStatus(_Wire):
    """How one stage of the plan ended, and why when it did not end well."""

    stage: str
    variant: str | None
    status: Status
    reason: str = ""


class VariantInfo(_Wire):
    """One variant as the sheet names it; `from_` is what it was built on, `control_of` what it is a control for."""

    id: str
    kind: str
    from_: str | None = pydantic.Field(None, alias="from")
    label: str
    control_of: str | None = None


class GateVerdict(_Wire):
    """One gate with what was measured for it: its verdict, and the sentence that says why."""

    metric: str
    variant: str
    limit: float
    kind: Literal["max", "min"]
    use: Literal["upper", "lower", "value"]
    verdict: Literal["pass", "fail", "inconclusive", "not_assessed"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    reason: str = ""


class Results(_Wire):
    """Everything a run found: the only input of the fact sheet, and free of any clock.

    `series` and `tables` are keyed `<stage>/<variant or ->/<name>`, `facts` `<stage>/<variant or ->`.
    """

    schema_: int = pydantic.Field(SCHEMA, alias="schema")
    spec: dict[str, Any]
    subject: dict[str, Any]
    variants: list[VariantInfo]
    stages: list[StageStatus]
    findings: list[Finding]
    series: dict[str, dict[str, list[float]]]
    tables: dict[str, Table]
    facts: dict[str, dict[str, Any]]
    gates: list[GateVerdict]
    release: str

    def find(self, id: str, variant: str | None, method: str | None = None, group: str | None = None) -> Finding | None:
        """The finding of that id on that variant, or None."""
        for found in self.findings:
            if (found.id, found.variant, found.method, found.group) == (id, variant, method, group):
                return found
        return None


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, shortest floats, no NaN or infinity (ValueError), models dumped by alias.

    Numpy scalars and arrays, tuples and pydantic models are taken as their plain counterparts.
    """
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, pydantic.BaseModel):
        return _plain(value.model_dump(by_alias=True))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalar or array, without importing numpy
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} cannot be written: results hold finite numbers only")
    return value
