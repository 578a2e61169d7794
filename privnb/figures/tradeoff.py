"""Usefulness against attack success, one point with both intervals for each variant, and the zone the gates allow."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from privnb.figures.look import MUTED, PASS, PASS_TINT, Look, looks_of
from privnb.figures.style import RC, axes_at, axis_titles, canvas
from privnb.findings import Finding

# where a name may stand around its point (points of type, sideways and up), best first
_PLACES = (*((side * 5, up * far) for far in (6, 12, 18) for up in (1, -1) for side in (1, -1)), (6, 0), (-6, 0))


def tradeoff_figure(
    utility: Mapping[str, Finding],
    attack: Mapping[str, Finding],
    looks: Mapping[str, Look] | None = None,
    *,
    utility_title: str = "accuracy on evaluation (right is better)",
    attack_title: str = "attack AUC (down is better)",
    utility_text: Callable[[float, int], str] = lambda v, places: f"{100 * v:.{max(0, places - 2)}f}%",
    attack_text: Callable[[float, int], str] = lambda v, places: f"{v:.{places}f}",
    chance: float | None = None,
    least_utility: float | None = None,
    most_attack: float | None = None,
    controls: Sequence[tuple[str, str]] = (),
    strong: str | None = None,
    width_mm: float = 174,
    height_mm: float = 66,
) -> Figure:
    """A point for each variant that both mappings hold; `controls` are (variant, control) pairs joined by a thin line.

    `utility_text` and `attack_text` write a tick from its value and the decimals that tell neighbours apart.
    `least_utility` and `most_attack` are the limits of gates: the zone inside both is tinted. `chance` draws the height
    at which the attack guesses.
    """
    names = [name for name in utility if name in attack]
    looks = looks or looks_of(names)
    with matplotlib.rc_context(RC):
        figure = canvas(width_mm, height_mm)
        axes = axes_at(figure, 13, 10, width_mm - 15, height_mm - 18)
        xs = _limits([utility[n] for n in names], least_utility, 0.16)
        ys = _limits([attack[n] for n in names], most_attack if most_attack is not None else chance, 0.12, chance)
        axes.set_xlim(*xs)
        axes.set_ylim(*ys)
        axes.grid(visible=True)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        for axis, text, (low, high) in ((axes.xaxis, utility_text, xs), (axes.yaxis, attack_text, ys)):
            _written(axis, text, high - low)
        _zone(axes, xs, ys, least_utility, most_attack)
        if chance is not None:
            axes.axhline(chance, color=MUTED, linewidth=0.8, dashes=(4, 3), zorder=1.5)
            axes.annotate("guessing", (xs[0], chance), (2, 2), textcoords="offset points", color=MUTED, size=7)
        for variant, control in controls:
            if variant in names and control in names:
                pair = [(utility[v].value, attack[v].value) for v in (control, variant)]
                axes.plot(*zip(*pair, strict=True), color=looks[variant].colour, linewidth=0.6, dashes=(1, 2), zorder=2)
        for name in names:
            _point(axes, utility[name], attack[name], looks[name])
        lines = [level for level in (chance, most_attack) if level is not None]
        _labels(figure, axes, names, utility, attack, looks, strong, lines)
        axis_titles(axes, utility_title, attack_title)
    return figure


def _written(axis, text: Callable[[float, int], str], span: float) -> None:
    """Tick labels with as many decimals as the span needs to tell them apart."""
    places = max(1, 1 - math.floor(math.log10(span)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value, places)))


def _limits(found: Sequence[Finding], limit: float | None, margin: float, other: float | None = None):
    ends = [end for f in found for end in (f.low, f.high, f.value) if end is not None]
    ends += [end for end in (limit, other) if end is not None]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = margin * ((high - low) or 0.1)
    return low - room, high + room


def _zone(axes: Axes, xs, ys, least: float | None, most: float | None) -> None:
    if least is None and most is None:
        return
    left, top = xs[0] if least is None else least, ys[1] if most is None else most
    patch = Rectangle((left, ys[0]), xs[1] - left, top - ys[0], facecolor=PASS_TINT, edgecolor="none", zorder=0.5)
    axes.add_patch(patch)
    edges = [([left, xs[1]], [top, top])] * (most is not None) + [([left, left], [ys[0], top])] * (least is not None)
    for x, y in edges:
        axes.plot(x, y, color=PASS, linewidth=0.8, zorder=1.6)
    axes.annotate(
        "within the gates", (xs[1], ys[0]), (-3, 3), textcoords="offset points", color=PASS, ha="right", size=7
    )


def _point(axes: Axes, x: Finding, y: Finding, look: Look) -> None:
    line = {"color": look.colour, "linewidth": 1.1, "zorder": 3}
    if x.low is not None:
        axes.plot([x.low, x.high], [y.value, y.value], **line)
    if y.low is not None:
        axes.plot([x.value, x.value], [y.low, y.high], **line)
    face = "white" if look.hollow else look.colour
    axes.plot(
        [x.value],
        [y.value],
        "o",
        color=look.colour,
        markerfacecolor=face,
        markersize=5.5,
        markeredgewidth=1.2,
        zorder=4,
    )


def _labels(figure: Figure, axes: Axes, names, utility, attack, looks, strong: str | None, lines) -> None:
    """Names beside their points, each where it meets least of points, whiskers, lines and earlier names."""
    scale = 72 / figure.dpi
    spot = {n: axes.transData.transform((utility[n].value, attack[n].value)) * scale for n in names}
    width, height = figure.get_size_inches() * 72
    floor = axes.transAxes.transform((0, 0))[1] * scale + 1
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in spot.values()]
    for name in names:
        for found, turned in ((utility[name], False), (attack[name], True)):
            if found.low is not None:
                ends = [
                    (e, attack[name].value) if not turned else (utility[name].value, e) for e in (found.low, found.high)
                ]
                (x0, y0), (x1, y1) = axes.transData.transform(ends) * scale
                taken.append((x0 - 0.6, y0 - 0.6, x1 + 0.6, y1 + 0.6))
    left, right = (axes.transAxes.transform((x, 0))[0] * scale for x in (0, 1))
    for level in lines:
        y = axes.transData.transform((0, level))[1] * scale
        taken.append((left, y - 0.6, right, y + 0.6))
    for name in names:
        long = 4.3 * len(name) + 2
        boxes = []
        for side, up in _PLACES:
            x = spot[name][0] + (side if side > 0 else side - long)
            y = spot[name][1] + up - 3.5
            box = (x, y, x + long, y + 7)
            outside = box[0] < 0 or box[2] > width or box[1] < floor or box[3] > height
            boxes.append((sum(_overlap(box, other) for other in taken) + 1e3 * outside, len(boxes), side, up, box))
        _, _, side, up, box = min(boxes)
        taken.append(box)
        axes.annotate(
            name,
            (utility[name].value, attack[name].value),
            (side, up),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center_baseline",
            color=looks[name].colour,
            fontweight="bold" if name == strong else "normal",
            zorder=5,
        )


def _overlap(a, b) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
