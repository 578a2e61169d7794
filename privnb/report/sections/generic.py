"""A section for stages that bring none of their own: their facts, findings and small tables."""

from typing import Any

from privnb.report.parts import Grid, Item, Line, heads
from privnb.report.record import Record
from privnb.shown import count, shown, significant


def section(record: Record, stage: str) -> dict:
    """Named facts, one table of all findings, then the stage's own tables."""
    found = [f for f in record.results.findings if f.id.startswith(f"{stage}.")]
    rows = []
    for f in found:
        text = shown(f, record.small_cell)
        what = ", ".join(part for part in (text.metric, f.group, f.method) if part)
        rows.append(Line([f.variant or "table", what, text.value, text.interval, f.reason], f.variant or ""))
    tables = [Grid(heads("Variant", "Finding", "#Value", "~Interval", "Remark"), rows)] if rows else []
    head = f"{stage}/"
    for key, table in record.results.tables.items():
        if key.startswith(head):
            lines = [Line([cell(value) for value in row]) for row in table.rows]
            tables.append(Grid(heads(*table.columns), lines, table.title))
    facts = [
        Item(f"{name.replace('_', ' ')}", cell(value))
        for key, named in record.results.facts.items()
        if key.startswith(head)
        for name, value in named.items()
    ]
    return {"facts": facts, "tables": tables}


def cell(value: Any) -> str:
    """Any plain value as text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items()) or "none"
    return str(value)
