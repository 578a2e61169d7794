"""Membership leakage: are some groups and records exposed more than others?"""

from pydantic import Field

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Membership leakage",
    question="Are some people exposed more than others?",
    kind="assessment",
    scope="variant",
    facts=("worst_group_advantage", "group_advantage", "membership_information_bits", "pdtp_excess"),
    needs=frozenset({"holdout"}),
    references=(
        "Duddu, Szyller & Asokan 2021 (SHAPr)",
        "Long, Bindschaedler & Gunter 2017 (PDTP)",
        "Yeom et al. 2018 (advantage)",
        "Chothia & Guha 2011 (information from trials)",
    ),
)
_MOST_SHOWN = 20  # records in a table
_LEAST = 30  # people of a side


class Parameters(StageParameters):
    """How many people are looked at."""

    members: int = Field(
        5000,
        ge=30,
        description="training people, drawn by seed, that are looked at",
        json_schema_extra={"profiles": {"quick": 1000, "thorough": 20_000}},
    )
    others: int = Field(
        2500,
        ge=30,
        description="evaluation people, drawn by seed, that they are compared with",
        json_schema_extra={"profiles": {"quick": 500, "thorough": 10_000}},
    )
    records: int = Field(
        8,
        ge=0,
        le=10_000,
        description="training records whose removal is tried by a refit each (PDTP); 0: none",
        json_schema_extra={"profiles": {"quick": 0, "thorough": 50}},
    )
    controls: int = Field(3, ge=1, le=100, description="refits with another seed alone, for the noise of training")


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Judge one attack by group, count what answers tell of membership in bits, and rank training records."""
    import numpy as np

    from privnb.attacks.copies import copied_rows
    from privnb.attacks.universe import some_people, stack
    from privnb.errors import NotApplicable

    subject, model = inputs.subject, inputs.variant.model
    train, evaluation = subject.part("train"), subject.part("evaluation")
    members = some_people(train, params.members, ctx.seed_for("members"))
    fresh = evaluation.take(np.flatnonzero(~copied_rows(train, evaluation)))
    others = some_people(fresh, params.others, ctx.seed_for("others"))
    counts = [len(np.unique(side.persons)) for side in (members, others)]
    if min(counts) < _LEAST:
        raise NotApplicable(
            f"membership by group needs {_LEAST} training people and {_LEAST} others who are no copies of them; "
            f"one side has fewer"
        )
    both, member = stack([members, others]), np.arange(len(members) + len(others)) < len(members)
    scores = _scores(model, both, subject.task)
    groups, worst, shown = _groups(both, member, scores, inputs, ctx)
    ranked, spread = _ranked(model, members, others)
    refitted, left_out = _refitted(inputs, params, ctx)
    facts = {
        "member_people": counts[0], "non_member_people": counts[1],
        "score": "residual" if subject.task == "regression" else "confidence in the true class",
        **({"worst_group": worst} if worst else {}), **spread,
    }  # fmt: skip
    return StageResult(
        findings=[*groups, _information(scores, member, both.persons, ctx), refitted],
        tables={"groups": shown, **ranked, **left_out},
        facts=facts,
    )


def _scores(model, rows, task: str):
    """How sure the model is of each record's label: the simplest attack, the same rule for everybody."""
    import numpy as np

    from privnb.attacks.signals import query

    found = query(model, rows, task)
    return -np.abs(found["residual"]) if task == "regression" else found.get("log_odds", found["correct"])


def _groups(both, member, scores, inputs: StageInputs, ctx: StageContext):
    """Findings by group, the worst group's name, and a table; decisions by a threshold cross-fitted over people."""
    from privnb.attacks.exposed_groups import advantage_by_group, worst_advantage
    from privnb.stats import crossfit_decisions

    called = crossfit_decisions(scores, member, both.persons, ctx.seed_for("threshold"))
    columns = {"target" if inputs.subject.task == "regression" else "class": both.y}
    for name in inputs.roles.get("sensitive", ()):
        if name in both.X or name in both.context:
            columns[name] = both.X[name] if name in both.X else both.context[name]
    found = advantage_by_group(
        called, member, columns, persons=both.persons, level=ctx.level, small_cell=ctx.small_cell
    )
    about = {"level": ctx.level, "unit": "proportion", "direction": "lower"}
    findings, rows, visible = [], [], [each for each in found if each.estimate]
    for each in found:
        name = {"id": "leakage.group_advantage", "group": f"{each.column}={each.value}"}
        if each.estimate is None:
            reason = f"not shown: this group, or one to be worked out from it, has fewer than {ctx.small_cell} people"
            findings.append(Finding(**name, **about, status="not_resolvable", reason=reason))
            continue
        value, low, high, n = each.estimate
        reason = "one threshold for all groups, cross-fitted over people; all groups' intervals hold together"
        findings.append(Finding(**name, **about, value=value, low=low, high=high, n=n, reason=reason))
        rows.append([each.column, each.value, value, low, high])
    table = Table(
        title="Advantage of the confidence attack by group (all intervals hold together)",
        columns=["column", "group", "advantage", "low", "high"],
        rows=sorted(rows, key=lambda row: -row[2]),
    )
    id = "leakage.worst_group_advantage"
    if not visible:
        reason = f"every group has fewer than {ctx.small_cell} people on a side"
        return [Finding(id=id, status="not_resolvable", reason=reason), *findings], "", table
    most, (value, low, high, n) = worst_advantage(found)
    name = f"{most.column}={most.value}"
    worst = Finding(
        id=id, **about, value=value, low=low, high=high, n=n,
        reason=f"{name}, the largest of {len(visible)} groups; interval for the largest of them",
    )  # fmt: skip
    return [worst, *findings], name, table


def _information(scores, member, persons, ctx: StageContext) -> Finding:
    from privnb.attacks.information import membership_information

    found = membership_information(scores, member, persons, level=ctx.level, seed=ctx.seed_for("information"))
    value, low, high, n = found.bits
    return Finding(
        id="leakage.membership_information_bits", value=value, low=low, high=high, n=n, level=ctx.level, unit="bits",
        direction="lower",
        reason=f"of one bit; {found.null:.4f} that chance alone shows is subtracted (p = {found.p_value:.3g} by "
        "exchanging people)",
    )  # fmt: skip


def _ranked(model, members, others) -> tuple[dict[str, Table], dict]:
    """The training records with the highest SHAPr, by row position; it ranks and is no measure of the model."""
    import numpy as np

    from privnb.attacks.shapley import shapr
    from privnb.errors import NotApplicable

    try:
        values = shapr(model, members.X, members.y, others.X, others.y)
    except NotApplicable as reason:
        return {}, {"shapr": str(reason)}
    order = np.lexsort((members.position, -values))[:_MOST_SHOWN]
    rows = [[int(members.position[i]), float(values[i])] for i in order]
    table = Table(title="Training rows with the highest SHAPr, of those looked at", columns=["row", "SHAPr"], rows=rows)
    top = np.sort(values)[::-1][: max(1, len(values) // 100)]
    return {"exposed": table}, {
        "shapr": "mean over records is the accuracy of the nearest neighbour among the model's answers",
        "shapr_mean": float(values.mean()),
        "shapr_top_1pct": float(top.mean()),
    }


def _refitted(inputs: StageInputs, params: Parameters, ctx: StageContext) -> tuple[Finding, dict[str, Table]]:
    """PDTP: what leaving a record out does to the answers about it, beyond the noise of training."""
    from privnb.attacks.training_privacy import training_privacy
    from privnb.errors import NotApplicable

    id, trainer = "leakage.pdtp_excess", inputs.variant.trainer
    if not params.records:
        reason = "it costs a refit a record, and leakage.records is 0"
        return Finding(id=id, status="not_requested", reason=reason), {}
    if trainer is None:
        return Finding(id=id, status="not_applicable", reason="the model is a file that cannot be refitted"), {}
    try:
        found = training_privacy(
            trainer, inputs.variant.rows, params.records, params.controls, ctx.seed_for("pdtp"), ctx.units,
            data_key=ctx.data_key, level=ctx.level,
        )  # fmt: skip
    except NotApplicable as reason:
        return Finding(id=id, status="not_applicable", reason=str(reason)), {}
    value, low, high, n = found.mean
    finding = Finding(
        id=id, value=value, low=low, high=high, n=n, level=ctx.level, unit="log ratio", direction="lower",
        reason=f"mean over {n} records; {found.noise.mean():.3g} of retraining noise ({params.controls} seeds) is "
        "subtracted",
    )  # fmt: skip
    lines = found.table().head(_MOST_SHOWN).itertuples(index=False)
    position = inputs.variant.rows.position
    rows = [[int(position[row]), float(moved), float(noise), float(excess)] for row, moved, noise, excess in lines]
    columns = ["row", "moved by leaving it out", "moved by another seed", "excess"]
    return finding, {"refits": Table(title="Log-ratio of answers about a record", columns=columns, rows=rows)}
