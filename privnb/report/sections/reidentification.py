"""The data as they are: how far the quasi-identifiers single people out before any protection."""

from collections.abc import Iterator

from privnb.findings import Finding
from privnb.report.parts import Grid, Line, heads, listed
from privnb.report.record import Record
from privnb.report.sections.generic import cell
from privnb.shown import shown

TITLE = "The data as they are"


def section(record: Record, figures: Iterator[int]) -> dict:
    """A sentence and the table of findings on the quasi-identifiers."""
    columns = record.results.subject.get("quasi_identifiers", [])
    facts = record.facts("reidentification", None)
    found = [f for f in record.results.findings if f.id.startswith("reidentification.")]
    rows = [_line(f, facts.get("k"), record.small_cell) for f in found]
    reading = f"An intruder who knows {listed(columns)} of a person looks for rows that match."
    if "classes" in facts:
        reading += f" The table falls into {cell(facts['classes'])} groups of equal values."
    reading += " Which columns an intruder can know is declared, not measured."
    return {"title": TITLE, "reading": reading, "table": Grid(heads("Finding", "#Value", "~95% interval"), rows)}


def _line(found: Finding, k: int | None, small_cell: int) -> Line:
    text = shown(found, small_cell)
    metric = f"rows in groups below {k}" if k and found.id == "reidentification.rows_below_k" else text.metric
    return Line([_capital(metric), text.value, text.interval])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
