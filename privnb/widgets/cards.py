"""A list of sections as cards that can be added, removed and moved: mitigations, gates."""

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
import pydantic

from privnb.widgets.inputs import UNSET, Input
from privnb.widgets.look import HELP_MARGIN, box, button, html, intro, labelled, side_by_side
from privnb.widgets.offers import Offers
from privnb.widgets.sections import Changed, Hidden, SectionInput


class CardsInput(Input):
    """One card an item, in the order of the list."""

    def __init__(self, model: type[pydantic.BaseModel], changed: Changed, *, place: tuple, hidden: Hidden, help: str):
        self._model, self._changed, self._place, self._hidden = model, changed, place, hidden
        self.cards: list[Card] = []
        self._word: Any = UNSET
        self._column = box([])
        self._add = button(f"Add a {model.__name__.lower()}", "plus")
        self._add.on_click(lambda _: self.add())
        self.widget = box([self._column, self._add] if len(place) == 1 else [intro(help), self._column, self._add])

    def add(self, value: Mapping[str, Any] | None = None) -> "Card":
        """A new card at the end."""
        card = self._card(value)
        self._show([*self.cards, card])
        self._changed()
        return card

    def remove(self, card: "Card") -> None:
        """Take one card away."""
        self._show([other for other in self.cards if other is not card])
        self._changed()

    def move(self, card: "Card", by: int) -> None:
        """Move a card up (-1) or down (1)."""
        place = self.cards.index(card)
        other = place + by
        if 0 <= other < len(self.cards):
            cards = list(self.cards)
            cards[place], cards[other] = cards[other], cards[place]
            self._show(cards)
            self._changed()

    def get(self) -> Any:
        """The list of the cards' values; without cards the word that stood there (such as `auto`), or UNSET."""
        return [card.section.chosen for card in self.cards] or self._word

    def set(self, value: Any) -> None:
        """Show a list; a word in its place (such as `auto`) is kept until a card is added."""
        self._word = value if isinstance(value, str) else UNSET
        self._show([self._card(item) for item in (value if isinstance(value, list) else [])])

    def refresh(self, offers: Offers, default: str) -> None:
        """Bring every card up to date; one that makes a variant is offered the variants before it."""
        for number, card in enumerate(self.cards, 1):
            card.refresh(offers.before(card.section.chosen.get("id")), number, len(self.cards))

    def _card(self, value: Mapping[str, Any] | None) -> "Card":
        return Card(self, self._model, self._changed, self._place, self._hidden, value)

    def _show(self, cards: list["Card"]) -> None:
        self.cards = cards
        self._column.children = [card.widget for card in cards]


class Card:
    """One item: its title, buttons to move and remove it, and its fields. Of several stages on offer one is chosen."""

    def __init__(self, cards: CardsInput, model, changed: Changed, place: tuple, hidden: Hidden, value):
        self.section = SectionInput(model, changed, place=place, hidden=hidden)
        self._kinds = {
            key: item for key, item in self.section.inputs.items() if isinstance(item, SectionInput) and item.null_is_on
        }
        for item in self._kinds.values():
            item.switch.layout.display = item.help.layout.display = "none"
            item.body.layout.margin = "0"
            item.help.layout.margin = HELP_MARGIN
        self._title = html(flex="1 1 0")
        self._up, self._down = button("Up", "arrow-up"), button("Down", "arrow-down")
        remove = button("Remove", "trash")
        self._up.on_click(lambda _: cards.move(self, -1))
        self._down.on_click(lambda _: cards.move(self, 1))
        remove.on_click(lambda _: cards.remove(self))
        head = side_by_side([self._title, self._up, self._down, remove])
        self.kind = self._kind_choice()
        self.section.set(value if isinstance(value, dict) else {})
        if self.kind is not None:
            on = [key for key, item in self._kinds.items() if item.switch.value]
            self.kind.value = next(iter(on or self._kinds if value is None else on), "")
            self._choose(self.kind.value)
        self.widget = box(
            [head, self.section.widget],
            border="1px solid var(--jp-border-color2, #d0d7de)",
            padding="6px 10px",
            margin="0 0 8px 0",
        )

    def refresh(self, offers: Offers, number: int, of: int) -> None:
        """Bring title, buttons and fields up to date."""
        self.section.refresh(offers, "")
        chosen = self.section.chosen
        name = next((str(value) for key, value in chosen.items() if key in ("id", "metric")), "")
        words = ": ".join(escape(word) for word in (f"{self.section.model.__name__} {number}", name) if word)
        self._title.value = f'<div class="privnb-heading">{words}</div>'
        self._up.disabled, self._down.disabled = number == 1, number == of

    def _kind_choice(self) -> widgets.Dropdown | None:
        """The list of stages that the item can be of; a new item is of the first."""
        if not self._kinds:
            return None
        options = [("not given", ""), *((item.switch.description, name) for name, item in self._kinds.items())]
        choice = widgets.Dropdown(description="Kind", options=options, **labelled())
        choice.observe(lambda _: self._choose(choice.value), "value")
        rows = [item.widget for key, item in self.section.inputs.items() if key not in self._kinds]
        kinds = [item.widget for item in self._kinds.values()]
        self.section.body.children = [*rows, choice, *kinds]
        return choice

    def _choose(self, kind: str) -> None:
        for key, item in self._kinds.items():
            item.switch.value = key == kind
            item.help.layout.display = "" if key == kind else "none"
