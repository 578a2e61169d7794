"""The form of a section, generated from its pydantic model: an input for each field, by the field's type alone."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import ipywidgets as widgets
import pydantic
from pydantic.fields import FieldInfo

from privnb.spec.profiles import profile_of
from privnb.spec.tree import keys_of
from privnb.stages import stages
from privnb.widgets.inputs import UNSET, ChoiceInput, ColumnsInput, Input, ListInput, ManyInput, TextInput, as_text
from privnb.widgets.look import box, help_text, intro
from privnb.widgets.named_values import NamedValuesInput
from privnb.widgets.offers import Offers, names_of
from privnb.widgets.shapes import Shape, default_of, label_of, shape_of
from privnb.widgets.sliders import SliderInput

Changed = Callable[[], None]
Hidden = Mapping[tuple, tuple | None]  # place in the tree -> choices to leave out; None: the whole field


class SectionInput(Input):
    """All fields of one model.

    Only what was chosen is in the value. Keys that no input shows are kept as they were set. A section that may
    be left out but is valid when empty has a `switch`; the others count as given when anything in them is.
    `null_is_on`: null stands for the section with its defaults.
    """

    def __init__(
        self,
        model: type[pydantic.BaseModel],
        changed: Changed,
        *,
        place: tuple = (),
        hidden: Hidden | None = None,
        sliders: bool = False,
        switch: str | None = None,
        help: str = "",
        null_is_on: bool = False,
    ):
        self.model, self.null_is_on, self._sliders = model, null_is_on, sliders
        self._kept: dict[str, Any] = {}
        self._word: Any = UNSET
        self.fields: dict[str, FieldInfo] = {}
        self.inputs: dict[str, Input] = {}
        self._constants: dict[str, Any] = {}
        for key, field in keys_of(model).items():
            left_out = (hidden or {}).get((*place, key), ())
            if left_out is not None:
                self._add(key, field, changed, (*place, key), hidden or {}, left_out)
        self.body = box(_arranged(self.inputs.values()))
        self.switch = None
        self.widget = self.body
        if switch is not None:
            self.switch = widgets.Checkbox(False, description=switch, indent=False, layout=widgets.Layout(width="auto"))
            self.help = help_text(help, "1.2em")
            self.switch.observe(lambda _: self._switched(changed), "value")
            self.body.layout.margin = "0 0 8px 0"
            self.body.layout.display = "none"
            self.widget = box([self.switch, self.help, self.body])

    def _add(self, key: str, field: FieldInfo, changed: Changed, place: tuple, hidden: Hidden, left_out: tuple) -> None:
        shape = shape_of(field)
        if not shape.refers and (named := names_of(self.model, key)):
            shape = Shape(**{**vars(shape), "refers": named})
        if field.is_required() and shape.kind == "choice" and len(shape.choices) == 1:
            self._constants[key] = shape.choices[0]
            return
        if left_out:
            shape = Shape(**{**vars(shape), "choices": tuple(c for c in shape.choices if c not in left_out)})
        if shape.kind == "flag" and left_out:
            return  # one value is left: nothing to choose
        self.fields[key] = field
        self.inputs[key] = input_for(key, field, shape, changed, place, hidden, self._sliders)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, key by key in the model's order."""
        values = {key: item.get() for key, item in self.inputs.items()}
        values = {**self._constants, **self._kept, **values}
        return {key: values[key] for key in (*keys_of(self.model), *self._kept) if values.get(key, UNSET) is not UNSET}

    def get(self) -> Any:
        """The chosen values; UNSET when switched off, or when nothing was chosen and there is no switch."""
        if self.switch is not None and not self.switch.value:
            return UNSET
        chosen = self.chosen
        if chosen and chosen != self._constants:
            return chosen
        if self._word is not UNSET:
            return self._word
        return chosen if self.switch is not None or chosen else UNSET

    def set(self, value: Any) -> None:
        """Show a mapping; another value (such as `auto`) is kept until something is chosen; null clears."""
        if value is None:
            value = {} if self.null_is_on else UNSET
        given = value if isinstance(value, dict) else {}
        self._word = UNSET if isinstance(value, dict) else value
        if self.switch is not None:
            self.switch.value = value is not UNSET
        for key, item in self.inputs.items():
            item.set(_unset_null(given.get(key, UNSET), item))
        self._kept = {
            key: value
            for key, value in given.items()
            if key not in self.inputs and key not in self._constants and value is not None
        }

    def refresh(self, offers: Offers, default: str) -> None:
        """Bring every input up to date."""
        estimator = next(
            (key for key, item in self.inputs.items() if shape_of(self.fields[key]).refers == "estimator"), None
        )
        inner = offers.within(self.inputs[estimator].get()) if estimator else offers
        for key, item in self.inputs.items():
            item.refresh(inner, default_words(self.fields[key], offers.profile))

    def _switched(self, changed: Changed) -> None:
        self.body.layout.display = "" if self.switch.value and self.inputs else "none"
        changed()


def input_for(
    key: str, field: FieldInfo, shape: Shape, changed: Changed, place: tuple, hidden: Hidden, sliders: bool
) -> Input:
    """The input for a field, by what it holds."""
    from privnb.widgets.cards import CardsInput

    label, help = label_of(key, field), help_of(field, shape)
    if shape.kind == "section":
        return _subsection(key, field, shape, changed, place, hidden, sliders)
    if shape.kind == "sections":
        return CardsInput(shape.section, changed, place=place, hidden=hidden, help=help)
    if shape.refers == "column":
        return ColumnsInput(label, help, shape, changed)
    if shape.kind == "mapping":
        return NamedValuesInput(label, help, shape, changed)
    if shape.kind in ("choice", "flag") or (shape.refers == "variant" and shape.kind == "text"):
        return ChoiceInput(label, help, shape, changed)
    if shape.kind == "choices" or (shape.refers == "variant" and shape.kind == "texts"):
        return ManyInput(label, help, shape, changed)
    if sliders and shape.bounded and not shape.optional and not shape.words:
        return SliderInput(label, help, shape, changed)
    return (ListInput if shape.kind == "texts" else TextInput)(label, help, shape, changed)


def _subsection(
    key: str, field: FieldInfo, shape: Shape, changed: Changed, place: tuple, hidden: Hidden, sliders: bool
) -> Input:
    """A section within a section: with a switch when it may be left out and would be valid empty."""
    needs_more = any(inner.is_required() for inner in shape.section.model_fields.values())
    is_stage = field.alias is not None and key in stages()  # null there takes the defaults
    label = stages()[key].meta.title if is_stage else label_of(key, field)
    words = stages()[key].meta.question if is_stage else help_of(field, shape)
    switch = label if shape.optional and not needs_more else None
    section = SectionInput(
        shape.section,
        changed,
        place=place,
        hidden=hidden,
        sliders=sliders,
        switch=switch,
        help=words,
        null_is_on=is_stage,
    )
    if switch is None and len(place) > 1:
        section.body.children = [intro(f"{label}: {words}"), *section.body.children]
    return section


def help_of(field: FieldInfo, shape: Shape) -> str:
    """The field's description, with its limits and the words that may stand instead."""
    words = [field.description or ""]
    if shape.limits:
        words.append(shape.limits)
    return "; ".join(word for word in words if word)


def default_words(field: FieldInfo, profile: str) -> str:
    """What holds when nothing is chosen."""
    found, value = profile_of(field, profile)
    if found:
        return f"{as_text(value)} (profile {profile})"
    if field.is_required():
        return "needed"
    value = default_of(field)
    if value is None or value in ([], {}, ()):
        return "not given"
    return f"{as_text(value)} (default)"


def _arranged(inputs: Iterable[Input]) -> list[widgets.Widget]:
    """The inputs' widgets in order; neighbours that choose columns stand side by side."""
    found: list[widgets.Widget] = []
    for many, group in groupby(inputs, key=lambda item: isinstance(item, ColumnsInput) and item.many):
        children = [item.widget for item in group]
        layout = widgets.Layout(flex_flow="row wrap", grid_gap="0 12px", width="100%")
        found += [widgets.HBox(children, layout=layout)] if many else children
    return found


def _unset_null(value: Any, item: Input) -> Any:
    """Null means not given, except for a stage that is requested with its defaults."""
    return UNSET if value is None and not getattr(item, "null_is_on", False) else value
