"""Model extraction: how faithful a copy of each variant becomes, and with how many queries."""

from collections.abc import Iterator

from privnb.figures.curves import fidelity_figure
from privnb.figures.style import to_svg
from privnb.report.parts import Drawn, Grid, Line, heads
from privnb.report.record import Record
from privnb.shown import NONE, count, shown

TITLE = "Model extraction"
_FACTS = (
    ("extraction.fidelity", "Copy taught with probabilities"),
    ("extraction.fidelity_labels", "Copy taught with labels"),
    ("extraction.chance_agreement", "Always the commonest answer"),
)


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, the curve of each variant, and a table of variants."""
    variants = [v.id for v in record.results.variants if record.facts("extraction", v.id).get("copy")]
    rows = []
    for variant in variants:
        cells = [variant, str(record.facts("extraction", variant)["copy"])]
        cells += [record.shown(id, variant) or NONE for id, _ in _FACTS]
        rows.append(Line(cells, variant, variant == record.release))
    on = record.release if record.release in variants else next(iter(variants), None)
    facts = record.facts("extraction", on) if on else {}
    return {
        "title": TITLE,
        "reading": _reading(facts),
        "figure": _figure(record, variants, on, figures),
        "tables": [Grid(heads("Variant", "Copy", *(f"={name}" for _, name in _FACTS)), rows)] if rows else [],
        "note": "Queries and tested rows are of different people. The kind of copy was chosen on queries held back; "
        "the labels of the tested rows were not used." if facts else "",
    }  # fmt: skip


def _reading(facts: dict) -> str:
    if not facts:
        return "No variant has an extraction figure."
    return (
        f"The attacker asks about {count(facts['queries'])} {facts['attacker_rows']} and trains a copy on the answers. "
        f"Copy and model are compared on {count(facts['tested_rows'])} evaluation rows."
    )


def _figure(record: Record, variants: list[str], on: str | None, figures: Iterator[int]) -> Drawn | None:
    curves = {v: c for v in variants if (c := record.series("extraction", v).get("curve")) and len(c["queries"]) > 1}
    if not curves:
        return None
    found = record.finding("extraction.fidelity", on) or record.finding("extraction.fidelity_labels", on)
    chance = record.finding("extraction.chance_agreement", on)
    regression = found is not None and found.unit == "R2"
    svg = to_svg(fidelity_figure(curves, record.looks, chance=chance.value if chance else None, regression=regression))
    caption = "Agreement of copy and model by number of queries."
    if found:
        what = "reaches an R² of" if regression else "agrees on"
        caption += f" With all of them the copy of {on} {what} {shown(found).value}"
        caption += f"; always the commonest answer on {shown(chance).value}." if chance else "."
    return Drawn(svg, "Fidelity of the copy against the number of queries.", caption, next(figures))
