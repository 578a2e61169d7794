"""The risk factors: what is known to make a model remember people, measured on each variant."""

from collections.abc import Iterator

from privnb.catalogue import QUESTIONS, fact
from privnb.figures.factors import factor_figure
from privnb.figures.style import to_svg
from privnb.report.parts import Drawn, Grid, Line, heads, joined
from privnb.report.record import Record
from privnb.shown import shown

TITLE = "Risk factors"
_GAP = "factors.overfitting_gap"


def section(record: Record, figures: Iterator[int]) -> dict:
    """Bars of the overfitting gap across variants, and a table of the factors of the release."""
    gaps = {v.id: f for v in record.results.variants if (f := record.finding(_GAP, v.id))}
    figure = None
    if gaps:
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
        figure = Drawn(svg, alt, caption, next(figures))
    return {
        "title": TITLE,
        "reading": "These correlate with leakage; they are no proof of it. The attacks are.",
        "figure": figure,
        "table": _table(record),
        "open": _open(record),
    }


def _table(record: Record) -> Grid:
    rows = []
    seen = dict.fromkeys(f.id for f in record.results.findings if f.id.startswith("factors."))
    for id in seen:
        found = record.finding(id, record.release)
        if found is None:
            continue
        text = shown(found, record.small_cell)
        rows.append(Line([_capital(text.metric), text.value, text.interval]))
    return Grid(heads(f"Factor, on {record.release}", "#Value", "~95% interval"), rows)


def _open(record: Record) -> str:
    names = [q.name for q in QUESTIONS if q.group == "factors" and not _known(record, q.fact)]
    lines = [f"Not measured in this run: {joined(names)}."] if names else []
    seen = dict.fromkeys(f.id for f in record.results.findings if f.id.startswith("factors."))
    lines += [
        f"{_capital(fact(id).metric)}: {record.why_not('factors', record.release, id)}."
        for id in seen
        if record.finding(id, record.release) is None
    ]
    return " ".join(lines)


def _known(record: Record, id: str) -> bool:
    return any(f.id == id for f in record.results.findings)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
