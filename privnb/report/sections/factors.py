"""The risk factors: what is known to make a model remember people, each with the rule of its verdict."""

from collections.abc import Iterator

from privnb.catalogue import QUESTIONS, fact
from privnb.factors.verdicts import CONVENTION
from privnb.figures.factors import factor_figure, whatif_figure
from privnb.figures.style import to_svg
from privnb.findings import Finding
from privnb.report.parts import Drawn, Grid, Item, Line, heads, joined
from privnb.report.record import Record
from privnb.report.sections.generic import cell
from privnb.shown import NONE, shown

TITLE = "Risk factors"
_GAP = "factors.overfitting_gap"
_TOP = 5  # features listed for sensitivity and influence; results.json holds all of them


def section(record: Record, figures: Iterator[int]) -> dict:
    """The overfitting gap across variants, and of the release: factors with verdicts, features, classes, what-ifs."""
    return {
        "title": TITLE,
        "reading": "These correlate with leakage; they are no proof of it. The attacks are. A verdict says on which "
        "side of a printed rule a value lies: raised, not raised, or undecided where the limit is inside the interval.",
        "figure": _gaps(record, figures),
        "table": _table(record),
        "sources": _sources(record),
        "basis": _basis(record),
        "open": _open(record),
        "features": [grid for name in ("sensitivity", "influence") if (grid := _features(record, name))],
        "more": [grid for name in ("classes", "augmentation") if (grid := _side(record, name))],
        "whatif": _whatif(record, figures),
    }


def _gaps(record: Record, figures: Iterator[int]) -> Drawn | None:
    gaps = {v.id: f for v in record.results.variants if (f := record.finding(_GAP, v.id))}
    if not gaps:
        return None
    worst = max(gaps, key=lambda name: gaps[name].value)
    text = {name: shown(f).value for name, f in gaps.items()}
    svg = to_svg(
        factor_figure(
            gaps,
            record.looks,
            title="training minus evaluation score",
            text=lambda f: shown(f).value,
            strong=record.release,
        )
    )
    caption = f"Overfitting with its interval: largest for {worst}, {text[worst]}."
    alt = "Overfitting gap. " + ", ".join(f"{name} {value}" for name, value in text.items()) + "."
    return Drawn(svg, alt, caption, next(figures))


def _table(record: Record) -> Grid:
    rules = {(row[0], row[1]): row[2:4] for row in _rows(record, "verdicts")}
    rows = []
    for found in _measured(record):
        text = shown(found, record.small_cell)
        verdict, rule = rules.get((found.id, found.group), (NONE, ""))
        rows.append(Line([_name(found), text.value, text.interval, verdict, rule]))
    titles = (f"Factor, on {record.release}", "#Value", "~95% interval", "Verdict", "Its rule")
    judged = any(row.cells[3] != NONE for row in rows)
    if not judged:  # a run of an earlier version of privnb
        rows, titles = [Line(row.cells[:3]) for row in rows], titles[:3]
    return Grid(heads(*titles), rows)


def _sources(record: Record) -> str:
    """Where the limits of the rules come from: those of a publication by name, the rest as conventions."""
    rows = _rows(record, "verdicts")
    named = {row[4]: fact(row[0]).metric for row in rows if row[4] != CONVENTION}
    if not rows:
        return ""
    told = "; ".join(f"{metric}: {source}" for source, metric in named.items())
    return "Limits are conventions of privnb, as no publication says where a risk begins" + (
        f", but for {told}." if told else "."
    )


def _measured(record: Record) -> list[Finding]:
    """The release's factors with a value: the plain finding of each id first, then those of its groups."""
    seen = dict.fromkeys(f.id for f in record.results.findings if f.id.startswith("factors."))
    found = []
    for id in seen:
        plain = record.finding(id, record.release)
        groups = [
            f
            for f in record.results.findings
            if (f.id, f.variant, f.method) == (id, record.release, None) and f.group and f.value is not None
        ]
        found += ([plain] if plain else []) + (groups if len(groups) > 1 else [])
    return found


def _basis(record: Record) -> list[Item]:
    """On whom, and with what simulated or declared, the values that have an interval were measured."""
    return [Item(_name(f), f.reason) for f in _measured(record) if f.low is not None and f.reason and not f.group]


def _open(record: Record) -> str:
    names = [q.name for q in QUESTIONS if q.group == "factors" and not _known(record, q.fact)]
    lines = [f"Not measured in this run: {joined(names)}."] if names else []
    seen = dict.fromkeys(f.id for f in record.results.findings if f.id.startswith("factors."))
    lines += [
        f"{_capital(fact(id).metric)}: {record.why_not('factors', record.release, id)}."
        for id in seen
        if record.finding(id, record.release) is None
    ]
    lines += [
        f"{_name(f)}: {f.reason}."
        for f in record.results.findings
        if f.id.startswith("factors.") and f.variant == record.release and f.group and f.value is None
    ]
    return " ".join(lines)


def _features(record: Record, name: str) -> Grid | None:
    """The features with the largest values, of sensitivity or influence."""
    rows = _rows(record, name)
    if not rows:
        return None
    id = f"factors.{name}"
    unit = next((f.unit for f in record.results.findings if (f.id, f.variant) == (id, record.release)), "")
    lines = []
    for row in rows[:_TOP]:
        value, low, high = row[-4:-1] if name == "sensitivity" else row[-3:]
        what = f"{row[0]}, {row[1]}" if name == "sensitivity" else row[0]
        text = shown(Finding(id=id, value=value, low=low, high=high, unit=unit))
        lines.append(Line([what, text.value, text.interval]))
    title = "Feature changed, answers that move" if name == "sensitivity" else "Feature shuffled, what is lost"
    first, _, second = title.partition(", ")
    more = f", the first {_TOP} of {len(rows)}" if len(rows) > _TOP else ""
    return Grid(heads(first + more, f"#{_capital(second)}", "~95% interval"), lines)


def _side(record: Record, name: str) -> Grid | None:
    table = record.results.tables.get(f"factors/{record.release}/{name}")
    if table is None:
        return None
    lines = [Line([cell(value) for value in row]) for row in table.rows]
    return Grid(heads(table.columns[0], *(f"#{column}" for column in table.columns[1:])), lines, table.title)


def _whatif(record: Record, figures: Iterator[int]) -> Drawn | None:
    curves = {
        key.removeprefix("whatif."): curve
        for key, curve in record.series("factors", record.release).items()
        if key.startswith("whatif.") and len(curve["x"]) > 1
    }
    if not curves:
        return None
    gap = record.finding(_GAP, record.release)
    svg = to_svg(whatif_figure(curves, regression=gap is not None and gap.unit == "R2"))
    rows = record.facts("factors", record.release).get("whatif_rows", 0)
    words = ", ".join(name.replace("_", " ") for name in curves)
    caption = f"What if: overfitting against {words}; each point is one training on at most {cell(rows)} rows."
    alt = "Overfitting gap by " + "; by ".join(
        f"{name}: " + ", ".join(f"{x:g} gives {gap:.3f}" for x, gap in zip(curve["x"], curve["gap"]))
        for name, curve in curves.items()
    )
    return Drawn(svg, alt + ".", caption, next(figures))


def _rows(record: Record, name: str) -> list[list]:
    table = record.results.tables.get(f"factors/{record.release}/{name}")
    return table.rows if table else []


def _name(found: Finding) -> str:
    return _capital(fact(found.id).metric) + (f", {found.group}" if found.group else "")


def _known(record: Record, id: str) -> bool:
    return any(f.id == id for f in record.results.findings)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
