"""Utility: how well does the model do its job, on the rows it was trained on and on rows of other people?"""

from privnb.findings import Finding
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageOutput, StageParameters

_CLASSIFICATION = ("accuracy", "balanced_accuracy", "auc")
_REGRESSION = ("r2", "mae")

META = StageMeta(
    title="Utility",
    question="How well does the model do its job?",
    kind="assessment",
    scope="variant",
    facts=(
        *_CLASSIFICATION,
        *_REGRESSION,
        *(f"train_{name}" for name in _CLASSIFICATION),
        *(f"train_{name}" for name in _REGRESSION),
    ),
    references=("Zou & Donner 2008 (balanced accuracy)", "DeLong et al. 1988 (AUC)"),
    always=True,
)


class Parameters(StageParameters):
    """Utility has no parameters: the measures follow from the task."""


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageOutput:
    """Measure the model on the evaluation part and on its training rows, or on rows of unknown membership."""
    from privnb.findings import StageResult

    subject, model = inputs.subject, inputs.variant.model
    if subject.membership == "unknown":
        given = _predictions(model, subject.part("given"), subject.task)
        findings = _measures(given, subject.task, "", ctx.level, method="rows of unknown membership")
        return StageOutput(StageResult(findings=findings))
    evaluation = _predictions(model, subject.part("evaluation"), subject.task)
    train = _predictions(model, subject.part("train"), subject.task)
    findings = _measures(evaluation, subject.task, "", ctx.level) + _measures(train, subject.task, "train_", ctx.level)
    return StageOutput(StageResult(findings=findings), {"persons": evaluation["persons"], **_outcome(evaluation)})


def _predictions(model, rows, task: str) -> dict:
    from privnb.errors import ModelError

    found = {"y": rows.y, "persons": rows.persons, "predicted": model.predict(rows.X), "task": task}
    if task == "classification":
        found["classes"] = model.classes
        try:
            found["probabilities"] = model.predict_proba(rows.X)
        except ModelError as error:
            found["labels_only"] = str(error)
    return found


def _outcome(predictions: dict) -> dict:
    """What the comparison needs, row-aligned: right or wrong, or label and prediction."""
    if predictions["task"] == "classification":
        return {"right": predictions["predicted"] == predictions["y"]}
    return {"y": predictions["y"].astype(float), "predicted": predictions["predicted"].astype(float)}


def _measures(predictions: dict, task: str, prefix: str, level: float, method: str | None = None) -> list[Finding]:
    from privnb import stats

    y, predicted, persons = (predictions[name] for name in ("y", "predicted", "persons"))
    if task == "regression":
        found = {
            "r2": (stats.r2(y, predicted, persons, level), "", "higher"),
            "mae": (stats.mae(y, predicted, persons, level), "target", "lower"),
        }
    else:
        found = {
            "accuracy": (stats.proportion(y == predicted, persons, level), "proportion", "higher"),
            "balanced_accuracy": (stats.balanced_accuracy(y, predicted, persons, level), "proportion", "higher"),
            "auc": (_auc(predictions, level), "auc", "higher"),
        }
    return [_finding(f"utility.{prefix}{name}", *measure, level, method) for name, measure in found.items()]


def _finding(id: str, estimate, unit: str, direction: str, level: float, method: str | None) -> Finding:
    if isinstance(estimate, str):
        return Finding(id=id, method=method, status="not_applicable", reason=estimate)
    return Finding(
        id=id, method=method, value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n, level=level,
        unit=unit, direction=direction,
    )  # fmt: skip


def _auc(predictions: dict, level: float):
    """AUC of the second class against the first; why not, where the model has more classes or gives labels only."""
    from privnb import stats

    if "labels_only" in predictions:
        return predictions["labels_only"]
    classes, y = predictions["classes"], predictions["y"]
    if len(classes) != 2:
        return f"the AUC is of two classes; the model has {len(classes)}"
    member = y == classes[1]
    if member.all() or not member.any():
        return "only one class occurs in these rows"
    return stats.auc(predictions["probabilities"][:, 1], member, predictions["persons"], level)
