"""What a stage is: its description, its parameters, and what it is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from privnb.findings import StageResult
from privnb.units import ThreadUnits, UnitRunner, derive_seed

if TYPE_CHECKING:
    from privnb.subject import Subject, Trainer, Variant


class StageParameters(pydantic.BaseModel):
    """Base of every stage's parameters: unknown keys are refused.

    A field's `json_schema_extra={"profiles": {"quick": ..., "thorough": ...}}` gives its default in those profiles.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class StageMeta:
    """How a stage describes itself.

    `scope` is `table` (the data themselves), `variant` (one model) or `run` (all variants). `facts` are the ids of its
    findings that a gate may name, without the `<stage>.` in front; `*` stands for one word. `needs` names
    what it cannot do without: `trainer`, `holdout`, `classifier`. `version` changes when the same inputs give other results.
    """

    title: str
    question: str
    kind: Literal["assessment", "mitigation"]
    scope: Literal["table", "variant", "run"]
    facts: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    references: tuple[str, ...] = ()
    version: int = 1
    always: bool = False


@dataclass(frozen=True)
class StageContext:
    """What the run lends to a stage: the attacker, the run's seed, a unit runner, and the level of intervals."""

    attacker: Any
    seed: int
    units: UnitRunner = field(default_factory=ThreadUnits)
    level: float = 0.95

    def seed_for(self, *path: str | int) -> int:
        """A seed for one purpose of this stage, the same on every variant."""
        return derive_seed(self.seed, *path)


@dataclass(frozen=True)
class StageInputs:
    """What a stage works on.

    `subject` holds the rows in their four parts; `variant` is the model under test (None for scope table and run);
    `results` and `arrays` are what earlier stages found, by (stage, variant id).
    """

    subject: "Subject"
    variant: "Variant | None" = None
    variants: tuple = ()
    results: Mapping[tuple[str, str | None], StageResult] = field(default_factory=dict)
    arrays: Mapping[tuple[str, str | None], Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class StageOutput:
    """A stage's result, and the arrays by name that later stages may read (row-aligned scores and predictions)."""

    result: StageResult
    arrays: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A variant as its mitigation defines it, before it is fitted."""

    id: str
    trainer: "Trainer"
    label: str
    control_of: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One stage as the registry knows it.

    `run(inputs, params, ctx) -> StageOutput | StageResult`. A mitigation also has
    `make(parent_trainer, params, id, parent_id) -> list[Made]`: the mitigated variant first, then its control, if any.
    """

    name: str
    meta: StageMeta
    parameters: type[StageParameters]
    run: Callable[..., Any]
    make: Callable[..., list[Made]] | None = None
