"""The question table of page 1: a walk over the catalogue, so that nothing can be silently absent."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from privnb.catalogue import FACTS, GROUPS, QUESTIONS, Question, fact, question_of
from privnb.figures.bullet import bullet_of, bullet_svg
from privnb.findings import Finding, GateVerdict
from privnb.gates import finding_for
from privnb.report.record import Record
from privnb.shown import NONE, clipped, interval_text, limit_text, number, shown

WORDS = {
    "pass": "passes",
    "fail": "fails",
    "inconclusive": "inconclusive",
    "measured": "measured",
    "not_assessed": "not assessed",
}
_LONG = 120  # characters of a reason on page 1: two lines
_ORDER = {how.id: place for place, how in enumerate(FACTS)}


@dataclass(frozen=True)
class Row:
    """One line of the question table; `question` is empty where it is the same as the line above.

    `tag` names a variant other than the release; a row that is not assessed has a `reason` in the place of numbers.
    """

    question: str
    metric: str
    verdict: str
    tag: str = ""
    measured: str = NONE
    interval: str = NONE
    gate: str = ""
    bar: str = ""
    bar_alt: str = ""
    reason: str = ""

    @property
    def lines(self) -> int:
        """How many lines it takes: a question with its metric beneath takes two."""
        return 2 if self.question and (self.gate or (self.metric and self.measured != NONE)) else 1

    @property
    def word(self) -> str:
        """The verdict in words."""
        return WORDS[self.verdict]


@dataclass(frozen=True)
class RowGroup:
    """The rows under one heading."""

    title: str
    rows: list[Row]


def question_table(record: Record) -> list[RowGroup]:
    """All groups of the catalogue but the techniques, and last what third parties or other stages brought."""
    groups = []
    for group, title in GROUPS.items():
        if group == "techniques":
            continue
        rows = [row for asked in QUESTIONS if asked.group == group for row in _rows(record, asked)]
        if group == "factors":
            rows = _gathered(rows)
        groups.append(RowGroup(title, _quiet(rows)))
    other = [_gate_row(record, gate) for gate in record.results.gates if _elsewhere(gate)] + _third_parties(record)
    return groups + ([RowGroup("Other", _quiet(other))] if other else [])


def techniques(record: Record) -> list[tuple[str, str]]:
    """What was done with each technique: applied (to which variants), without result, or why not."""
    lines: dict[str, list[str]] = {}
    for asked in QUESTIONS:
        if asked.group != "techniques":
            continue
        behind = record.stages(asked.stage)
        applied = [s.variant for s in behind if s.status in ("ok", "inherited") and s.variant]
        applied += [v.id for v in record.results.variants if v.kind == asked.stage and not behind]
        if applied:
            lines.setdefault("Applied", []).append(f"{asked.name} ({', '.join(dict.fromkeys(applied))})")
        broken = [s for s in behind if s.status not in ("ok", "inherited")]
        for status in broken:
            lines.setdefault("Without result", []).append(f"{asked.name} ({status.variant or 'table'})")
        if not applied and not broken:
            why = record.why_not(asked.stage, record.release)
            lines.setdefault(why[0].upper() + why[1:], []).append(asked.name)
    return [(what, ", ".join(names)) for what, names in lines.items()]


def _rows(record: Record, asked: Question) -> list[Row]:
    gates = [gate for gate in record.results.gates if not _elsewhere(gate) and question_of(gate.metric) is asked]
    gates.sort(key=lambda gate: (_ORDER.get(gate.metric, len(_ORDER)), gate.variant != record.release))
    rows = [_gate_row(record, gate) for gate in gates]
    judged = {gate.metric for gate in gates if gate.variant == record.release}
    primary = _first(record, asked)
    if primary is None:
        if judged:
            return rows
        return [_open_row(record, asked), *rows]
    found = [primary, *(finding_for(id, record.release, record.results.findings) for id in asked.more)]
    own = [_found_row(record, f) for f in found if f is not None and f.id not in judged]
    return rows + own if judged else own + rows


def _first(record: Record, asked: Question) -> Finding | None:
    for pattern in asked.fact.split("|"):
        for id in dict.fromkeys(f.id for f in record.results.findings if fnmatchcase(f.id, pattern)):
            found = record.finding(id, record.release)
            if found is not None:
                return found
    return None


def _gate_row(record: Record, gate: GateVerdict) -> Row:
    how = fact(gate.metric, gate.unit)
    row = {
        "question": how.question,
        "metric": how.metric,
        "verdict": gate.verdict,
        "tag": "" if gate.variant == record.release else gate.variant,
        "gate": limit_text(how, gate.limit, gate.kind, gate.unit),
    }
    if gate.verdict == "not_assessed":
        return Row(**row, reason=clipped(gate.reason, _LONG))
    return Row(**row, **_numbers(record, gate.metric, gate.value, gate.low, gate.high, gate.unit, gate))


def _found_row(record: Record, found: Finding) -> Row:
    if found.value is None:
        how = fact(found.id, found.unit)
        return Row(how.question, how.metric, "not_assessed", reason=clipped(found.reason, _LONG))
    text = shown(found, record.small_cell)
    tested = "" if found.status == "ok" else " (inherited, not tested)"
    numbers = _numbers(record, found.id, found.value, found.low, found.high, found.unit)
    return Row(text.question, text.metric + tested, "measured", **numbers)


def _numbers(record: Record, id: str, value, low, high, unit: str, gate: GateVerdict | None = None) -> dict[str, str]:
    how = fact(id, unit)
    measured = number(how, value, unit, record.small_cell)
    interval = NONE if low is None else interval_text(how, low, high, unit, record.small_cell)
    texts = {"measured": measured, "interval": interval}
    if gate is None or how.ends is None or not how.ends[0] <= gate.limit <= how.ends[1]:
        return texts  # a bar says where a value falls beside its gate; without one it would say nothing
    parts = [
        measured,
        "" if low is None else f"interval {interval}",
        f"gate {limit_text(how, gate.limit, gate.kind, unit)}",
    ]
    bar = bullet_of(value, low, high, how.ends, gate.limit, gate.verdict)
    return texts | {"bar": bullet_svg(bar), "bar_alt": ", ".join(part for part in parts if part)}


def _open_row(record: Record, asked: Question) -> Row:
    id = asked.fact.split("|")[0]
    reason = record.why_not(asked.stage, record.release, None if "*" in id else id)
    return Row(asked.question, asked.name, "not_assessed", reason=clipped(reason, _LONG))


def _gathered(rows: list[Row]) -> list[Row]:
    """Risk factors without gate and interval share one row, those not assessed for the same reason another."""
    kept, plain, open_rows = [], [], {}
    for row in rows:
        if row.verdict == "not_assessed" and not row.gate:
            open_rows.setdefault(row.reason, []).append(row.metric)
        elif row.gate or row.interval != NONE:
            kept.append(row)
        else:
            name = row.metric[:-2] if row.measured == "1" and row.metric.endswith("es") else row.metric
            plain.append(f"{row.measured} {name}")
    if plain:
        kept.append(Row("What it was trained on", ", ".join(plain), "measured"))
    for reason, names in open_rows.items():
        kept.append(Row(_listed(names), "", "not_assessed", reason=reason))
    return kept


def _listed(names: list[str]) -> str:
    text = ", ".join(names)
    return text[:1].upper() + text[1:]


def _quiet(rows: list[Row]) -> list[Row]:
    """The same rows, a question not repeated directly below itself."""
    quiet, before = [], ""
    for row in rows:
        quiet.append(row if row.question != before else Row(**(vars(row) | {"question": ""})))
        before = row.question
    return quiet


def _elsewhere(gate: GateVerdict) -> bool:
    asked = question_of(gate.metric)
    return asked is None or asked.group == "techniques"


def _third_parties(record: Record) -> list[Row]:
    known = {asked.stage for asked in QUESTIONS} | {"subject", "comparison"}
    rows = []
    for stage in dict.fromkeys(s.stage for s in record.results.stages if s.stage not in known):
        if any(gate.metric.startswith(f"{stage}.") for gate in record.results.gates):
            continue
        mine = [
            f for f in record.results.findings if f.id.startswith(f"{stage}.") and f.method is None and f.group is None
        ]
        here = [f for f in mine if f.value is not None and f.variant in (record.release, None)]
        name = stage.replace("_", " ")
        if here:
            rows.append(_found_row(record, here[0]))
        else:
            rows.append(
                Row(
                    f"{name.capitalize()}?",
                    name,
                    "not_assessed",
                    reason=clipped(record.why_not(stage, record.release), _LONG),
                )
            )
    return rows
