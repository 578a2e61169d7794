"""Risk factors: eight properties of the model and its training that make leaks likelier; hints, not proof."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

_SIZES = ("training_people", "rows_per_feature", "features", "classes", "smallest_class_people")

META = StageMeta(
    title="Risk factors",
    question="What makes this model likely to leak?",
    kind="assessment",
    scope="variant",
    facts=("overfitting_gap", *_SIZES, "sensitivity", "influence", "flip_rate", "update_risk", "augmentation_risk"),
    references=(
        "Yeom et al. 2018 (overfitting, stability)",
        "Shokri et al. 2017 (classes)",
        "Newcombe 1998 (interval of a difference)",
        "Breiman 2001, Fisher et al. 2019 (permutation importance)",
        "Kusner et al. 2017 (counterfactual change of a sensitive column)",
        "Salem et al. 2020, Jagielski et al. 2022 (updates)",
        "Yu et al. 2021, Kaya & Dumitras 2021 (augmentation)",
    ),
    version=2,
    always=True,
)
_UNKNOWN = "nobody declared which rows were in the training"
_EXACT = "an exact count"


class Parameters(StageParameters):
    """How much work the factors that need the model's answers, or another training, may cost."""

    people: int = Field(
        4000,
        ge=100,
        description="people whose answers are asked for, drawn at random from those that there are",
        json_schema_extra={"profiles": {"quick": 1000, "thorough": 20_000}},
    )
    repeats: int = Field(
        5,
        ge=1,
        le=100,
        description="random changes of each feature for sensitivity and influence",
        json_schema_extra={"profiles": {"quick": 1, "thorough": 20}},
    )
    simulate_update: bool = Field(
        True, description="train once more, on half of the people, where no earlier release is given and declared"
    )
    sweep_people: int = Field(
        2000,
        ge=0,
        description="training people for the what-if sweeps over capacity and size; 0 leaves them out",
        json_schema_extra={"profiles": {"quick": 0, "thorough": 20_000}},
    )
    try_augmentation: bool = Field(
        False,
        description="train with and without augmentation to see whether it lowers overfitting (two more trainings)",
        json_schema_extra={"profiles": {"thorough": True}},
    )


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """All eight factors; what one of them cannot tell stands as its reason beside the others."""
    from privnb.factors import verdict_table

    parts = [_sizes(inputs, ctx)]
    parts += [_measured(part, names, inputs, params, ctx) for part, names in _PARTS]
    result = StageResult(
        findings=[found for part in parts for found in part.findings],
        series={name: curve for part in parts for name, curve in part.series.items()},
        tables={name: table for part in parts for name, table in part.tables.items()},
        facts={name: value for part in parts for name, value in part.facts.items()},
    )
    verdicts = verdict_table(result.findings, ctx.small_cell)
    return result.model_copy(update={"tables": {"verdicts": verdicts, **result.tables}})


def _measured(part: Callable[..., StageResult], names: Sequence[str], inputs, params, ctx) -> StageResult:
    """One factor's part of the result; data or a model that it cannot be measured on give the reason instead."""
    from privnb.errors import DataError, ModelError

    try:
        return part(inputs, params, ctx)
    except (DataError, ModelError) as why:
        return StageResult(findings=[_absent(name, str(why).rstrip("."), "not_resolvable") for name in names])


def _sizes(inputs: StageInputs, ctx: StageContext) -> StageResult:
    from privnb.factors import class_sizes, class_table, set_size

    subject, variant = inputs.subject, inputs.variant
    if subject.membership == "unknown":
        features = subject.rows.X.shape[1]
        findings = [Finding(id="factors.features", value=features, unit="columns", direction="lower", reason=_EXACT)]
        findings += [_absent(name, _UNKNOWN) for name in ("overfitting_gap", *_SIZES) if name != "features"]
        return StageResult(findings=findings)
    size = set_size(variant.rows)
    findings = [
        _gap(inputs, ctx),
        _count("training_people", size.people, "people", "higher"),
        _count("rows_per_feature", size.rows_per_feature, "rows", "higher"),
        _count("features", size.features, "columns", "lower"),
    ]
    facts = {"encoded_features": size.encoded_features, "rows": size.rows}
    if subject.task != "classification":
        findings += [_absent(name, "a regression has no classes") for name in ("classes", "smallest_class_people")]
        return StageResult(findings=findings, facts=facts)
    classes = class_sizes(variant.rows, ctx.level)
    findings += [
        _count("classes", classes.classes, "classes", "lower"),
        _smallest_class(classes.smallest_people, ctx.small_cell),
    ]
    return StageResult(findings=findings, facts=facts, tables={"classes": class_table(variant.rows, ctx.small_cell)})


def _gap(inputs: StageInputs, ctx: StageContext) -> Finding:
    from privnb.factors import overfitting_gap

    subject, model = inputs.subject, inputs.variant.model
    train, evaluation = subject.part("train"), subject.part("evaluation")
    gap = overfitting_gap(
        subject.task,
        (train.y, model.predict(train.X)),
        (evaluation.y, model.predict(evaluation.X)),
        train.persons,
        evaluation.persons,
        ctx.level,
    )
    return _estimate("overfitting_gap", gap, ctx, unit=_score_unit(inputs))


def _sensitivity(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    from privnb.factors import answer_sensitivity

    rows, whose = _asked(inputs, params, ctx, "evaluation")
    found = answer_sensitivity(
        inputs.variant.model,
        rows,
        seed=ctx.seed_for,
        draws=params.repeats,
        level=ctx.level,
        scale_rows=inputs.subject.rows,
    )
    unit = "SD" if found.unit == "SD" else "proportion"
    reason = f"mean of total variation over features, on {whose}" if unit == "proportion" else f"on {whose}"
    moves = [[m.feature, m.change, m.mean.value, m.mean.low, m.mean.high, m.p95] for m in found.moves]
    return StageResult(
        findings=[_estimate("sensitivity", found.mean, ctx, unit=unit, reason=reason)],
        tables={
            "sensitivity": Table(
                title="How far answers move when one feature changes",
                columns=["feature", "change", "mean", "low", "high", "95th percentile"],
                rows=moves,
            )
        },
        facts={
            "sensitivity_unit": found.unit,
            "sensitivity_p95": found.p95,
            "sensitivity_left_out": found.left_out,
            "sensitivity_features": f"{len(found.moves)} of {found.features}",
        },
    )


def _influence(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    from privnb.factors import permutation_influence

    rows, whose = _asked(inputs, params, ctx, "validation")
    losses, left_out = permutation_influence(
        inputs.variant.model, rows, seed=ctx.seed_for, repeats=params.repeats, level=ctx.level
    )
    first = losses[0]
    reason = f"{first.feature}, the largest of {len(losses)} features (interval corrected for that), on {whose}"
    return StageResult(
        findings=[_estimate("influence", first.loss, ctx, unit=_score_unit(inputs), reason=reason)],
        tables={
            "influence": Table(
                title="What is lost when one feature is shuffled among people",
                columns=["feature", "loss", "low", "high"],
                rows=[[each.feature, *list(each.loss)[:3]] for each in losses],
            )
        },
        facts={"most_influential": first.feature, "influence_left_out": left_out},
    )


def _flips(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """The flip rate of each sensitive column, and the largest of them with an interval corrected for the choice."""
    from privnb.factors import flip_rate

    columns = list(inputs.roles.get("sensitive", ()))
    features = [name for name in columns if name in inputs.subject.rows.X.columns]
    unseen = [
        _absent("flip_rate", f"the model does not see {name}").model_copy(update={"group": name})
        for name in columns
        if name not in features
    ]
    if not features:
        reason = "the model sees no sensitive column" if columns else "the spec names no sensitive column"
        return StageResult(findings=[_absent("flip_rate", reason), *unseen])
    rows, whose = _asked(inputs, params, ctx, "evaluation")
    model, level = inputs.variant.model, 1.0 - (1.0 - ctx.level) / len(features)
    flips = [(flip_rate(model, rows, name, ctx.level), flip_rate(model, rows, name, level)) for name in features]
    most = max(flips, key=lambda pair: pair[1].rate.value)[1]
    corrected = f", the largest of {len(features)} (interval corrected for that)" if len(features) > 1 else ""
    reason = f"when {most.column} alone changes{corrected}, on {whose}"
    findings = [_estimate("flip_rate", most.rate, ctx, reason=reason)]
    for found, _ in flips:
        other = "the other value" if found.values == 1 else f"{found.values} other values"
        findings.append(_estimate("flip_rate", found.rate, ctx, group=found.column, reason=f"tried {other}"))
    return StageResult(findings=[*findings, *unseen])


def _updates(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    from privnb.factors.games import update_game

    return update_game(_game(inputs, params, ctx), inputs.previous, params.simulate_update)


def _augmentation(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    from privnb.factors.games import augmentation_game

    return augmentation_game(_game(inputs, params, ctx), inputs.augmentation)


def _what_if(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Overfitting against size and capacity, and with augmentation: trainings on people of the train part."""
    from privnb.attacks.universe import some_people
    from privnb.factors.whatif import sweep_all, tried_augmentation

    validation, variant = inputs.subject.part("validation"), inputs.variant
    if not params.sweep_people or variant.trainer is None or len(validation) < 30:
        return StageResult()
    rows = some_people(inputs.subject.part("train"), params.sweep_people, ctx.seed_for("whatif", "rows"))
    unseen = some_people(validation, params.people, ctx.seed_for("people", "validation"))
    work = {"units": ctx.units, "seed": ctx.seed_for, "data_key": ctx.data_key, "level": ctx.level}
    series, failed = sweep_all(variant.trainer, variant.model, rows, unseen, **work)
    tried = tried_augmentation(variant.trainer, inputs.image, rows, unseen, **work) if params.try_augmentation else None
    tables = {"augmentation": tried} if tried else {}
    return StageResult(series=series, tables=tables, facts={"whatif_rows": len(rows), "whatif_failed": failed})


_PARTS: tuple[tuple[Callable[..., StageResult], tuple[str, ...]], ...] = (
    (_sensitivity, ("sensitivity",)),
    (_influence, ("influence",)),
    (_flips, ("flip_rate",)),
    (_updates, ("update_risk",)),
    (_augmentation, ("augmentation_risk",)),
    (_what_if, ()),
)


def _game(inputs: StageInputs, params: Parameters, ctx: StageContext):
    from privnb.factors.games import Setting

    return Setting(inputs.subject, inputs.variant, params.people, ctx.units, ctx.seed_for, ctx.data_key, ctx.level)


def _asked(inputs: StageInputs, params: Parameters, ctx: StageContext, part: str):
    """The rows that the model is asked about and how they are called: of a part, or of unknown membership."""
    from privnb.attacks.universe import some_people

    if inputs.subject.membership == "unknown":
        part, whose = "given", "rows of unknown membership"
    elif len(inputs.subject.part(part)) < 30:
        part, whose = "evaluation", "evaluation rows"
    else:
        whose = f"{part} rows"
    rows = some_people(inputs.subject.part(part), params.people, ctx.seed_for("people", part))
    return rows, f"{len(rows):,} {whose}"


def _score_unit(inputs: StageInputs) -> str:
    return "proportion" if inputs.subject.task == "classification" else "R2"


def _estimate(name: str, found: Any, ctx: StageContext, unit: str = "proportion", **more: Any) -> Finding:
    return Finding(
        id=f"factors.{name}", value=found.value, low=found.low, high=found.high, n=found.n, level=ctx.level,
        unit=unit, direction="lower", **more,
    )  # fmt: skip


def _count(name: str, value: float, unit: str, direction: str) -> Finding:
    return Finding(id=f"factors.{name}", value=value, unit=unit, direction=direction, reason=_EXACT)


def _smallest_class(people: int, small_cell: int) -> Finding:
    if people < small_cell:
        reason = f"fewer than {small_cell} people; counts that small are not shown"
        return Finding(id="factors.smallest_class_people", status="not_resolvable", unit="people", reason=reason)
    return _count("smallest_class_people", people, "people", "higher")


def _absent(name: str, reason: str, status: str = "not_applicable") -> Finding:
    return Finding(id=f"factors.{name}", status=status, reason=reason)
