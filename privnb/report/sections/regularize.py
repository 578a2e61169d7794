"""Regularization: what each regularized variant changed against the model it was built on."""

from collections.abc import Iterator

from privnb.report.parts import Grid, Line, heads
from privnb.report.record import Record
from privnb.report.sections.generic import cell

TITLE = "Regularization"


def section(record: Record, figures: Iterator[int]) -> dict:
    """One small table a variant: parameter, before, after."""
    variants = []
    for status in record.stages("regularize"):
        table = record.results.tables.get(f"regularize/{status.variant}/changes")
        changed = record.facts("regularize", status.variant).get("changed")
        rows = [Line([cell(value) for value in row]) for row in table.rows] if table else []
        columns = [name.capitalize() for name in table.columns] if table else ["Parameter", "Before", "After"]
        info = record.variant(status.variant) if status.variant else None
        changed = changed or (info.label if info else "")
        title = f"{status.variant}: {cell(changed)}" if changed else str(status.variant)
        if rows or changed:
            variants.append({"table": Grid(heads(*columns), rows, title)})
    return {"title": TITLE, "variants": variants}
