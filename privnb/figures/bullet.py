"""A bullet bar: where a value and its interval fall between guessing and worst, and on which side of the gate."""

import math
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from privnb.figures.look import FAIL, INK, MUTED, PASS, RULE, WARN
from privnb.figures.style import RC, axes_at, canvas

COLOURS = {"pass": PASS, "fail": FAIL, "inconclusive": WARN, "measured": MUTED, "not_assessed": MUTED}


@dataclass(frozen=True)
class Bullet:
    """Positions between 0 and 1 on the bar: the bar's end, its interval, and the tick of the gate."""

    value: float
    low: float | None
    high: float | None
    limit: float | None
    colour: str


def bullet_of(
    value: float,
    low: float | None,
    high: float | None,
    ends: tuple[float, float],
    limit: float | None = None,
    verdict: str = "measured",
) -> Bullet:
    """The geometry of one bar. The scale starts at `ends[0]` and ends at the first of 1, 2, 5, 10 ... parts in a
    thousand of its length that holds the interval and one and a half times the limit, at most `ends[1]`.
    """
    start, end = ends
    wanted = max([value, high or value] + ([start + 1.5 * (limit - start)] if limit is not None else [])) - start
    length = end - start
    steps = [length * m * 10.0**e for e in (-3, -2, -1) for m in (1, 2, 5)]
    scale = next((step for step in steps if step >= wanted), length)
    place = lambda v: None if v is None else min(1.0, max(0.0, (v - start) / scale))  # noqa: E731
    return Bullet(place(value), place(low), place(high), place(limit), COLOURS[verdict])


def bullet_svg(bar: Bullet, width: float = 84, height: float = 9) -> str:
    """The bar as SVG text (in px), drawn by hand: a page holds a dozen and each must cost nothing."""
    x = lambda share: f"{width * share:.2f}".rstrip("0").rstrip(".")  # noqa: E731
    middle = height / 2
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect x="0" y="{middle - 1.5:g}" width="{width:g}" height="3" fill="{RULE}"/>',
        f'<rect x="0" y="{middle - 1.5:g}" width="{x(max(bar.value, 0.008))}" height="3" fill="{bar.colour}"/>',
    ]
    if bar.low is not None and bar.high is not None:
        left, right = width * bar.low, max(width * bar.high, width * bar.low + 0.8)
        parts.append(
            f'<rect x="{left:.2f}" y="{middle - 3:g}" width="{right - left:.2f}" height="6" '
            f'fill="{bar.colour}" fill-opacity=".35"/>'
        )
    if bar.limit is not None:
        at = min(max(width * bar.limit, 0.6), width - 0.6)
        parts.append(f'<path d="M{at:.2f} 0V{height:g}" stroke="{INK}" stroke-width="1.2" fill="none"/>')
    return "".join(parts) + "</svg>"


def bullet_figure(bar: Bullet, width_mm: float = 60) -> Figure:
    """The same bar as a figure for notebooks."""
    with matplotlib.rc_context(RC):
        figure = canvas(width_mm, 6)
        axes = axes_at(figure, 1, 0.5, width_mm - 2, 5)
        axes.set_xlim(0, 1)
        axes.set_ylim(-1, 1)
        axes.axis("off")
        axes.barh(0, 1, height=0.7, color=RULE)
        axes.barh(0, bar.value, height=0.7, color=bar.colour)
        if bar.low is not None and bar.high is not None and math.isfinite(bar.high):
            axes.barh(0, bar.high - bar.low, left=bar.low, height=1.3, color=bar.colour, alpha=0.35)
        if bar.limit is not None:
            axes.plot([bar.limit, bar.limit], [-1, 1], color=INK, linewidth=1.2)
    return figure
