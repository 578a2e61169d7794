"""Regularize: the model trained so that it remembers less: parameters, penalty, early stopping, ensemble, noise."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import Made, StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Regularization",
    question="Does a more regular model remember less about its people?",
    kind="mitigation",
    scope="variant",
    facts=("validation_score", "validation_gap"),
    references=(
        "Shokri et al. 2017 (regularization against membership inference)",
        "Yeom et al. 2018 (overfitting as a cause)",
        "Kaya & Dumitras 2021 (augmentation)",
    ),
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlyStopping(_Part):
    """Stop when people set aside from the training rows stop gaining."""

    fraction: float = Field(
        0.1, gt=0, lt=1, description="share of the training people set aside to decide when to stop"
    )
    patience: int = Field(10, ge=1, description="rounds without improvement before stopping")


class Ensemble(_Part):
    """Average several models, each trained on a part of the people."""

    members: int = Field(5, ge=2, description="models to average")
    fraction: float | None = Field(
        None, gt=0, le=1, description="share of the people for each member; left out: disjoint parts"
    )


class Noise(_Part):
    """Train on copies of the rows with noise on the numeric features."""

    scale: float = Field(0.1, gt=0, description="noise in standard deviations of each feature")
    copies: int = Field(1, ge=1, description="noisy copies of every training row")


class Parameters(StageParameters):
    """What makes the model more regular; several can be combined."""

    estimator: str | None = Field(
        None,
        description="another kind of model, by dotted name; the same kind with its defaults is added as control",
        json_schema_extra={"refers_to": "estimator"},
    )
    params: dict[str, Any] = Field(
        {}, description="hyper-parameters to change", json_schema_extra={"refers_to": "estimator_params"}
    )
    l1: float | None = Field(None, gt=0, description="strength of an L1 penalty, in the estimator's own measure")
    l2: float | None = Field(None, gt=0, description="strength of an L2 penalty, in the estimator's own measure")
    early_stopping: EarlyStopping | None = Field(None, description="stop training early")
    ensemble: Ensemble | None = Field(None, description="average models trained on parts of the people")
    noise: Noise | None = Field(None, description="noise on the numeric features while training")

    @model_validator(mode="after")
    def _something(self):
        if self == type(self).model_construct(
            **{name: field.default for name, field in type(self).model_fields.items()}
        ):
            raise ValueError("changes nothing; give at least one of params, l1, l2, early_stopping, ensemble, noise")
        return self


def describe(params: Parameters) -> str:
    """The label people read: what was changed."""
    words = [params.estimator.rpartition(".")[2]] if params.estimator else []
    words += [f"{name} = {value}" for name, value in params.params.items()]
    words += [f"{name.upper()} penalty {getattr(params, name):g}" for name in ("l1", "l2") if getattr(params, name)]
    if params.early_stopping:
        words.append("early stopping")
    if params.ensemble:
        words.append(f"average of {params.ensemble.members} models")
    if params.noise:
        words.append(f"feature noise {params.noise.scale:g} SD")
    return ", ".join(words)


def has_control(params: Parameters) -> bool:
    """A change of the kind of model brings the unprotected model of that kind as a control."""
    return params.estimator is not None


def make(parent, params: Parameters, id: str, parent_id: str) -> list[Made]:
    """The regularized trainer, and its control where the kind of model changes."""
    from privnb.regularization import regularize
    from privnb.subject import EstimatorTrainer

    made = [Made(id=id, trainer=regularize(parent, **_asked(params)), label=describe(params))]
    if has_control(params):
        plain = EstimatorTrainer(params.estimator)
        made.append(Made(id=f"{id}-control", trainer=plain, label=f"{plain.label}, its defaults", control_of=id))
    return made


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """The variant was trained on the way here: record what was changed, and how it does on the validation part.

    The validation part belongs to choices like this one; what the variant leaks is measured by the assessments.
    """
    from privnb.regularization import regularization_changes

    variant, control = inputs.variant, inputs.control
    changes = regularization_changes(inputs.parent.trainer, **_asked(params))
    table = Table(
        title="What was changed", columns=["parameter", "before", "after"], rows=[list(change) for change in changes]
    )
    return StageResult(
        findings=_on_validation(inputs, ctx.level),
        tables={"changes": table},
        facts={
            "label": variant.label,
            "from": inputs.parent.id,
            "control": control.id if control else None,
            "trained_rows": len(variant.rows),
        },
    )


def _asked(params: Parameters) -> dict[str, Any]:
    return {name: value for name, value in params.model_dump(exclude_none=True).items() if value != {}}


def _on_validation(inputs: StageInputs, level: float) -> list[Finding]:
    """Accuracy or R2 on the validation part, and how much better the variant does on its training rows."""
    from privnb import stats
    from privnb.factors import overfitting_gap

    model, task = inputs.variant.model, inputs.subject.task
    train, validation = inputs.variant.rows, inputs.subject.part("validation")
    if len(validation) < 2:
        reason = "there is no validation part; give data.split.validation a share"
        return [Finding(id=f"regularize.{name}", status="not_applicable", reason=reason) for name in META.facts]
    told, learnt = (validation.y, model.predict(validation.X)), (train.y, model.predict(train.X))
    if task == "classification":
        score, unit = stats.proportion(told[0] == told[1], validation.persons, level), "proportion"
    else:
        score, unit = stats.r2(*told, validation.persons, level), "R2"
    gap = overfitting_gap(task, learnt, told, train.persons, validation.persons, level)
    return [
        Finding(
            id=f"regularize.{name}", value=found.value, low=found.low, high=found.high, n=found.n, level=level,
            unit=unit, direction=direction,
        )
        for name, found, direction in (("validation_score", score, "higher"), ("validation_gap", gap, "lower"))
    ]  # fmt: skip
