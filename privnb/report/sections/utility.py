"""How useful each variant is, on people it has not seen and on those it was trained on."""

from collections.abc import Iterator

from privnb.catalogue import fact
from privnb.report.parts import Grid, Line, heads
from privnb.report.record import Record
from privnb.shown import NONE

TITLE = "Usefulness"
_MEASURES = ("accuracy", "balanced_accuracy", "auc", "r2", "mae")


def section(record: Record, figures: Iterator[int]) -> dict:
    """One row a variant: each measure on evaluation with its interval, the first also on training."""
    variants = [v.id for v in record.results.variants]
    measures = [m for m in _MEASURES if any(record.finding(f"utility.{m}", v) for v in variants)]
    first = measures[:1]
    trained = [m for m in first if any(record.finding(f"utility.train_{m}", v) for v in variants)]
    titles = ["Variant", *(f"={_name(measure)}" for measure in measures)]
    titles += [f"={_name(m)}, training" for m in trained]
    rows = []
    for variant in variants:
        cells = [variant, *(record.shown(f"utility.{m}", variant) or NONE for m in measures)]
        cells += [record.shown(f"utility.train_{m}", variant) or NONE for m in trained]
        if any(cell != NONE for cell in cells[1:]):
            rows.append(Line(cells, variant, variant == record.release))
    n = next((f.n for m in first for v in variants if (f := record.finding(f"utility.{m}", v)) and f.n), None)
    on = f"{n:,} people of the evaluation part, seen by no variant" if n else "rows of unknown membership"
    unknown = any(
        f.id.startswith("utility.") and f.method and "unknown membership" in f.method for f in record.results.findings
    )
    reading = (
        f"Measured on {on}."
        if not unknown
        else "Measured on rows of unknown membership, which the model may have seen."
    )
    return {"title": TITLE, "tables": [Grid(heads(*titles), rows)] if rows else [], "reading": reading}


def _name(measure: str) -> str:
    name = fact(f"utility.{measure}").metric.removesuffix(" on evaluation")
    return name[:1].upper() + name[1:]
