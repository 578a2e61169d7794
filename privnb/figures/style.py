"""The one style of all figures, and SVG text whose words stay words and whose bytes depend on the figure alone."""

import io
import re

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from privnb.figures.look import INK, MUTED, RULE

FONT = "IBM Plex Sans"
_MM = 1 / 25.4

RC = {
    "font.size": 7.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.6,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.pad": 4,
    "ytick.major.pad": 4,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "lines.solid_capstyle": "butt",
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "privnb",
}


def canvas(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of that size; axes are placed with `axes_at`."""
    return Figure(figsize=(width_mm * _MM, height_mm * _MM), dpi=144)


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in millimetres from the lower left corner of the figure."""
    across, up = figure.get_size_inches() / _MM
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def axis_titles(axes: Axes, x: str, y: str) -> None:
    """Axis titles without a turned head: the vertical one stands above the axis, the horizontal one below it."""
    axes.set_xlabel(x, labelpad=4, loc="right")
    axes.text(0, 1, y, transform=axes.transAxes, ha="left", va="bottom", color=MUTED).set_position((0, 1.025))


def to_svg(figure: Figure, family: str = FONT) -> str:
    """The figure as one `<svg>` element: text as text in `family`, no clock, no ids but those it refers to itself."""
    file = io.StringIO()
    with matplotlib.rc_context(RC):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'font-family: [^;"]*', f"font-family: {family}", svg)
    svg = svg.replace("font-weight: bold", "font-weight: 600").replace("font-weight: 700", "font-weight: 600")
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    return re.sub(r"\n\s*", "\n", svg)


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near those wanted, in their order, at least `gap` apart, within low..high where they fit.

    Neighbours that collide are moved apart evenly around their common centre (pool adjacent violators).
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[list[float]] = []  # [sum of (wanted - offset), number]
    for index in order:
        blocks.append([wanted[index], 1])
        while len(blocks) > 1 and _top(blocks[-2], gap, low, high) + gap > _start(blocks[-1], gap, low, high):
            total, number = blocks.pop()
            blocks[-1][0] += total - number * blocks[-1][1] * gap
            blocks[-1][1] += number
    placed = [0.0] * len(wanted)
    position = iter(order)
    for block in blocks:
        start = _start(block, gap, low, high)
        for step in range(int(block[1])):
            placed[next(position)] = start + step * gap
    return placed


def _start(block: list[float], gap: float, low: float, high: float) -> float:
    total, number = block
    middle = (total + gap * number * (number - 1) / 2) / number
    start = middle - gap * (number - 1) / 2
    return max(low, min(start, high - gap * (number - 1)))


def _top(block: list[float], gap: float, low: float, high: float) -> float:
    return _start(block, gap, low, high) + gap * (block[1] - 1)
