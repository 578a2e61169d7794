"""The pieces a section is made of: tables, named texts and drawn figures, as plain data for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from privnb.shown import NONE, Shown


@dataclass(frozen=True)
class Head:
    """A column heading; `kind` is "", `num` (numbers) or `range` (intervals), `under` a small second line."""

    text: str
    kind: str = ""
    under: str = ""

    @property
    def numeric(self) -> bool:
        """Whether the column stands at the right."""
        return bool(self.kind)


@dataclass(frozen=True)
class Line:
    """One row of a table; `variant` gives it a coloured dot, `strong` marks the release.

    A cell is a text, or a `Shown` whose interval stands small under its value.
    """

    cells: list[str | Shown]
    variant: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """A table ready to print."""

    heads: list[Head]
    rows: list[Line]
    title: str = ""


@dataclass(frozen=True)
class Item:
    """A name and a text; `declared` marks what nobody measured."""

    name: str
    text: str
    declared: bool = False


@dataclass(frozen=True)
class Drawn:
    """A figure with its alternative text and the caption that states what it shows."""

    svg: str
    alt: str
    caption: str
    number: int


@dataclass(frozen=True)
class Section:
    """A section of the sheet: its template finds `data` under the name `part`."""

    stage: str
    title: str
    template: str
    number: int
    notes: list[str] = field(default_factory=list)
    data: dict = field(default_factory=dict)


def heads(*titles: str) -> list[Head]:
    """Headings from titles: a leading `#` marks numbers, `~` intervals, `=` numbers with their interval beneath."""
    made = {
        "#": lambda text: Head(text, "num"),
        "~": lambda text: Head(text, "range"),
        "=": lambda text: Head(text, "num", "95% interval"),
    }
    return [made[title[0]](title[1:]) if title[:1] in made else Head(title) for title in titles]


def both(text: Shown | None) -> list[str]:
    """Value and interval as two cells; dashes where nothing was found."""
    return [NONE, NONE] if text is None else [text.value, text.interval]


def listed(words: Sequence[str], empty: str = "none") -> str:
    """Words joined by commas, or `empty`."""
    return ", ".join(map(str, words)) if words else empty


def joined(words: Sequence[str]) -> str:
    """Words as a sentence joins them: a, b and c."""
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
