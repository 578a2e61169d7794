"""Attribute inference: what the model, and being in its training, tells of each sensitive column."""

from collections.abc import Iterator

from privnb.figures.factors import factor_figure
from privnb.figures.style import to_svg
from privnb.findings import Finding
from privnb.report.parts import Drawn, Grid, Line, heads
from privnb.report.record import Record
from privnb.report.sections.generic import cell
from privnb.shown import NONE, count, decimal, shown

TITLE = "Attribute inference"
_GAIN, _GAP = "inference_gain", "member_gap"
_COLUMNS = (
    (_GAIN, "Gain over the guess without the model"),
    (_GAP, "Members minus non-members"),
    ("baseline", "Guess without the model"),
    ("attack", "Guess with the model"),
)


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, a figure and tables of the release by way of attack and by value, and all variants by column."""
    names = _names(record)
    variants = [v.id for v in record.results.variants if any(_found(record, name, _GAIN, v.id) for name in names)]
    on = record.release if record.release in variants else next(iter(variants), None)
    tables = [_by_column(record, names, variants), *_ways(record, on), _by_value(record, on)]
    return {
        "title": TITLE,
        "reading": _reading(record, on),
        "figure": _figure(record, names, on, figures),
        "tables": [table for table in tables if table is not None and table.rows],
        "note": _note(record, names, on),
    }


def _names(record: Record) -> list[str]:
    """The columns, as finding ids write them, in the order in which they were found."""
    return list(
        dict.fromkeys(
            f.id.split(".")[1]
            for f in record.results.findings
            if f.id.startswith("attribute.") and f.id.count(".") == 2
        )
    )


def _found(record: Record, name: str, fact: str, variant: str | None) -> Finding | None:
    return record.finding(f"attribute.{name}.{fact}", variant) if variant else None


def _by_column(record: Record, names: list[str], variants: list[str]) -> Grid:
    rows = []
    for variant in variants:
        for name in names:
            cells = [record.shown(f"attribute.{name}.{fact}", variant) or NONE for fact, _ in _COLUMNS]
            if any(text != NONE for text in cells):
                rows.append(Line([variant, name, *cells], variant, variant == record.release))
    return Grid(heads("Variant", "Column", *(f"={title}" for _, title in _COLUMNS)), rows)


def _ways(record: Record, on: str | None) -> list[Grid]:
    head = f"attribute/{on}/ways."
    grids = []
    for key, table in record.results.tables.items():
        if on is None or not key.startswith(head):
            continue
        lines = [Line([cell(row[0]), *(decimal(value, 3) for value in row[1:])]) for row in table.rows]
        grids.append(Grid(heads(table.columns[0], *(f"#{c}" for c in table.columns[1:])), lines, table.title))
    return grids


def _by_value(record: Record, on: str | None) -> Grid | None:
    """Gain and gap for each value that enough people hold, on the release."""
    groups: dict[str, dict[str, Finding]] = {}
    for f in record.results.findings:
        if f.id.startswith("attribute.") and f.variant == on and f.group and f.method is None and f.value is not None:
            groups.setdefault(f.group, {})[f.id.rpartition(".")[2]] = f
    rows = [
        Line([group, *(shown(found[fact]) if fact in found else NONE for fact in (_GAIN, _GAP))])
        for group, found in groups.items()
    ]
    return Grid(heads("Value", "=Gain", "=Members minus non-members"), rows, f"Value by value, on {on}")


def _reading(record: Record, on: str | None) -> str:
    if on is None:
        return "No variant has a figure of attribute inference."
    facts = record.facts("attribute", on)
    known = facts.get("known_rows")
    taught = f"{count(known)} complete rows of other people" if known else "the other people's records"
    return (
        "The attacker knows all of a record but one column, and the true label, and asks the model which value fits: "
        f"it sees {facts.get('sees', 'the model’s answers')}. The gain is held against the best guess without the "
        f"model, learnt from {taught}. What that guess alone finds is a risk of the data, which no change of the model "
        "lowers; "
        "what training leaked is the difference between training people and others."
    )


def _figure(record: Record, names: list[str], on: str | None, figures: Iterator[int]) -> Drawn | None:
    words = {_GAIN: "gain", _GAP: "gap"}
    found = {
        f"{name}, {word}": f
        for name in names
        for fact, word in words.items()
        if (f := _found(record, name, fact, on)) and f.unit == "proportion"
    }
    if not found:
        return None
    svg = to_svg(factor_figure(found, title="points of balanced accuracy", text=lambda f: shown(f).value, width_mm=120))
    alt = "; ".join(f"{name} {shown(f).value} ({shown(f).interval})" for name, f in found.items())
    caption = f"Gain over the guess without the model, and its gap between members and others, on {on}."
    return Drawn(svg, alt + ".", caption, next(figures))


def _note(record: Record, names: list[str], on: str | None) -> str:
    lines = []
    for name in names:
        own = [f for f in record.results.findings if f.id == f"attribute.{name}.{_GAIN}" and f.variant == on]
        lines += [f"{name}: {f.reason}" for f in own if f.value is None and f.group is None and f.method is None]
    lines.append(
        "where the record's own released answer is known as well (prediction), its value often follows from the answer "
        "for members and others alike"
    )
    return " ".join(line[:1].upper() + line[1:] + "." for line in lines) if on or len(lines) > 1 else ""
