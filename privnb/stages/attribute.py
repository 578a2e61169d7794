"""Attribute inference: does the model, or having been trained on, reveal a hidden column of a person?"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pydantic import Field

from privnb.findings import Finding, StageResult
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

_BY_COLUMN = ("inference_gain", "member_gap", "gain_bits", "baseline", "attack", "error_gain")

META = StageMeta(
    title="Attribute inference",
    question="Does the model reveal a hidden attribute of a person?",
    kind="assessment",
    scope="variant",
    facts=("largest_gain", "largest_member_gap", *(f"*.{name}" for name in _BY_COLUMN)),
    needs=frozenset({"holdout"}),
    references=(
        "Fredrikson et al. 2014 (imputation times likelihood of the label)",
        "Fredrikson, Jha & Ristenpart 2015 (counts in leaves)",
        "Yeom et al. 2018 (members against others)",
        "Mehnaz et al. 2022 (confidence scores)",
        "Jayaraman & Evans 2022 (imputation as the baseline)",
        "Xu et al. 2020 (usable information)",
    ),
    attacker=True,
)


class Parameters(StageParameters):
    """Which columns are attacked, and on how many people."""

    columns: list[str] | Literal["auto"] = Field(
        "auto", description="columns that are hidden and guessed; auto takes those that data.sensitive names"
    )
    people: int = Field(
        4000,
        ge=30,
        description="people of each side whose value is guessed, drawn by seed",
        json_schema_extra={"profiles": {"quick": 1000, "thorough": 20_000}},
    )
    known: int = Field(
        10_000,
        ge=100,
        description="people of the pool, complete records that the attacker learns to guess from, drawn by seed",
        json_schema_extra={"profiles": {"quick": 2000, "thorough": 50_000}},
    )


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Guess each column of members and non-members with the model and without, and compare."""
    from privnb.attacks.attacker import Attacker
    from privnb.attacks.attribute import attack_attribute, model_sees
    from privnb.errors import NotApplicable

    names = _columns(inputs, params)
    if inputs.subject.membership == "unknown":
        raise NotApplicable("nobody declared which rows were in the training, so members cannot be told from others")
    attacker = Attacker.of(ctx.attacker)
    sides, known = _people(inputs, params, ctx), _known(inputs, params, ctx)
    guessed, open_ = {}, {}
    for name in names:
        try:
            guessed[name] = _guessed(name, sides, known, inputs, params, ctx)
        except NotApplicable as why:
            open_[name] = str(why)
    weights = _rehearsal(guessed, known, attacker, inputs, params, ctx)
    seen = [name for name in guessed if model_sees(inputs.variant.model, inputs.subject.rows, name)]
    found = [
        attack_attribute(
            inputs.variant.model, *sides, name, guess.asked, attacker=attacker, weights=weights.get(name, {}),
            columns=max(len(seen), 1), level=ctx.level, small_cell=ctx.small_cell, seed=ctx.seed_for,
        )
        for name, guess in guessed.items()
    ]  # fmt: skip
    facts = {
        "learner": {each.column: each.learner for each in found},
        "trust": {name: own["true label"] for name, own in weights.items()},
        "known_rows": 0 if known is None else len(known),
        "member_rows": len(sides[0]),
        "other_rows": len(sides[1]),
        "sees": attacker.sees,
    }
    return StageResult(
        findings=[*_largest(found, ctx), *(f for each in found for f in each.findings), *_open(open_)],
        tables={f"ways.{number}": each.scores for number, each in enumerate(found)},
        facts=facts,
    )


def _columns(inputs: StageInputs, params: Parameters) -> list[str]:
    from privnb.errors import DataError, NotApplicable

    names = list(inputs.roles.get("sensitive", ())) if params.columns == "auto" else list(params.columns)
    if not names:
        raise NotApplicable("the spec names no sensitive column; data.sensitive or assess.attribute.columns lists them")
    rows = inputs.subject.rows
    for name in names if params.columns != "auto" else ():
        if name not in rows.X.columns and name not in rows.context.columns:
            raise DataError(f"assess.attribute.columns names {name!r}, which is no column of the data but the target.")
    return [name for name in names if name in rows.X.columns or name in rows.context.columns]


def _people(inputs: StageInputs, params: Parameters, ctx: StageContext) -> tuple[Any, Any]:
    """Members, and non-members without copies of training rows: at most `people` people of each, as they are."""
    import numpy as np

    from privnb.attacks.copies import copied_rows
    from privnb.attacks.universe import some_people

    members, others = inputs.subject.part("train"), inputs.subject.part("evaluation")
    others = others.take(np.flatnonzero(~copied_rows(members, others)))
    sides = (
        some_people(rows, params.people, ctx.seed_for("people", number))
        for number, rows in enumerate((members, others))
    )
    return tuple(sides)


def _known(inputs: StageInputs, params: Parameters, ctx: StageContext) -> Any:
    """Complete rows of other people that the attacker holds: the pool's; None where it is too small to learn from."""
    from privnb.attacks.imputation import LEAST_ROWS
    from privnb.attacks.universe import some_people

    pool = inputs.subject.part("pool")
    if len(pool) < LEAST_ROWS:
        return None
    return some_people(pool, params.known, ctx.seed_for("known"))


@dataclass(frozen=True)
class _Guessed:
    """Guesses without the model about the people asked, and (cross-fitted) about the attacker's own rows, if any."""

    asked: Any
    own: Any


def _guessed(name: str, sides, known, inputs: StageInputs, params: Parameters, ctx: StageContext) -> _Guessed:
    """The best guess without the model: one unit, the same for every variant."""
    from privnb.attacks.candidates import candidates_of, column_of
    from privnb.attacks.imputation import imputation_arrays, imputation_of, impute
    from privnb.attacks.universe import stack
    from privnb.errors import NotApplicable
    from privnb.units import Unit

    records = stack(list(sides))
    if name not in records.X.columns and (column_of(records, name).astype(str) == records.y.astype(str)).all():
        raise NotApplicable("it is what the model predicts, and no hidden column")
    source = column_of(records if known is None else known, name)
    candidates = candidates_of(source, inputs.subject.rows.schema.columns.get(name))
    seed, task = partial(ctx.seed_for, name), inputs.subject.task

    def compute(unit: Unit) -> dict:
        asked = impute(known, records, name, seed=seed, candidates=candidates, task=task)
        found = {f"asked/{key}": value for key, value in imputation_arrays(asked).items()}
        if known is not None and name in records.X.columns:
            own = impute(
                None, known, name, seed=seed, candidates=candidates, learner=asked.learner, task=task, folds=2,
                without_label=False,
            )  # fmt: skip
            found |= {f"own/{key}": value for key, value in imputation_arrays(own).items()}
        return found

    wanted = {"column": name, "people": params.people, "known": params.known, "data": ctx.data_key, "seed": ctx.seed}
    arrays = ctx.units.map(compute, [Unit(f"imputation-{name}", wanted)])[0]
    parts = {
        part: {key.partition("/")[2]: value for key, value in arrays.items() if key.startswith(part)}
        for part in ("asked", "own")
    }
    own = imputation_of(parts["own"], candidates, True) if parts["own"] else None
    return _Guessed(imputation_of(parts["asked"], candidates, known is None), own)


def _rehearsal(guessed: dict, known, attacker, inputs: StageInputs, params: Parameters, ctx: StageContext) -> dict:
    """How far answers are trusted, by column and way: from one shadow model on the attacker's own rows."""
    from privnb.attacks.attribute_ways import rehearsed
    from privnb.units import Unit

    trainer = inputs.variant.trainer
    owned = [name for name, guess in guessed.items() if guess.own is not None]
    if trainer is None or not owned or not attacker.knows_architecture or attacker.data == "none":
        return {}

    def compute(unit: Unit) -> dict:
        shadow = trainer.fit(known, unit.inputs["seed"])
        return {
            f"{place}/{way}": [weight]
            for place, name in enumerate(owned)
            for way, weight in rehearsed(shadow, known, name, guessed[name].own, attacker).items()
        }

    wanted = {
        "trainer": dict(trainer.identity), "columns": owned, "known": params.known, "people": params.people,
        "attacker": attacker.identity, "data": ctx.data_key, "seed": ctx.seed_for("shadow"),
    }  # fmt: skip
    weights: dict[str, dict[str, float]] = {}
    for key, weight in ctx.units.map(compute, [Unit("rehearsal", wanted)])[0].items():
        place, _, way = key.partition("/")
        weights.setdefault(owned[int(place)], {})[way] = float(weight[0])
    return weights


def _largest(found: list, ctx: StageContext) -> list[Finding]:
    """The largest gain and gap of all columns, intervals corrected for the choice; categories go before numbers."""
    ready = [each for each in found if each.joint]
    ready = [each for each in ready if not each.numeric] or ready
    lines = []
    for id, fact in (("largest_gain", "inference_gain"), ("largest_member_gap", "member_gap")):
        if not ready:
            reason = next((f.reason for each in found for f in each.findings[:1]), "no column could be guessed")
            status = next((f.status for each in found for f in each.findings[:1]), "not_applicable")
            lines.append(Finding(id=f"attribute.{id}", status=status, reason=reason))
            continue
        most = max(ready, key=lambda each: each.joint[fact].value)
        best = most.joint[fact]
        corrected = f", the largest of {len(ready)} columns (interval corrected for that)" if len(ready) > 1 else ""
        lines.append(
            Finding(
                id=f"attribute.{id}", value=best.value, low=best.low, high=best.high, n=best.n, level=ctx.level,
                unit="R2" if most.numeric else "proportion", direction="lower", reason=f"{most.column}{corrected}",
            )
        )  # fmt: skip
    return lines


def _open(reasons: dict[str, str]) -> list[Finding]:
    """What stands in the place of the figures of a column that is not guessed."""
    from privnb.attacks.attribute_findings import finding_id

    return [
        Finding(id=finding_id(name, fact), status="not_applicable", reason=reason)
        for name, reason in reasons.items()
        for fact in ("inference_gain", "member_gap", "gain_bits")
    ]
