"""Membership inference: can an attacker tell who was in the training data?"""

from typing import Literal

from pydantic import Field, field_validator

from privnb.findings import Finding, StageResult
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageOutput, StageParameters

Method = Literal[
    "confidence",
    "entropy",
    "modified_entropy",
    "gap",
    "robustness",
    "residual",
    "rmia",
    "lira",
    "calibrated",
    "calibrated_robustness",
]
_RATES = ("tpr_at_threshold", "fpr_at_threshold")
_KEYS = ("auc", "balanced_accuracy", "advantage", "tpr_at_fpr_10pct", "tpr_at_fpr_1pct", "tpr_at_fpr_0_1pct")

META = StageMeta(
    title="Membership inference",
    question="Can an attacker tell that a person was in the training data?",
    kind="assessment",
    scope="variant",
    facts=(*_KEYS, *_RATES, "ppv", "identified", "blind_auc", "detectable_auc"),
    needs=frozenset({"holdout"}),
    references=(
        "Zarifzadeh et al. 2024 (RMIA)",
        "Carlini et al. 2022 (LiRA)",
        "Yeom et al. 2018 (thresholds)",
        "Song & Mittal 2021 (modified entropy)",
        "Watson et al. 2022 (calibrated loss)",
        "Choquette-Choo et al. 2021 (label only)",
        "Jayaraman et al. 2021 (predictive value at a prior)",
    ),
    attacker=True,
)


class Parameters(StageParameters):
    """How membership is attacked."""

    methods: list[Method] | Literal["auto"] = Field(
        "auto", description="attacks to run; auto runs all that apply and chooses among them on shadow models"
    )
    shadows: int = Field(
        16,
        ge=2,
        le=4096,
        description="shadow models, an even number; each candidate record is in exactly half of them",
        json_schema_extra={"profiles": {"quick": 4, "thorough": 64}},
    )
    draws: int = Field(
        1000,
        ge=100,
        le=100_000,
        description="bootstrap draws behind the intervals at a fixed false-positive rate",
        json_schema_extra={"profiles": {"thorough": 4000}},
    )

    copies: int = Field(
        4,
        ge=0,
        le=100,
        description="changed copies of each record at each of three scales, where the attacker sees labels only",
        json_schema_extra={"profiles": {"quick": 2, "thorough": 16}},
    )
    prior: float = Field(
        0.1, gt=0, lt=1, description="share of members among those whom the attacker considers, for who is identified"
    )
    exposed: int = Field(
        10, ge=0, le=1000, description="how many of the most exposed training rows the notebook lists, by position"
    )

    @field_validator("shadows")
    @classmethod
    def _even(cls, shadows: int) -> int:
        if shadows % 2:
            raise ValueError(f"must be even (got {shadows}): shadow models come in complementary pairs")
        return shadows


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageOutput:
    """Attack the model with every method, choose one on shadow models, and report what it finds on the target."""
    import numpy as np

    from privnb.attacks.attacker import Attacker
    from privnb.attacks.exposure import most_exposed
    from privnb.attacks.membership import attack_membership
    from privnb.attacks.people import at_prior, by_group, groupings
    from privnb.stats import detectable_auc

    subject, variant = inputs.subject, inputs.variant
    members, others, pool = (subject.part(name) for name in ("train", "evaluation", "pool"))
    non_members, copies = _without_copies(members, others, ctx.small_cell)
    attack = attack_membership(
        variant.model,
        variant.trainer,
        members,
        non_members,
        pool if len(pool) else None,
        shadows=params.shadows,
        data=ctx.attacker.data,
        methods=params.methods,
        units=ctx.units,
        seed=ctx.seed_for,
        data_key=ctx.data_key,
        attacker=Attacker(ctx.attacker.outputs, ctx.attacker.top_n, ctx.attacker.digits),
        copies=params.copies,
    )
    metrics = {name: _metrics(attack, name, params, ctx) for name in attack.scores}
    findings = [*metrics[attack.selected].values()]
    for name, found in metrics.items():
        findings += [finding.model_copy(update={"method": name}) for finding in found.values()]
    people = attack.facts["member_people"], attack.facts["non_member_people"]
    columns = groupings(members, non_members, inputs.roles.get("sensitive", ()), subject.task == "classification")
    group_rates, group_table = by_group(attack, columns, ctx.level, ctx.small_cell)
    findings += [
        *at_prior(metrics[attack.selected], params.prior, people[0]),
        *group_rates,
        _blind(members, non_members, attack.persons, subject.membership, ctx),
        Finding(
            id="membership.detectable_auc", value=detectable_auc(*people, ctx.level), unit="auc", n=sum(people),
            reason="computed from the number of people: the smallest AUC that this sample finds with 80 % power",
        ),
    ]  # fmt: skip
    result = StageResult(
        findings=findings,
        series=_curves(attack, params, ctx),
        tables={
            "selection": attack.selection,
            "groups": group_table,
            "exposed": most_exposed(
                attack.scores[attack.selected],
                attack.member,
                np.concatenate([members.position, non_members.position]),
                params.exposed,
                persons=attack.persons,
            ),
        },
        facts={**attack.facts, "copies": copies},
    )
    return StageOutput(
        result, {"scores": attack.scores[attack.selected], "member": attack.member, "persons": attack.persons}
    )


def _without_copies(members, others, small_cell: int):
    """The evaluation rows that equal no training row, and in words how many were left out."""
    import numpy as np

    from privnb.attacks.copies import copied_rows
    from privnb.attacks.membership import LEAST_RECORDS
    from privnb.errors import NotApplicable

    copied = copied_rows(members, others)
    kept = np.flatnonzero(~copied)
    if len(kept) < LEAST_RECORDS <= len(others):
        raise NotApplicable(
            f"all but {len(kept) if len(kept) >= small_cell else f'fewer than {small_cell}'} of {len(others)} "
            "evaluation rows are copies of training rows, so nobody is left who was certainly not in the training"
        )
    left_out = int(copied.sum())
    return others.take(kept), str(left_out) if left_out == 0 or left_out >= small_cell else f"fewer than {small_cell}"


def _blind(members, non_members, persons, membership: str, ctx: StageContext) -> Finding:
    """The blind baseline: a unit of its own, as it is the same for every variant."""
    from privnb.attacks.blind import blind_auc
    from privnb.units import Unit

    def compute(unit: Unit) -> dict:
        found = blind_auc(members, non_members, persons, unit.inputs["seed"], unit.inputs["level"])
        return {"estimate": list(found) if found else []}

    unit = Unit("blind", {"seed": ctx.seed_for("blind"), "level": ctx.level, "data": ctx.data_key})
    estimate = list(ctx.units.map(compute, [unit])[0]["estimate"])
    id = "membership.blind_auc"
    method = "without the model" if membership == "declared" else "without the model, on parts drawn at random"
    if not estimate:
        reason = "fewer than 30 people of a side remain when copies are left out"
        return Finding(id=id, method=method, status="not_resolvable", reason=reason)
    value, low, high, n = estimate
    return Finding(
        id=id, method=method, value=value, low=low, high=high, n=int(n), level=ctx.level, unit="auc",
        reason="how well members and non-members can be told apart without the model; .5 means not at all",
    )  # fmt: skip


def _metrics(attack, name: str, params: Parameters, ctx: StageContext) -> dict[str, Finding]:
    from privnb.attacks.metrics import membership_metrics

    return membership_metrics(
        attack.scores[name],
        attack.member,
        ctx.level,
        attack.persons,
        ctx.seed_for("bootstrap"),
        threshold=attack.thresholds[name],
        draws=params.draws,
    )


def _curves(attack, params: Parameters, ctx: StageContext) -> dict[str, dict[str, list[float]]]:
    """The selected attack's ROC with its band, and every attack's without."""
    from privnb.stats import roc_band, step_roc
    from privnb.stats.roc import thinned

    band = roc_band(
        attack.scores[attack.selected],
        attack.member,
        attack.persons,
        ctx.level,
        ctx.seed_for("bootstrap"),
        params.draws,
    )
    curves = {"roc": {name: getattr(band, name).tolist() for name in ("fpr", "tpr", "low", "high")}}
    for name, scores in attack.scores.items():
        fpr, tpr = thinned(*step_roc(scores, attack.member)[:2])
        curves[f"roc.{name}"] = {"fpr": fpr.tolist(), "tpr": tpr.tolist()}
    return curves
