"""One risk factor across the variants: a bar from zero with its interval and value."""

from collections.abc import Callable, Mapping

import matplotlib
from matplotlib.figure import Figure

from privnb.figures.look import INK, MUTED, Look, looks_of
from privnb.figures.style import RC, axes_at, canvas
from privnb.findings import Finding


def factor_figure(
    found: Mapping[str, Finding],
    looks: Mapping[str, Look] | None = None,
    *,
    title: str = "",
    text: Callable[[Finding], str] = lambda f: f"{f.value:g}",
    strong: str | None = None,
    width_mm: float = 84,
) -> Figure:
    """Horizontal bars by variant, in the order given, each with interval and `text(finding)` at the right end."""
    names = list(found)
    looks = looks or looks_of(names)
    step = 6.0
    with matplotlib.rc_context(RC):
        height = 7 + step * len(names)
        figure = canvas(width_mm, height)
        name_mm = min(0.36 * width_mm, 4 + 1.45 * max((len(n) for n in names), default=0))
        value_mm = 5 + 1.3 * max((len(text(f)) for f in found.values()), default=0)
        axes = axes_at(figure, name_mm, 1, width_mm - name_mm - value_mm, step * len(names))
        ends = [0.0] + [e for f in found.values() for e in (f.value, f.low, f.high) if e is not None]
        axes.set_xlim(min(ends), (max(ends) - min(ends) or 1.0) * 1.02 + min(ends))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.axis("off")
        axes.axvline(0, color=INK, linewidth=0.7)
        figure.text(0, 1, title, ha="left", va="top", color=MUTED)
        for row, name in enumerate(names):
            look, f = looks[name], found[name]
            face = "white" if look.hollow else look.colour
            axes.barh(row, f.value, height=0.5, facecolor=face, edgecolor=look.colour, linewidth=0.8, alpha=1)
            if f.low is not None:
                axes.plot([f.low, f.high], [row, row], color=INK, linewidth=1.0)
            weight = "bold" if name == strong else "normal"
            y = (1 + step * (len(names) - row - 0.5)) / height
            figure.text(0, y, name, color=look.colour, va="center_baseline", fontweight=weight)
            figure.text(1, y, text(f), color=INK, va="center_baseline", ha="right", fontweight=weight)
    return figure
