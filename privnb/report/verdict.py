"""The sentences of page 1, computed from gates and findings: verdict, plain number, what to do, what is not said."""

from dataclasses import dataclass
from types import SimpleNamespace

from privnb.catalogue import QUESTIONS, fact
from privnb.findings import Finding, GateVerdict
from privnb.gates import BLIND, judge
from privnb.report.parts import joined
from privnb.report.record import BROKEN, Record
from privnb.shown import clipped, decimal, in_hundred, interval_text, limit_text, number, shown

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Verdict:
    """The box at the top: `tone` is pass, fail, inconclusive or measured; `sentence` the verdict; `plain` a number."""

    tone: str
    sentence: str
    plain: str


def verdict(record: Record) -> Verdict:
    """The verdict on the release, and what the attack can do in words for everyone."""
    gates = record.results.gates
    own = [gate for gate in gates if gate.variant == record.release]
    other = [gate for gate in gates if gate.variant != record.release]
    name = "The model as trained" if record.release == "baseline" else f"The release, {record.release},"
    if not any(found.variant == record.release and found.value is not None for found in record.results.findings):
        return Verdict("inconclusive", f"{name} was not measured: no stage about it ended well.", plain_number(record))
    if not gates:
        return Verdict("measured", f"{name} was measured; no gates were set.", plain_number(record))
    if own:
        sentence, tone = _own(name, own)
    else:
        sentence, tone = f"{name} was measured; no gates were set for it.", "measured"
    missed = [gate for gate in other if gate.verdict != "pass"]
    if other:
        sentence += f" {_others(other, missed)}"
    if missed:
        tone = "inconclusive" if tone == "pass" else tone
    return Verdict(tone, sentence, plain_number(record))


def _others(gates: list[GateVerdict], missed: list[GateVerdict]) -> str:
    where = joined(dict.fromkeys(gate.variant for gate in missed or gates))
    if len(gates) == 1:
        return f"The gate on {where} {'is not passed' if missed else 'passes'}."
    if not missed:
        return f"The gates on {where} pass."
    number_ = len(missed)
    return f"{_word(number_).capitalize()} of {_many(len(gates), 'gate')} on {where} {_is(number_)} not passed."


def _own(name: str, gates: list[GateVerdict]) -> tuple[str, str]:
    total = _many(len(gates), "gate")
    counted = {kind: sum(g.verdict == kind for g in gates) for kind in ("fail", "inconclusive", "not_assessed")}
    if not any(counted.values()):
        whole = "its only gate" if len(gates) == 1 else "both its gates" if len(gates) == 2 else f"all {total}"
        return f"{name} passes {whole}.", "pass"
    open_parts = []
    if counted["inconclusive"]:
        open_parts.append(f"{_word(counted['inconclusive'])} {_is(counted['inconclusive'])} inconclusive")
    if counted["not_assessed"]:
        open_parts.append(f"{_word(counted['not_assessed'])} {_was(counted['not_assessed'])} not assessed")
    if len(gates) == 1:
        what = {"fail": "fails its only gate", "inconclusive": "does not pass: its only gate is inconclusive"}
        return f"{name} {what.get(gates[0].verdict, 'does not pass: its only gate was not assessed')}.", _tone(gates)
    if counted["fail"]:
        tail = f"; {' and '.join(open_parts)}" if open_parts else ""
        return f"{name} fails {_word(counted['fail'])} of {total}{tail}.", "fail"
    return f"{name} does not pass: of {total}, {' and '.join(open_parts)}.", "inconclusive"


def _tone(gates: list[GateVerdict]) -> str:
    return "fail" if any(gate.verdict == "fail" for gate in gates) else "inconclusive"


def plain_number(record: Record) -> str:
    """People picked out of a hundred at the 1 % false alarm rate against blind guessing, or why that cannot be said."""
    auc = record.finding("membership.auc", record.release)
    tpr = record.finding("membership.tpr_at_fpr_1pct", record.release)
    if auc is None and tpr is None:
        return f"Whether people can be recognised as training data was not assessed: {clipped(_why(record), 160)}."
    blind = record.finding("membership.blind_auc", record.release)
    shift = blind is not None and blind.low is not None and blind.low > 0.5
    text = _picked_out(record, tpr, auc)
    if shift and blind.method == BLIND:
        text += " Members and non-members can be told apart without the model, so it says little about the model."
    return text


def _picked_out(record: Record, tpr: Finding | None, auc: Finding | None) -> str:
    detectable = record.finding("membership.detectable_auc", record.release)
    least = (
        f" The smallest leak this test could see is an attack AUC of {decimal(detectable.value, 3)}."
        if detectable
        else ""
    )
    if tpr is None:
        seen = auc.low is not None and auc.low > 0.5
        what = shown(auc, record.small_cell)
        head = (
            "An attacker does better than guessing"
            if seen
            else "No evidence found that an attacker does better than guessing"
        )
        return f"{head}: attack AUC {what.value} ({what.interval}), guessing 0.5.{'' if seen else least}"
    low, high = (tpr.value, tpr.value) if tpr.low is None else (tpr.low, tpr.high)
    numbers = f"{in_hundred(tpr.value)} in 100 training people ({decimal(100 * low, 1)} to {decimal(100 * high, 1)})"
    if low > 0.01:
        return f"At a false alarm rate of 1%, an attacker picks out {numbers}. Blind guessing picks out 1."
    text = f"At a false alarm rate of 1%, the attack picks out {numbers} and blind guessing 1"
    if auc is not None and auc.low is not None and auc.low > 0.5:
        what = shown(auc)
        better = f"An attacker does better than guessing: attack AUC {what.value} ({what.interval}), guessing 0.5."
        why = ", with too few other people to bound that rate from below" if "too few" in tpr.reason else ""
        return f"{better} {text}{why}."
    return f"{text}: no evidence found that people can be picked out.{least}"


def what_to_do(record: Record) -> list[str]:
    """At most five steps that follow from the results, the most pressing first."""
    own = [gate for gate in record.results.gates if gate.variant == record.release]
    missed = [gate for gate in own if gate.verdict != "pass"]
    steps = []
    failed = [gate for gate in own if gate.verdict == "fail"]
    if failed:
        what = "; ".join(_beyond(gate, record.small_cell) for gate in failed[:3])
        steps.append(f"Do not release {_called(record.release)} under these limits: {what}.")
    attacker = record.results.spec.get("threat_model") or {}
    if attacker.get("release") == "open-weights" and attacker.get("access") != "white-box":
        steps.insert(0, "Do not release open weights on this sheet: nobody has looked at the model from inside here.")
    steps += _alternatives(record, missed)
    open_gates = [gate for gate in own if gate.verdict == "inconclusive"]
    if open_gates:
        names = ", ".join(dict.fromkeys(fact(g.metric, g.unit).metric for g in open_gates))
        steps.append(f"Test on more people: the limit lies inside the interval of {names}.")
    unknown: dict[str, list[str]] = {}
    for gate in own:
        if gate.verdict == "not_assessed":
            unknown.setdefault(gate.reason, []).append(fact(gate.metric, gate.unit).metric)
    for reason, names in list(unknown.items())[:2]:
        steps.append(f"Before a decision, have {joined(names)} assessed ({clipped(reason, 90)}).")
    gap = record.finding("factors.overfitting_gap", record.release)
    if gap is not None and gap.low is not None and gap.low > 0.02 and failed:
        steps.append(f"Reduce overfitting, the risk factor seen here: the gap is {shown(gap).value}.")
    broken = [s for s in record.results.stages if s.status in BROKEN]
    if broken:
        names = ", ".join(dict.fromkeys(f"{s.stage} on {s.variant}" if s.variant else s.stage for s in broken))
        steps.append(f"Repeat what did not end: {names}.")
    if not record.results.gates:
        steps.append("Set gates in the spec before the numbers are known, so that a verdict can be given.")
    if (not own or not missed) and not broken:
        steps.append(
            f"Keep this sheet with {_called(record.release)}: it holds for this model, these data, this attacker."
        )
    steps.append("Run it again after every retraining and whenever attacks improve.")
    return steps[:5]


def _alternatives(record: Record, missed: list[GateVerdict]) -> list[str]:
    """Other variants that pass every gate the release misses; picking the best of several needs a fresh run."""
    if not missed:
        return []
    controls = {v.id for v in record.results.variants if v.control_of}
    better = []
    for variant in record.results.variants:
        if variant.id in controls or variant.id == record.release:
            continue
        gates = [_gate(g, variant.id) for g in record.results.gates if g.variant == record.release]
        again = judge(gates, record.results.findings, variant.id, record.results.stages)
        if all(g.verdict == "pass" for g in again):
            better.append(variant.id)
    if not better and (len(record.results.variants) == 1 or all(g.verdict == "not_assessed" for g in missed)):
        return []
    if not better:
        return [
            "No variant tested here passes all of these gates: try stronger mitigations or state why a limit may move."
        ]
    names = " and ".join(better)
    verb = "passes" if len(better) == 1 else "pass"
    return [
        f"Consider {names}, which {verb} all of these gates; confirm with a new seed: the best of several flatters."
    ]


def _gate(gate: GateVerdict, variant: str) -> SimpleNamespace:
    limits = {"max": gate.limit if gate.kind == "max" else None, "min": gate.limit if gate.kind == "min" else None}
    return SimpleNamespace(metric=gate.metric, use=gate.use, on=(variant,), **limits)


def not_said(record: Record) -> list[str]:
    """What this sheet does not say, always on page 1."""
    attacks = [asked for asked in QUESTIONS if asked.group == "attacks"]
    untested = [a.name for a in attacks if not any(_answers(record, f, a.stage) for f in record.results.findings)]
    lines = [
        "It draws no legal conclusion; it holds measurements for those who decide.",
        "A passed gate is about the attacks run, with this attacker’s knowledge. Stronger attacks may exist.",
        "Intervals cover the choice of people tested, not a new training run.",
    ]
    if untested:
        lines.insert(2, f"Nothing is known from this run about {joined(untested)}.")
    if any(f.status == "inherited" for f in record.results.findings):
        lines.append("Inherited findings were not tested on this variant.")
    return lines


def _answers(record: Record, found: Finding, stage: str) -> bool:
    return found.id.startswith(f"{stage}.") and found.value is not None and found.variant in (record.release, None)


def _why(record: Record) -> str:
    return record.why_not("membership", record.release, "membership.auc")


def _beyond(gate: GateVerdict, small_cell: int) -> str:
    how = fact(gate.metric, gate.unit)
    value = number(how, gate.value, gate.unit, small_cell)
    ends = "" if gate.low is None else f" ({interval_text(how, gate.low, gate.high, gate.unit, small_cell)})"
    return f"{how.metric} {value}{ends}, limit {limit_text(how, gate.limit, gate.kind, gate.unit)}"


def _called(release: str) -> str:
    return "the model as trained" if release == "baseline" else release


def _word(number_: int) -> str:
    return _SMALL[number_] if number_ < len(_SMALL) else str(number_)


def _many(number_: int, noun: str) -> str:
    return f"{_word(number_)} {noun}{'' if number_ == 1 else 's'}"


def _is(number_: int) -> str:
    return "is" if number_ == 1 else "are"


def _was(number_: int) -> str:
    return "was" if number_ == 1 else "were"
