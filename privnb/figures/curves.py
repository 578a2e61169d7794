"""How faithful a copy becomes with the number of queries, one line with its band for each variant."""

from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from privnb.figures.look import MUTED, Look, looks_of
from privnb.figures.style import RC, axes_at, axis_titles, canvas


def fidelity_figure(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    looks: Mapping[str, Look] | None = None,
    *,
    chance: float | None = None,
    regression: bool = False,
    width_mm: float = 174,
    height_mm: float = 60,
) -> Figure:
    """Fidelity against the number of queries (logarithmic); series hold queries, fidelity, low and high.

    `chance` draws the agreement of a copy that knows nothing. `regression` names the vertical axis R2.
    """
    looks = looks or looks_of(list(curves))
    with matplotlib.rc_context(RC):
        figure = canvas(width_mm, height_mm)
        axes = axes_at(figure, 13, 10, width_mm - 52, height_mm - 18)
        axes.set_xscale("log")
        axes.grid(axis="y")
        places = sorted({count for curve in curves.values() for count in curve["queries"]})
        for name, curve in curves.items():
            colour = looks[name].colour
            if len(curves) == 1:
                axes.fill_between(curve["queries"], curve["low"], curve["high"], color=colour, alpha=0.18, linewidth=0)
            axes.plot(curve["queries"], curve["fidelity"], "o-", color=colour, markersize=3, linewidth=1.2, label=name)
        if chance is not None:
            axes.axhline(chance, color=MUTED, linewidth=0.8, dashes=(4, 3), label="commonest answer")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(places, [f"{count:,.0f}" for count in places])
        factor, unit = (1, "") if regression else (100, "%")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{factor * y:g}{unit}".replace("-", "−")))
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02), frameon=False)
        axis_titles(axes, "queries", "R² of the copy" if regression else "answers that agree")
    return figure
