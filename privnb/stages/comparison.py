"""Comparison: every variant beside its control, with paired differences in utility and in what leaks."""

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Variants side by side",
    question="Did the mitigations help, and what did they cost?",
    kind="assessment",
    scope="run",
    facts=("accuracy_difference", "r2_difference", "membership_auc_difference", "tpr_at_fpr_1pct_difference"),
    references=("DeLong et al. 1988 (paired AUC)", "Bonett & Price 2012 (paired proportions)"),
    always=True,
)
_SHOWN = {
    "utility.accuracy": "accuracy",
    "utility.r2": "R2",
    "factors.overfitting_gap": "overfitting gap",
    "membership.auc": "membership AUC",
    "membership.tpr_at_fpr_1pct": "TPR at 1 % FPR",
}


class Parameters(StageParameters):
    """The comparison has no parameters."""


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Compare on the same people: utility right or wrong per row, membership score per record."""
    findings = []
    for info in inputs.variants:
        if info.id == "baseline":
            continue
        against = control_for(info, inputs.variants)
        findings += _utility(inputs, info.id, against, ctx) + _membership(inputs, info.id, against, ctx)
    return StageResult(
        findings=findings,
        tables={"variants": _table(inputs)},
        facts={
            "controls": {
                info.id: control_for(info, inputs.variants) for info in inputs.variants if info.id != "baseline"
            }
        },
    )


def control_for(info, variants) -> str:
    """What a variant is compared with: its control where it has one, else what it was built on."""
    own = next((other.id for other in variants if other.control_of == info.id), None)
    return own or info.from_ or "baseline"


def _utility(inputs: StageInputs, id: str, against: str, ctx: StageContext) -> list[Finding]:
    from privnb import stats

    ours, theirs = inputs.arrays.get(("utility", id)), inputs.arrays.get(("utility", against))
    regression = inputs.subject.task == "regression"
    name = "r2_difference" if regression else "accuracy_difference"
    if not ours or not theirs:
        return [_missing(name, id, against, "utility")]
    if regression:
        estimate = stats.r2_difference(ours["y"], ours["predicted"], theirs["predicted"], ours["persons"], ctx.level)
    else:
        estimate = stats.accuracy_difference(ours["right"], theirs["right"], ours["persons"], ctx.level)
    return [_difference(name, id, against, estimate, "higher", "" if regression else "proportion", ctx)]


def _membership(inputs: StageInputs, id: str, against: str, ctx: StageContext) -> list[Finding]:
    from privnb import stats

    ours, theirs = inputs.arrays.get(("membership", id)), inputs.arrays.get(("membership", against))
    names = ("membership_auc_difference", "tpr_at_fpr_1pct_difference")
    if not ours or not theirs:
        return [_missing(name, id, against, "membership") for name in names]
    member, persons = ours["member"], ours["persons"]
    area = stats.auc_difference(ours["scores"], theirs["scores"], member, persons, ctx.level)
    found = [_difference(names[0], id, against, area, "lower", "auc", ctx)]
    try:
        rate = stats.tpr_difference_at_fpr(
            ours["scores"], theirs["scores"], member, 0.01, persons, ctx.level, ctx.seed_for("bootstrap")
        )
        found.append(_difference(names[1], id, against, rate, "lower", "proportion", ctx))
    except stats.NotResolvable as reason:
        found.append(
            Finding(
                id=f"comparison.{names[1]}",
                variant=id,
                method=f"against {against}",
                status="not_resolvable",
                reason=str(reason),
            )
        )
    return found


def _difference(name: str, id: str, against: str, estimate, direction: str, unit: str, ctx: StageContext) -> Finding:
    return Finding(
        id=f"comparison.{name}", variant=id, method=f"against {against}", value=estimate.value, low=estimate.low,
        high=estimate.high, n=estimate.n, level=ctx.level, unit=unit, direction=direction,
    )  # fmt: skip


def _missing(name: str, id: str, against: str, stage: str) -> Finding:
    reason = f"{stage} was not measured on both {id} and {against}"
    return Finding(
        id=f"comparison.{name}", variant=id, method=f"against {against}", status="not_applicable", reason=reason
    )


def _table(inputs: StageInputs) -> Table:
    """Each variant's main figures with their intervals as low and high columns."""
    present = [id for id in _SHOWN if any(_value(inputs, id, info.id) for info in inputs.variants)]
    columns = ["variant", *(name for id in present for name in (_SHOWN[id], f"{_SHOWN[id]} low", f"{_SHOWN[id]} high"))]
    rows = []
    for info in inputs.variants:
        cells = [_value(inputs, id, info.id) for id in present]
        rows.append(
            [
                info.id,
                *(end for found in cells for end in ((found.value, found.low, found.high) if found else (None,) * 3)),
            ]
        )
    return Table(title="Variants side by side", columns=columns, rows=rows)


def _value(inputs: StageInputs, id: str, variant: str) -> Finding | None:
    result = inputs.results.get((id.partition(".")[0], variant))
    for found in result.findings if result else ():
        if (found.id, found.method, found.group, found.status) == (id, None, None, "ok"):
            return found
    return None
