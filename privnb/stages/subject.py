"""Subject: what exactly was assessed, and are the people in its four parts really different people?"""

from privnb.findings import Finding, StageResult
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="What was assessed",
    question="Which model and which data were assessed?",
    kind="assessment",
    scope="variant",
    facts=("rows", "people", "copied_rows"),
    always=True,
)


class Parameters(StageParameters):
    """The subject stage has no parameters: everything comes from the spec's data and model."""


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Count rows and people in every part, and the evaluation rows that are copies of training rows."""
    import numpy as np

    subject, variant = inputs.subject, inputs.variant
    rows = subject.rows
    people = len(np.unique(rows.persons))
    exact = "an exact count"
    return StageResult(
        findings=[
            Finding(id="subject.rows", value=len(rows), unit="rows", reason=exact),
            Finding(id="subject.people", value=people, unit="people", reason=exact),
            _copied_rows(subject, ctx.level),
        ],
        facts={
            "model": variant.label,
            "task": subject.task,
            "membership": subject.membership,
            "rows": len(rows),
            "people": people,
            "columns": rows.X.shape[1],
            "features": list(rows.X.columns),
            "answers": _answers(variant.model, rows, subject.task),
            "set_aside_rows": subject.facts.get("set_aside_rows", 0),
            "parts": {name: _size(subject.part(name)) for name in subject.parts},
            "dictionary": rows.schema.source,
            **{name: subject.facts.get(name) for name in ("source", "licence")},
        },
    )


def _answers(model, rows, task: str) -> str:
    """What a query of this model returns at most."""
    from privnb.errors import ModelError

    if task == "regression":
        return "predicted values"
    try:
        model.predict_proba(rows.X.head(2))
    except ModelError:
        return "labels"
    return "probabilities"


def _size(rows) -> dict[str, int]:
    import numpy as np

    return {"rows": len(rows), "people": len(np.unique(rows.persons))}


def _copied_rows(subject, level: float) -> Finding:
    from privnb.attacks.copies import copied_rows
    from privnb.stats import proportion

    evaluation = subject.part("evaluation")
    if not len(evaluation):
        reason = "nobody declared which rows were in the training"
        return Finding(id="subject.copied_rows", status="not_applicable", reason=reason)
    share = proportion(copied_rows(subject.part("train"), evaluation), evaluation.persons, level)
    return Finding(
        id="subject.copied_rows", value=share.value, low=share.low, high=share.high, level=level, n=share.n,
        unit="proportion", direction="lower",
        reason="evaluation rows equal to a training row in all features and the label; there membership means little",
    )  # fmt: skip
