"""A mapping from names to values, such as an estimator's parameters: a line for each, the names on offer."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from privnb.widgets.inputs import UNSET, Input, as_text, plain_value
from privnb.widgets.look import INPUT, box, button, labelled, row, side_by_side
from privnb.widgets.offers import Offers
from privnb.widgets.shapes import Shape


class NamedValuesInput(Input):
    """Lines of name and value (as in YAML: 5, 0.1, true, [a, b]); a line without a value is not written."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        self._shape, self._changed, self._label = shape, changed, label
        self._lines: dict[str, widgets.Text] = {}
        self._add = widgets.Combobox(description=label, placeholder="name of a parameter", **labelled())
        add = button("Add", tooltip=f"Add a line to {label.lower()}")
        add.on_click(lambda _: self._add_line())
        self._rows = box([], max_width=INPUT, margin="0 0 6px 0")
        self.widget = box([row(help, self._add, add), self._rows])

    @property
    def control(self) -> widgets.Widget:
        """The box that takes a new name."""
        return self._add

    def get(self) -> Any:
        """Name -> value of the lines that have one; UNSET without any."""
        texts = {name: line.value.strip() for name, line in self._lines.items()}
        return {name: plain_value(text) for name, text in texts.items() if text} or UNSET

    def set(self, value: Any) -> None:
        """Show a mapping."""
        self._lines = {}
        for name, item in (value if isinstance(value, dict) else {}).items():
            self._lines[str(name)] = self._line(str(name), as_text(item))
        self._show()

    def put(self, name: str, value: Any) -> None:
        """Add or change one line."""
        if name in self._lines:
            self._lines[name].value = as_text(value)
            return
        self._lines[name] = self._line(name, "" if value is UNSET else as_text(value))
        self._show()
        self._changed()

    def refresh(self, offers: Offers, default: str) -> None:
        """Offer the names that the estimator takes and that have no line yet."""
        if self._shape.refers == "estimator_params":
            self._add.options = tuple(name for name in offers.parameters() if name not in self._lines)

    def _add_line(self) -> None:
        name = self._add.value.strip()
        if name:
            self.put(name, UNSET)
            self._add.value = ""

    def _line(self, name: str, text: str) -> widgets.Text:
        line = widgets.Text(text, description=name, placeholder="value", **labelled())
        line.add_class("privnb-named")
        line.observe(lambda _: self._changed(), "value")
        return line

    def _remove(self, name: str) -> None:
        del self._lines[name]
        self._show()
        self._changed()

    def _show(self) -> None:
        rows = []
        for name, line in self._lines.items():
            remove = button("Remove", tooltip=f"Remove {name}")
            remove.on_click(lambda _, name=name: self._remove(name))
            rows.append(side_by_side([line, remove]))
        self._rows.children = rows
