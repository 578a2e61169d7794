"""Sliders for numbers with limits on both sides: for trying values, where every value is set and none is left out."""

import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from privnb.widgets.inputs import UNSET, Input
from privnb.widgets.look import labelled, row
from privnb.widgets.shapes import Shape

_WIDE = 100  # a ratio of the limits from which steps double instead of adding
_STEPS = 100


class SliderInput(Input):
    """A slider between the limits; over a wide range its steps double, so that small values stay in reach."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        self._shape = shape
        self._whole = shape.kind == "integer"
        self._wide = self._whole and shape.low > 0 and shape.high / shape.low > _WIDE
        self.control = self._control(label)
        self.control.observe(lambda _: changed(), "value")
        self.widget = row(help, self.control)

    def get(self) -> Any:
        """The number."""
        return self.control.value

    def set(self, value: Any) -> None:
        """Show a number; one outside the slider's steps becomes a step of its own."""
        if value is UNSET or not isinstance(value, (int, float)):
            return
        if self._wide and value not in self.control.options:
            self.control.options = sorted({*self.control.options, value})
        self.control.value = value

    def _control(self, label: str) -> widgets.Widget:
        shape, more = self._shape, {"description": label, "continuous_update": False, **labelled()}
        if self._wide:
            return widgets.SelectionSlider(options=doubling(int(shape.low), int(shape.high)), **more)
        if self._whole:
            low, high = int(shape.low) + shape.low_open, int(shape.high) - shape.high_open
            return widgets.IntSlider(value=low, min=low, max=high, **more)
        step = 10 ** math.floor(math.log10((shape.high - shape.low) / _STEPS))
        low = shape.low + step * shape.low_open
        high = shape.high - step * shape.high_open
        return widgets.FloatSlider(
            value=low, min=low, max=high, step=step, readout_format=f".{max(0, -round(math.log10(step)))}f", **more
        )


def doubling(low: int, high: int) -> list[int]:
    """`low`, twice that, and so on, up to and including `high`."""
    count = math.floor(math.log2(high / low))
    return sorted({*(low * 2**power for power in range(count + 1)), high})
