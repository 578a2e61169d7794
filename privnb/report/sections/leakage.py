"""Membership leakage: the worst group of each variant, its groups side by side, and the records that matter most."""

from collections.abc import Iterator

from privnb.figures.factors import factor_figure
from privnb.figures.style import to_svg
from privnb.report.parts import Drawn, Grid, Line, heads
from privnb.report.record import Record
from privnb.shown import NONE, count, percent, shown, significant

TITLE = "Membership leakage"
_WORST, _GROUP = "leakage.worst_group_advantage", "leakage.group_advantage"
_BITS, _MOVED = "leakage.membership_information_bits", "leakage.pdtp_excess"
_MOST = 12  # groups in the figure


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, groups of the release as bars, a table of variants, and the release's training rows by SHAPr."""
    variants = [v.id for v in record.results.variants if record.finding(_BITS, v.id)]
    on = record.release if record.release in variants else next(iter(variants), None)
    rows = []
    for variant in variants:
        worst = record.facts("leakage", variant).get("worst_group", NONE)
        cells = [variant, str(worst), *(record.shown(id, variant) or NONE for id in (_WORST, _BITS, _MOVED))]
        rows.append(Line(cells, variant, variant == record.release))
    titles = ("Variant", "Worst group", "=Advantage in it", "=Bits of membership", "=Log-ratio by leaving out")
    tables = [Grid(heads(*titles), rows)] if rows else []
    exposed = record.results.tables.get(f"leakage/{on}/exposed")
    if exposed and exposed.rows:
        lines = [Line([str(row), significant(value)]) for row, value in exposed.rows]
        tables.append(Grid(heads("Row", "#SHAPr"), lines, f"{exposed.title}, on {on}"))
    return {
        "title": TITLE,
        "reading": _reading(record.facts("leakage", on) if on else {}),
        "figure": _figure(record, on, figures) if on else None,
        "tables": tables,
        "note": "Bits: of one, less what chance alone shows. SHAPr ranks records within a model and is no measure of "
        "it; rows are named by position alone." if on else "",
    }  # fmt: skip


def _reading(facts: dict) -> str:
    if not facts:
        return "No variant has a leakage figure."
    return (
        f"One simple attack, by the model’s {facts['score']}, is judged group by group at one threshold for everybody, "
        f"on {count(facts['member_people'])} members and {count(facts['non_member_people'])} others. Advantage is how "
        "much more often a group’s members are called members than its other people."
    )


def _figure(record: Record, on: str, figures: Iterator[int]) -> Drawn | None:
    found = [f for f in record.results.findings if f.id == _GROUP and f.variant == on and f.status == "ok"]
    bars = {f.group.replace("=", ": ", 1): f for f in sorted(found, key=lambda f: -f.value)[:_MOST]}
    if not bars:
        return None
    svg = to_svg(
        factor_figure(bars, title="advantage of the attack by group", text=lambda f: shown(f).value, width_mm=174)
    )
    caption = f"Advantage by group on {on}; all intervals hold together."
    if worst := record.finding(_WORST, on):
        caption += f" The largest is {percent(worst.value)}."
    return Drawn(svg, "Advantage of the attack in each group.", caption, next(figures))
