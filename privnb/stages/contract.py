"""What a stage is: its description, its parameters, and what it is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from privnb.findings import StageResult, VariantInfo
from privnb.units import ThreadUnits, UnitRunner, derive_seed

if TYPE_CHECKING:
    from privnb.subject import Model, Subject, Trainer, Variant


class StageParameters(pydantic.BaseModel):
    """Base of every stage's parameters: unknown keys are refused.

    A field's `json_schema_extra={"profiles": {"quick": ..., "thorough": ...}}` gives its default in those profiles.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class StageMeta:
    """How a stage describes itself.

    `scope` is `table` (the data themselves), `variant` (one model) or `run` (all variants). `facts` are the ids of
    its findings that a gate may name, without the `<stage>.` in front; `*` stands for one word. `needs` names what it
    cannot do without: `trainer`, `holdout`, `classifier`. `version` changes when the same inputs give other results.
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
    attacker: bool = False


@dataclass(frozen=True)
class StageContext:
    """What the run lends to a stage.

    `stage` is its name, `attacker` the spec's threat model, `seed` the run's, `units` a unit runner, `level` the
    coverage of intervals, `small_cell` the smallest count that may be shown, `data_key` names the data and their
    split for unit keys.
    """

    stage: str
    attacker: Any
    seed: int
    units: UnitRunner = field(default_factory=ThreadUnits)
    level: float = 0.95
    small_cell: int = 5
    data_key: str = ""

    def seed_for(self, *path: str | int) -> int:
        """A seed for one purpose of this stage, the same on every variant."""
        return derive_seed(self.seed, self.stage, *path)


@dataclass(frozen=True)
class StageInputs:
    """What a stage works on.

    `subject` holds the rows in their four parts, `roles` the columns by role (quasi_identifiers, sensitive);
    `variant` is the model under test (None for scope table and run); a mitigation also gets its `parent` and the
    `control` that it made, if any; `variants` are all of the run; `results` and `arrays` are what earlier stages
    found, by (stage, variant id). `image` is how features form a picture ({shape, range}, None for a table),
    `augmentation` what the given model's training used as declared (an `Augmentation` of privnb.factors), `previous`
    opens the earlier release of the model; each None where the spec says nothing.
    """

    subject: "Subject"
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    variant: "Variant | None" = None
    parent: "Variant | None" = None
    control: "Variant | None" = None
    variants: tuple[VariantInfo, ...] = ()
    results: Mapping[tuple[str, str | None], StageResult] = field(default_factory=dict)
    arrays: Mapping[tuple[str, str | None], Mapping[str, Any]] = field(default_factory=dict)
    image: Mapping[str, Any] | None = None
    augmentation: Any = None
    previous: "Callable[[], Model] | None" = None


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

    `run(inputs, params, ctx) -> StageOutput | StageResult`. A mitigation also has `make(parent, params, id,
    parent_id) -> list[Made]` (from the parent's trainer: the mitigated variant first, then its control, if any),
    `has_control(params)`, which tells the plan so without training anything, and `describe(params)`, the label people
    read. `notebook` is the path of its notebook.
    """

    name: str
    meta: StageMeta
    parameters: type[StageParameters]
    run: Callable[..., Any]
    notebook: Path
    make: Callable[..., list[Made]] | None = None
    has_control: Callable[[Any], bool] = lambda params: False
    describe: Callable[[Any], str] = lambda params: ""
