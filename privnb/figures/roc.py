"""The ROC of an attack on two log axes, with the part that matters, few false alarms, as wide as the rest."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from privnb.figures.look import FINE, MUTED, RULE, Look, looks_of
from privnb.figures.style import RC, axes_at, axis_titles, canvas, spread
from privnb.findings import Finding

_ABOVE = 160  # vertices kept above 1 % FPR: a tenth of a millimetre on paper


def thin(fpr: Sequence[float], tpr: Sequence[float], keep: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """The same curve: every vertex up to FPR `keep`, and above it about 160, evenly spaced on the log axis."""
    fpr, tpr = np.asarray(fpr, float), np.asarray(tpr, float)
    above = np.flatnonzero(fpr > keep)
    if above.size > _ABOVE:
        wanted = np.geomspace(fpr[above[0]], fpr[-1], _ABOVE)
        above = np.unique(np.append(np.searchsorted(fpr, wanted, side="right") - 1, fpr.size - 1))
    index = np.unique(np.concatenate([np.flatnonzero(fpr <= keep), above]))
    return fpr[index], tpr[index]


def roc_figure(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    at_1pct: Mapping[str, Finding] | None = None,
    looks: Mapping[str, Look] | None = None,
    labels: Mapping[str, str] | None = None,
    strong: str | None = None,
    width_mm: float = 174,
) -> Figure:
    """ROC curves by name (series with `fpr` and `tpr`, step curves), the line y = x, and beside them TPR at 1 % FPR.

    `at_1pct` gives the finding drawn in the strip at the right: point, interval, name and value; without it the names
    stand there alone. `labels` are texts in the place of names and values; `strong` is drawn heavier.
    """
    looks = looks or looks_of(list(curves))
    floor = _floor(curves)
    with matplotlib.rc_context(RC):
        figure = canvas(width_mm, 78)
        main = axes_at(figure, 11, 10, 0.52 * width_mm, 60)
        strip = axes_at(figure, 11 + 0.52 * width_mm + 9, 10, 0.48 * width_mm - 20, 60)
        for axes in (main, strip):
            axes.set_yscale("log")
            axes.set_ylim(floor, 1.0)
            axes.yaxis.set_minor_locator(NullLocator())
            _decades(axes.yaxis, floor)
            axes.grid(axis="y")
            axes.spines["left"].set_visible(False)
        _curves(main, curves, looks, floor, strong)
        _strip(strip, curves, at_1pct or {}, looks, labels or {}, floor, strong)
    return figure


def _floor(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> float:
    steps = [min((f for f in c["fpr"] if f > 0), default=1.0) for c in curves.values()]
    return min(1e-2, max(1e-4, 10.0 ** math.floor(math.log10(min(steps, default=1e-3)))))


def _decades(axis, floor: float) -> None:
    ticks = [10.0**e for e in range(round(math.log10(floor)), 1)]
    axis.set_ticks(ticks, [f"{100 * tick:g}%" for tick in ticks])


def _curves(axes: Axes, curves, looks: Mapping[str, Look], floor: float, strong: str | None) -> None:
    axes.set_xscale("log")
    axes.set_xlim(floor, 1.0)
    axes.xaxis.set_minor_locator(NullLocator())
    _decades(axes.xaxis, floor)
    axes.grid(axis="x")
    axes.plot([floor, 1], [floor, 1], color=MUTED, linewidth=0.8, dashes=(4, 3), zorder=1.5)
    turn = math.degrees(math.atan2(60, 0.52 * 174))
    low = floor * 2.2
    axes.text(low, low * 0.76, "guessing (y = x)", color=MUTED, rotation=turn, rotation_mode="anchor", va="top", size=7)
    axes.axvline(0.01, color=FINE, linewidth=0.8, zorder=1.4)
    for name in sorted(curves, key=lambda name: name == strong):
        fpr, tpr = thin(curves[name]["fpr"], curves[name]["tpr"])
        x, y = np.maximum(fpr, floor), np.maximum(tpr, floor)
        dashes = {"dashes": (3, 1.5)} if looks[name].hollow else {}
        line = {"color": looks[name].colour, "linewidth": 1.9 if name == strong else 1.2, **dashes}
        axes.plot(x, y, drawstyle="steps-post", zorder=3 if name == strong else 2.5, label=name, **line)
    axis_titles(axes, "false positives: others taken for training people", "true positives: training people found")


def _strip(axes: Axes, curves, points: Mapping[str, Finding], looks, labels, floor: float, strong: str | None) -> None:
    names = sorted(curves, key=lambda name: -_height(curves, points, name, floor))
    axes.set_xlim(0, 1)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(axis="y", labelleft=False)
    axes.text(0, 1.025, "true positives at 1% false positives", transform=axes.transAxes, va="bottom", color=MUTED)
    axes.axhline(0.01, color=MUTED, linewidth=0.8, dashes=(4, 3))
    axes.text(1, 0.0108, "guessing 1%", color=MUTED, size=7, ha="right", va="bottom")
    heights = [_height(curves, points, name, floor) for name in names]
    span = -math.log10(floor)
    wanted = [math.log10(h) for h in heights]
    places = spread(wanted, span * 0.075, -span * 0.97, -span * 0.03)
    step = min(0.055, 0.3 / max(len(names), 1))
    left = step * len(names) + 0.03
    for slot, (name, height, place) in enumerate(zip(names, heights, places, strict=True)):
        look, x = looks[name], 0.03 + slot * step
        found = points.get(name)
        if found is not None and found.value is not None:
            if found.low is not None:
                axes.plot([x, x], [max(found.low, floor), max(found.high, floor)], color=look.colour, linewidth=1.6)
            face = "white" if look.hollow else look.colour
            axes.plot([x], [height], "o", color=look.colour, markerfacecolor=face, markersize=4, markeredgewidth=1.1)
            axes.plot([x + 0.015, left + 0.01], [height, 10**place], color=look.colour, linewidth=0.4, alpha=0.7)
        weight = "bold" if name == strong else "normal"
        text = labels.get(name, name)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(left + 0.02, 10**place, text, color=look.colour, va="center_baseline", fontweight=weight, bbox=box)


def _height(curves, points: Mapping[str, Finding], name: str, floor: float) -> float:
    found = points.get(name)
    if found is not None and found.value is not None:
        return max(found.value, floor)
    fpr, tpr = np.asarray(curves[name]["fpr"]), np.asarray(curves[name]["tpr"])
    return max(float(tpr[fpr <= 0.01].max(initial=0.0)), floor)
