"""One input for one field: a labelled control whose empty state means that the person chose nothing."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from privnb.spec.positions import parse
from privnb.widgets.look import box, help_text, labelled, row
from privnb.widgets.offers import Offers
from privnb.widgets.shapes import Shape

_ROWS = 24  # of a list; longer ones scroll
UNSET: Any = type("Unset", (), {"__repr__": lambda self: "UNSET", "__bool__": lambda self: False})()


class Input:
    """Base of all inputs.

    `widget` is what is shown. `get()` is the plain value or UNSET, `set(value)` shows a plain value (UNSET clears),
    `refresh(offers, default)` brings what can be chosen and the default that holds without a choice up to date.
    `changed()` is called after every change.
    """

    widget: widgets.Widget

    def get(self) -> Any:
        """The plain value, or UNSET."""
        raise KeyError("an input without a value")

    def refresh(self, offers: Offers, default: str) -> None:
        """Nothing to bring up to date."""


class TextInput(Input):
    """One line of text; what is no value of the wanted type stays text, and the validation says so."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        self._shape = shape
        self.control = self._control(label)
        self.control.observe(lambda _: changed(), "value")
        self.widget = row(help, self.control)

    def _control(self, label: str) -> widgets.Widget:
        kind = widgets.Combobox if self._shape.refers in ("estimator", "metric") else widgets.Text
        return kind(description=label, **labelled())

    def get(self) -> Any:
        """The value; UNSET for an empty line."""
        text = self.control.value.strip()
        if not text:
            return UNSET
        return text if self._shape.kind == "text" else plain_value(text)

    def set(self, value: Any) -> None:
        """Show a value."""
        self.control.value = "" if value is UNSET else as_text(value)

    def refresh(self, offers: Offers, default: str) -> None:
        """Offer names; show the default as placeholder."""
        self.control.placeholder = default
        if isinstance(self.control, widgets.Combobox):
            self.control.options = offers.named(self._shape.refers) or ()


class _Offering(Input):
    """An input with a list to choose from, which changes with the spec: only a change of the choice counts as one."""

    control: widgets.Widget
    _moving = False

    def _listen(self, changed: Callable[[], None]) -> None:
        self.control.observe(lambda _: None if self._moving else changed(), "value")
        self._changed = changed

    def _put(self, options: Sequence[tuple[str, Any]], value: Any) -> None:
        """Replace list and choice in one step, without a word to anybody."""
        self._moving = True
        try:
            if list(self.control.options) != list(options):
                self.control.options = options
            if self.control.value != value:
                self.control.value = value
        finally:
            self._moving = False


class ChoiceInput(_Offering):
    """A drop-down list whose first entry stands for the default; a value that is not on offer is kept and marked."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        self._shape = shape
        self._choices: tuple = (False, True) if shape.kind == "flag" else shape.choices
        self._default = "not given"
        self.control = widgets.Dropdown(description=label, options=self._options(UNSET), value=UNSET, **labelled())
        self._listen(changed)
        self.widget = row(help, self.control)

    def get(self) -> Any:
        """The chosen value, or UNSET."""
        return self.control.value

    def set(self, value: Any) -> None:
        """Show a value."""
        self._put(self._options(value), value)
        self._changed()

    def refresh(self, offers: Offers, default: str) -> None:
        """Bring names and default up to date, keeping the choice."""
        named = offers.named(self._shape.refers)
        if named is not None:
            self._choices = named
        self._default = default
        self._put(self._options(self.control.value), self.control.value)

    def _options(self, value: Any) -> list[tuple[str, Any]]:
        options = [(self._default, UNSET), *((as_text(choice), choice) for choice in self._choices)]
        if value is not UNSET and not any(value == choice for _, choice in options):
            options.append((f"{as_text(value)} (unknown)", value))
        return options


class ManyInput(_Offering):
    """A list to choose several from; nothing chosen means the default. The order of an earlier value is kept."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        self._shape, self._order = shape, []
        self._choices: tuple = (*shape.words, *shape.choices)
        self.control = widgets.SelectMultiple(description=label, **labelled())
        self._listen(changed)
        self.widget = row(f"{help} (Ctrl or Cmd and click for several)", self.control)
        self._offer(())

    def get(self) -> Any:
        """The chosen values as a list, a word that stands for a list, or UNSET."""
        chosen = list(self.control.value)
        if not chosen:
            return UNSET
        if len(chosen) == 1 and chosen[0] in self._shape.words:
            return chosen[0]
        return sorted(chosen, key=lambda value: self._order.index(value) if value in self._order else len(self._order))

    def set(self, value: Any) -> None:
        """Show a list or a word."""
        chosen = [] if value is UNSET else list(value) if isinstance(value, (list, tuple)) else [value]
        self._order = [as_text(item) if not isinstance(item, str) else item for item in chosen]
        self._offer(tuple(self._order))
        self._changed()

    def refresh(self, offers: Offers, default: str) -> None:
        """Bring names up to date, keeping what was chosen."""
        named = offers.named(self._shape.refers)
        if named is not None:
            self._choices = named
        self._offer(self.control.value)

    def _offer(self, chosen: Sequence[Any]) -> None:
        unknown = [(f"{value} (unknown)", value) for value in chosen if value not in self._choices]
        options = [*((as_text(choice), choice) for choice in self._choices), *unknown]
        self.control.rows = max(2, min(len(options), _ROWS))
        self._put(options, tuple(chosen))


class TallInput(ManyInput):
    """The same with its label above, so that several can stand side by side."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        super().__init__(label, help, shape, changed)
        self.control.style.description_width = "auto"
        self.control.layout.flex_flow = "column"
        self.control.layout.height = "auto"
        self.control.add_class("privnb-above")
        self.widget = box(
            [self.control, help_text(f"{help} (Ctrl or Cmd and click for several)", "-8px")], width="100%"
        )


class ListInput(TextInput):
    """Several names in one line, separated by commas."""

    def get(self) -> Any:
        """The names as a list; UNSET for an empty line."""
        names = [name.strip() for name in self.control.value.split(",") if name.strip()]
        return names or UNSET

    def set(self, value: Any) -> None:
        """Show a list of names."""
        items = value if isinstance(value, (list, tuple)) else [value]
        self.control.value = "" if value is UNSET else ", ".join(as_text(item) for item in items)


class ColumnsInput(Input):
    """Names from a table: chosen from its columns where they are known, else typed."""

    def __init__(self, label: str, help: str, shape: Shape, changed: Callable[[], None]):
        many = shape.kind == "texts"
        self.many = many
        self._typed = (ListInput if many else TextInput)(label, help, shape, changed)
        self._chosen = (TallInput if many else ChoiceInput)(label, help, shape, changed)
        self._now: Input = self._typed
        self.widget = widgets.VBox([self._now.widget], layout=widgets.Layout(flex="1 1 100%", min_width="0"))

    @property
    def control(self) -> widgets.Widget:
        """The control that is shown now."""
        return self._now.control

    def get(self) -> Any:
        """The value of the control that is shown."""
        return self._now.get()

    def set(self, value: Any) -> None:
        """Show a value."""
        self._now.set(value)

    def refresh(self, offers: Offers, default: str) -> None:
        """Change between typing and choosing when the table becomes known or unknown; the value stays."""
        wanted = self._typed if offers.named("column") is None else self._chosen
        wanted.refresh(offers, default)
        if wanted is not self._now:
            wanted.set(self._now.get())
            self._now = wanted
            self.widget.children = [wanted.widget]
        if self.many:
            longest = max((len(words) for words, _ in self._chosen.control.options), default=0)
            width = f"{0.62 * min(longest, 48):.0f}em" if wanted is self._chosen else "100%"
            self.widget.layout.flex = f"1 1 {width}"


def plain_value(text: str) -> Any:
    """The value that a text means in YAML 1.2; the text itself where it is no YAML."""
    found = parse(text)
    return text if found.problems or found.value is None else found.value


def as_text(value: Any) -> str:
    """A plain value as it is written in a line of YAML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)  # JSON is YAML 1.2
