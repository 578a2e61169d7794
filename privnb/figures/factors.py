"""Risk factors drawn: bars from zero with interval and value, and the overfitting gap against what could be changed."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from privnb.figures.look import INK, MUTED, PALETTE, Look, looks_of
from privnb.figures.style import RC, axes_at, axis_titles, canvas
from privnb.findings import Finding

WORDS = {
    "people": "training people",
    "min_samples_leaf": "fewest rows in a leaf",
    "n_neighbors": "neighbours asked",
    "max_leaf_nodes": "most leaves of a tree",
    "C": "C: inverse strength of the penalty",
    "alpha": "alpha: strength of the penalty",
}


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


def whatif_figure(
    curves: Mapping[str, Mapping[str, Sequence[float]]], *, regression: bool = False, width_mm: float = 174
) -> Figure:
    """The overfitting gap against each swept parameter, side by side on one height; series hold x, gap, low and high.

    The horizontal axes are logarithmic, the bands are the intervals of the gap, and 0 means no overfitting.
    """
    names = list(curves)
    ends = [end for curve in curves.values() for axis in ("low", "high") for end in curve[axis]]
    room = 0.06 * ((max(ends) - min(ends)) or 0.1)
    with matplotlib.rc_context(RC):
        figure = canvas(width_mm, 52)
        across = (width_mm - 4) / len(names)
        for place, name in enumerate(names):
            curve = curves[name]
            axes = axes_at(figure, 12 + place * across, 10, across - 16, 34)
            axes.set_xscale("log")
            axes.set_ylim(min(min(ends), 0.0) - room, max(max(ends), 0.0) + room)
            axes.grid(axis="y")
            axes.axhline(0, color=INK, linewidth=0.7)
            axes.fill_between(curve["x"], curve["low"], curve["high"], color=PALETTE[1], alpha=0.18, linewidth=0)
            axes.plot(curve["x"], curve["gap"], "o-", color=PALETTE[1], markersize=3, linewidth=1.2)
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xticks(curve["x"], [f"{x:,.4g}" for x in curve["x"]])
            factor = 1 if regression else 100
            axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _, by=factor: f"{by * y:g}".replace("-", "−")))
            axis_titles(axes, WORDS.get(name, name), "overfitting gap, " + ("R²" if regression else "points"))
    return figure
