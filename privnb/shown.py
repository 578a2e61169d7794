"""The one place where a number becomes text, for the sheet, notebooks, widgets and the terminal alike."""

from dataclasses import dataclass

from privnb.catalogue import Fact, fact
from privnb.findings import Finding

MINUS, NONE = "−", "–"


@dataclass(frozen=True)
class Shown:
    """One finding as text: `value`, `interval` (a dash when there is none) and what it is called."""

    value: str
    interval: str
    metric: str
    question: str


def shown(found: Finding, small_cell: int = 0) -> Shown:
    """The texts of one finding; counts of people or rows below `small_cell` are shown as `< small_cell`."""
    how = fact(found.id, found.unit)
    if found.value is None:
        return Shown(NONE, NONE, how.metric, how.question)
    interval = NONE if found.low is None else interval_text(how, found.low, found.high, found.unit, small_cell)
    return Shown(number(how, found.value, found.unit, small_cell), interval, how.metric, how.question)


def value_text(id: str, value: float, unit: str = "") -> str:
    """One value of the finding `id` as text."""
    return number(fact(id, unit), value, unit)


def span_text(id: str, low: float, high: float, unit: str = "") -> str:
    """An interval of the finding `id` as text."""
    return interval_text(fact(id, unit), low, high, unit)


def number(how: Fact, value: float, unit: str = "", small_cell: int = 0) -> str:
    """One value of a fact as text with its unit."""
    kind = _kind(how, unit)
    if kind == "percent":
        return percent(value)
    if kind == "points":
        return f"{decimal(100 * value, 1)} points"
    if kind == "count":
        return count(value, small_cell if how.cell else 0)
    if kind in ("auc", "signed_auc"):
        return decimal(value, 3)
    return significant(value)


def interval_text(how: Fact, low: float, high: float, unit: str = "", small_cell: int = 0) -> str:
    """`low to high`, the unit once where it is a percent sign and not at all where the value has told it."""
    kind = _kind(how, unit)
    if kind == "percent":
        return f"{decimal(100 * low, 1)} to {percent(high)}"
    if kind == "points":
        return f"{decimal(100 * low, 1)} to {decimal(100 * high, 1)}"
    return f"{number(how, low, unit, small_cell)} to {number(how, high, unit, small_cell)}"


def limit_text(how: Fact, limit: float, kind: str, unit: str = "") -> str:
    """A gate's limit as text, with the sign that says which side is allowed."""
    shown_as = _kind(how, unit)
    if shown_as in ("percent", "points"):
        text = _exact(100 * limit) + ("%" if shown_as == "percent" else "")
    else:
        text = count(limit) if shown_as == "count" and float(limit).is_integer() else _exact(limit)
    return ("≤\u202f" if kind == "max" else "≥\u202f") + text


def difference(found: Finding) -> Shown:
    """A paired difference with its sign: `+` or a true minus, zero without one."""
    how = fact(found.id, found.unit)
    points = _kind(how, found.unit) == "points"
    factor, places = (100, 1) if points else (1, 3)
    if found.value is None:
        return Shown(NONE, NONE, how.metric, how.question)
    value = signed(factor * found.value, places) + (" points" if points else "")
    ends = NONE
    if found.low is not None:
        ends = f"{signed(factor * found.low, places)} to {signed(factor * found.high, places)}"
    return Shown(value, ends, how.metric, how.question)


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{decimal(100 * share, 1)}%"


def in_hundred(share: float) -> str:
    """A share as people out of a hundred: one decimal below ten, none above."""
    return decimal(100 * share, 1 if 100 * share < 10 else 0)


def count(value: float, small_cell: int = 0) -> str:
    """A count with a comma for thousands; a positive one below `small_cell` is withheld."""
    if 0 < value < small_cell:
        return f"<\u202f{small_cell}"
    return f"{round(value):,}".replace("-", MINUS)


def decimal(value: float, places: int) -> str:
    """A fixed number of decimals, with a true minus sign and never a negative zero."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if not float(text) else text.replace("-", MINUS)


def signed(value: float, places: int) -> str:
    """Like `decimal` with a plus sign in front of what is above zero."""
    text = decimal(value, places)
    return f"+{text}" if text[0] != MINUS and float(text) > 0 else text


def significant(value: float) -> str:
    """Three significant digits, whole numbers with a comma for thousands."""
    if float(value).is_integer() and abs(value) < 1e15:
        return count(value)
    return (f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", MINUS)


def clipped(text: str, most: int) -> str:
    """A long sentence cut at a word with an ellipsis; page 1 has room for one line, the sections tell it whole."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def seconds(value: float) -> str:
    """A duration in words: seconds below two minutes, then minutes and seconds."""
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 120 else f"{int(value // 60)} min {int(value % 60)} s"


def _exact(value: float) -> str:
    return f"{round(value, 6):,.6f}".rstrip("0").rstrip(".").replace("-", MINUS)


def _kind(how: Fact, unit: str) -> str:
    return "signed_auc" if unit.lower() in ("r2", "r²", "sd") and how.shown in ("points", "percent") else how.shown
