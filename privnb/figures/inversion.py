"""Recovered portraits beside the class means, as a grid of small pictures."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from privnb.figures.look import MUTED
from privnb.figures.style import RC, axes_at, canvas

_MOST = 12  # classes that fit side by side


def portrait_figure(
    portraits: Mapping[str, Sequence[float]], shape: Sequence[int], names: Sequence[str], *, width_mm: float = 140
) -> Figure:
    """Two rows of pictures: what the attack recovered, and the mean of the class's training rows; dark is high.

    `portraits` holds `class`, `pixel`, `recovered` and `mean`, equally long; `shape` is height x width (x channels,
    shown as their mean); `names` are the classes' names in order. At most 12 classes are drawn.
    """
    columns = {name: np.asarray(portraits[name], dtype=float) for name in ("class", "recovered", "mean")}
    classes = int(columns["class"].max()) + 1 if len(columns["class"]) else 0
    rows = [columns[name].reshape(classes, *shape)[:_MOST] for name in ("recovered", "mean")]
    if len(shape) == 3:
        rows = [pictures.mean(axis=-1) for pictures in rows]
    low, high = min(p.min() for p in rows), max(p.max() for p in rows)
    left, gap, across = 22.0, 1.5, min(classes, _MOST)
    side = min((width_mm - left) / across - gap, 18.0)
    tall = side * shape[0] / shape[1]
    with matplotlib.rc_context(RC):
        height = 2 * (tall + gap) + 5
        figure = canvas(width_mm, height)
        for row, (label, pictures) in enumerate(zip(("recovered", "class mean"), rows)):
            bottom = height - 5 - (row + 1) * (tall + gap)
            figure.text(0, (bottom + tall / 2) / height, label, color=MUTED, va="center")
            for place, picture in enumerate(pictures):
                axes = axes_at(figure, left + place * (side + gap), bottom, side, tall)
                axes.pcolormesh(picture[::-1], cmap="Greys", vmin=low, vmax=high, linewidth=0, rasterized=False)
                axes.axis("off")
                if not row:
                    middle = (left + place * (side + gap) + side / 2) / width_mm
                    figure.text(middle, 1, names[place], ha="center", va="top", color=MUTED)
    return figure
