"""The data as they are: how far the quasi-identifiers single people out before any protection."""

from collections.abc import Iterator

from privnb.report.facts import shown
from privnb.report.parts import Grid, Line, heads, listed
from privnb.report.record import Record
from privnb.report.sections.generic import cell

TITLE = "The data as they are"


def section(record: Record, figures: Iterator[int]) -> dict:
    """A sentence and the table of findings on the quasi-identifiers."""
    columns = record.results.subject.get("quasi_identifiers", [])
    facts = record.facts("reidentification", None)
    found = [f for f in record.results.findings if f.id.startswith("reidentification.")]
    rows = [Line([_capital(t.metric), t.value, t.interval]) for f in found for t in [shown(f, record.small_cell)]]
    reading = f"An intruder who knows {listed(columns)} of a person looks for rows that match."
    if "classes" in facts:
        reading += f" The table falls into {cell(facts['classes'])} groups of equal values."
    reading += " Which columns an intruder can know is declared, not measured."
    return {"title": TITLE, "reading": reading, "table": Grid(heads("Finding", "#Value", "~95% interval"), rows)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
