"""Regularization: what each regularized variant changed against the model it was built on."""

from collections.abc import Iterator

from privnb.report.parts import Grid, Line, heads
from privnb.report.record import Record
from privnb.report.sections.generic import cell
from privnb.shown import NONE

TITLE = "Regularization"


def section(record: Record, figures: Iterator[int]) -> dict:
    """One table: variant, parameter, before, after; a variant without recorded changes shows its label."""
    rows = []
    for status in record.stages("regularize"):
        table = record.results.tables.get(f"regularize/{status.variant}/changes")
        changes = [[cell(value) for value in row] for row in table.rows if row[1] != row[2]] if table else []
        info = record.variant(status.variant) if status.variant else None
        if not changes and info and status.status == "ok":
            changes = [[info.label, NONE, NONE]]
        names = [status.variant or "", *[""] * len(changes)]
        rows += [Line([name, *change], name) for name, change in zip(names, changes, strict=False)]
    return {"title": TITLE, "table": Grid(heads("Variant", "Parameter", "Before", "After"), rows)}
