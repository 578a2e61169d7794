"""Checks of the gates: each metric is one that a requested stage finds, each variant exists."""

from privnb.spec import later
from privnb.spec.check_variants import check_variant_name, mitigation_ids
from privnb.spec.draft import Draft
from privnb.spec.nearest import did_you_mean


def check_gates(draft: Draft) -> None:
    """A gate on something that nothing measures is a mistake, never a silent pass."""
    ids = mitigation_ids(draft)
    kinds = {kind for m in draft.get("mitigations", kind=list) or [] if isinstance(m, dict) for kind in m}
    for place, gate in enumerate(draft.get("gates", kind=list) or []):
        if not isinstance(gate, dict):
            continue
        metric = gate.get("metric")
        if isinstance(metric, str) and metric:
            _metric(draft, ("gates", place, "metric"), metric, kinds)
        for number, name in enumerate(gate["on"] if isinstance(gate.get("on"), list) else []):
            if isinstance(name, str):
                check_variant_name(draft, ("gates", place, "on", number), name, ids)


def _metric(draft: Draft, path: tuple, metric: str, kinds: set[str]) -> None:
    stage = metric.partition(".")[0]
    if not any(matches(metric, fact) for fact in draft.facts):
        if stage in (later.ASSESSMENTS | later.MITIGATIONS) - set(draft.assessments) - set(draft.mitigations):
            draft.at_value(path, f"gates: {metric} comes from {stage}, which is {later.YET}")
            return
        draft.at_value(path, f"gates: no stage finds '{metric}'{_near(metric, draft)}")
        return
    requested = draft.get("assess", kind=dict)
    if stage in draft.assessments and draft.always is not None and requested is not None:
        if stage not in requested and stage not in draft.always:
            draft.at_value(path, f"gates: {metric} needs {stage}, which is not assessed; add '{stage}: {{}}' to assess")
    elif stage in draft.mitigations and stage not in kinds:
        draft.at_value(path, f"gates: {metric} needs a mitigation by {stage}, and this spec has none")


def matches(metric: str, pattern: str) -> bool:
    """Whether a finding's id is one of the pattern's, where `*` stands for one word."""
    words, parts = metric.split("."), pattern.split(".")
    return len(words) == len(parts) and all(part in ("*", word) for word, part in zip(words, parts))


def _near(metric: str, draft: Draft) -> str:
    """The near metric, or all of its stage, or the stages there are."""
    words = metric.split(".")
    facts = []
    for fact in draft.facts:
        parts = fact.split(".")
        same_length = len(parts) == len(words)
        facts.append(
            ".".join(w if same_length and p == "*" else p for p, w in zip(parts, words)) if same_length else fact
        )
    near = did_you_mean(metric, facts)
    if near:
        return near
    same_stage = sorted(fact for fact in draft.facts if fact.partition(".")[0] == words[0])
    if same_stage:
        ends = did_you_mean(words[-1], [fact.rpartition(".")[2] for fact in same_stage])
        return ends if ends else f"; {words[0]} finds {', '.join(same_stage)}"
    stages = sorted({fact.partition(".")[0] for fact in draft.facts})
    return f"; stages are {', '.join(stages)}" if stages else ""
