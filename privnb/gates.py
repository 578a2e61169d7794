"""Gates: whether what was measured keeps within the limits that the spec set."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from privnb.findings import Finding, GateVerdict, StageStatus

BROKEN = frozenset({"failed", "died", "timed_out"})
_ABOUT_THE_TEST = frozenset({"membership.blind_auc", "membership.detectable_auc"})


class Gate(Protocol):
    """What the spec says about one gate: exactly one of `max` and `min`; `on` lists variants (None: the release)."""

    metric: str
    max: float | None
    min: float | None
    use: Literal["upper", "lower", "value"]
    on: Sequence[str] | None


BLIND = "without the model"  # method of a blind baseline on sides that somebody declared


def judge(
    gates: Iterable[Gate], findings: Sequence[Finding], release: str, stages: Sequence[StageStatus] = ()
) -> list[GateVerdict]:
    """One verdict for each gate and variant, in the order of the spec.

    An interval on the allowed side of the limit passes, one wholly beyond it fails, one that the limit cuts is
    inconclusive; an exact value is compared itself. Without a usable finding the gate is not assessed, with the reason
    of the finding or of its stage. A membership gate is not assessed either when members and non-members can be told
    apart without the model: the lower end of the blind baseline's interval lies above one half.
    """
    return [
        _verdict(gate, variant, findings, stages) for gate in gates for variant in (gate.on if gate.on else (release,))
    ]


def exit_code(verdicts: Iterable[GateVerdict], stages: Iterable[StageStatus]) -> Literal[0, 1, 3]:
    """What the command line returns: 3 when a stage broke or a gate was not assessed, else 1 when one is not passed."""
    verdicts = [verdict.verdict for verdict in verdicts]
    if "not_assessed" in verdicts or any(stage.status in BROKEN for stage in stages):
        return 3
    return 1 if {"fail", "inconclusive"} & set(verdicts) else 0


def finding_for(id: str, variant: str | None, findings: Sequence[Finding]) -> Finding | None:
    """The finding of that id on a variant, else the one about the table or the whole subject.

    One without method goes first (the attack selected on shadow models). A finding that was made in one way only counts
    too, under whatever method it names (`against <control>`, `rows of unknown membership`).
    """
    every = [f for f in findings if f.id == id and f.group is None]
    shared = id.startswith("subject.")
    for places in ((variant,), (None,), tuple({f.variant for f in every}) if shared else ()):
        here = [f for f in every if f.variant in places]
        plain = [f for f in here if f.method is None]
        if plain or len(here) == 1:
            return (plain or here)[0]
    return None


def unresolvable(variant: str, findings: Sequence[Finding]) -> str:
    """Why no membership gate can be judged on this variant, or the empty string (protocol: shift).

    On parts that the run itself drew at random a blind baseline above one half is chance, and stops nothing.
    """
    blind = finding_for("membership.blind_auc", variant, findings)
    if blind is None or blind.method != BLIND or blind.low is None or blind.low <= 0.5:
        return ""
    return (
        "not resolvable: members and non-members can be told apart without the model "
        f"(AUC {blind.value:.3f}, {blind.level:.0%} interval from {blind.low:.3f})"
    )


def _verdict(gate: Gate, variant: str, findings: Sequence[Finding], stages: Sequence[StageStatus]) -> GateVerdict:
    kind = "max" if gate.max is not None else "min"
    limit = gate.max if gate.max is not None else gate.min
    common = {"metric": gate.metric, "variant": variant, "limit": limit, "kind": kind, "use": gate.use}
    found = finding_for(gate.metric, variant, findings)
    if found is None or found.status not in ("ok", "inherited") or found.value is None:
        reason = found.reason if found is not None and found.reason else _reason(gate.metric, variant, stages)
        return GateVerdict(**common, verdict="not_assessed", reason=reason)
    measured = {"value": found.value, "low": found.low, "high": found.high, "unit": found.unit}
    shift = unresolvable(variant, findings)
    if shift and gate.metric.startswith("membership.") and gate.metric not in _ABOUT_THE_TEST:
        return GateVerdict(**common, **measured, verdict="not_assessed", reason=shift)
    return GateVerdict(**common, **measured, **_compare(found, limit, kind))


def _compare(found: Finding, limit: float, kind: str) -> dict[str, str]:
    exact = found.low is None or found.high is None
    low, high = (found.value, found.value) if exact else (found.low, found.high)
    worst, best = (high, low) if kind == "max" else (-low, -high)
    bound = limit if kind == "max" else -limit
    what = "the value lies" if exact else f"the whole {found.level:.0%} interval lies"
    if worst <= bound:
        return {"verdict": "pass", "reason": f"{what} within the limit"}
    if best > bound:
        return {"verdict": "fail", "reason": f"{what} beyond the limit"}
    return {"verdict": "inconclusive", "reason": f"the limit lies inside the {found.level:.0%} interval"}


def _reason(metric: str, variant: str, stages: Sequence[StageStatus]) -> str:
    """What the stage behind `metric` says about itself, for a finding that is not there."""
    name = metric.partition(".")[0]
    behind = [s for s in stages if s.stage == name and s.variant in (variant, None)]
    if not behind:
        return f"the stage {name} was not part of this run"
    stage = behind[0]
    if stage.status == "ok":
        return f"the stage {name} ended without finding {metric}"
    words = {
        "failed": "failed", "died": "was killed", "timed_out": "ran out of time", "cancelled": "was cancelled",
        "skipped": "was skipped", "pending": "has not run", "not_requested": "was not requested",
        "not_applicable": "does not apply", "not_resolvable": "cannot be resolved", "inherited": "was inherited",
    }[stage.status]  # fmt: skip
    return f"the stage {name} {words}" + (f": {stage.reason}" if stage.reason else "")
