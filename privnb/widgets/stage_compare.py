"""Two results of one stage side by side: as recorded, now, and the difference."""

from html import escape

from privnb.findings import Finding, StageResult
from privnb.shown import MINUS, shown, value_text
from privnb.widgets.run_tables import html_table


def comparison(before: StageResult, now: StageResult) -> str:
    """A table with a line for each finding of either result, in the order of the first; its HTML."""
    old, new = _by_place(before), _by_place(now)
    lines = [_line(place, old.get(place), new.get(place)) for place in dict.fromkeys([*old, *new])]
    if not lines:
        words = "This stage has no findings to compare; put the lines into the spec and run it to see what they change."
        return f'<div class="privnb-help">{words}</div>'
    return html_table(("Finding", "As recorded", "Now", "Difference"), lines, numbers={1, 2, 3})


def _by_place(result: StageResult) -> dict[tuple, Finding]:
    return {(found.id, found.method, found.group): found for found in result.findings}


def _line(place: tuple, old: Finding | None, new: Finding | None) -> tuple[str, ...]:
    id, *details = place
    name = id.partition(".")[2] + "".join(f" ({detail})" for detail in details if detail)
    return escape(name), _shown(old), _shown(new), _difference(old, new)


def _shown(found: Finding | None) -> str:
    if found is None:
        return "–"
    if found.value is None:
        return escape(found.status.replace("_", " "))
    text = shown(found)
    return text.value + (f" ({text.interval})" if found.low is not None else "")


def _difference(old: Finding | None, new: Finding | None) -> str:
    if old is None or new is None or old.value is None or new.value is None:
        return "–"
    difference = new.value - old.value
    if difference == 0:
        return "same"
    return ("+" if difference > 0 else MINUS) + value_text(new.id, abs(difference), new.unit)
