"""Risk factors: properties of the model and its training data that make leaks likelier; hints, not proof."""

from privnb.findings import Finding, StageResult
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Risk factors",
    question="What makes this model likely to leak?",
    kind="assessment",
    scope="variant",
    facts=(
        "overfitting_gap",
        "training_people",
        "rows_per_feature",
        "features",
        "classes",
        "smallest_class_people",
    ),
    references=(
        "Yeom et al. 2018 (overfitting)",
        "Shokri et al. 2017 (classes)",
        "Newcombe 1998 (interval of a difference)",
    ),
    always=True,
)
_UNKNOWN = "nobody declared which rows were in the training"
_EXACT = "an exact count"


class Parameters(StageParameters):
    """Risk factors have no parameters."""


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Overfitting with an interval; size of the training set, features and classes as exact counts."""
    from privnb.factors import class_sizes, set_size

    subject, variant = inputs.subject, inputs.variant
    if subject.membership == "unknown":
        features = subject.rows.X.shape[1]
        findings = [Finding(id="factors.features", value=features, unit="columns", direction="lower", reason=_EXACT)]
        findings += [_absent(name, _UNKNOWN) for name in META.facts if name != "features"]
        return StageResult(findings=findings)
    size = set_size(variant.rows)
    findings = [
        _gap(inputs, ctx),
        _count("training_people", size.people, "people", "higher"),
        _count("rows_per_feature", size.rows_per_feature, "rows", "higher"),
        _count("features", size.features, "columns", "lower"),
    ]
    if subject.task == "classification":
        classes = class_sizes(variant.rows, ctx.level)
        findings += [
            _count("classes", classes.classes, "classes", "lower"),
            _smallest_class(classes.smallest_people, ctx.small_cell),
        ]
    else:
        findings += [_absent(name, "a regression has no classes") for name in ("classes", "smallest_class_people")]
    return StageResult(findings=findings, facts={"encoded_features": size.encoded_features, "rows": size.rows})


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
    return Finding(
        id="factors.overfitting_gap", value=gap.value, low=gap.low, high=gap.high, n=gap.n, level=ctx.level,
        unit="proportion" if subject.task == "classification" else "R2", direction="lower",
    )  # fmt: skip


def _count(name: str, value: float, unit: str, direction: str) -> Finding:
    return Finding(id=f"factors.{name}", value=value, unit=unit, direction=direction, reason=_EXACT)


def _smallest_class(people: int, small_cell: int) -> Finding:
    if people < small_cell:
        reason = f"fewer than {small_cell} people; counts that small are not shown"
        return Finding(id="factors.smallest_class_people", status="not_resolvable", reason=reason)
    return _count("smallest_class_people", people, "people", "higher")


def _absent(name: str, reason: str) -> Finding:
    return Finding(id=f"factors.{name}", status="not_applicable", reason=reason)
