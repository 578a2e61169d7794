"""How the widgets look: one set of widths, one style sheet in the theme's own colours, and pieces of HTML."""

from html import escape
from importlib.resources import files

import ipywidgets as widgets

LABEL = "9.5em"
INPUT = "36em"
HELP_MARGIN = f"-2px 0 6px calc({LABEL} + 8px)"

STYLE = f"<style>{files('privnb.widgets').joinpath('look.css').read_text('utf-8')}</style>"


def html(content: str = "", **layout: str) -> widgets.HTML:
    """A piece of HTML without margins of its own; `content` must be escaped already."""
    return widgets.HTML(content, layout=widgets.Layout(**{"margin": "0", "width": "auto", "min_width": "0", **layout}))


def intro(text: str) -> widgets.HTML:
    """A sentence above a group of inputs."""
    return html(f'<div class="privnb-intro">{escape(_sentence(text))}</div>')


def help_text(text: str, left: str = LABEL) -> widgets.HTML:
    """The help below an input, `left` (and a little) from the edge."""
    return html(f'<div class="privnb-help">{escape(_sentence(text))}</div>', margin=HELP_MARGIN.replace(LABEL, left))


def row(text: str, *controls: widgets.Widget) -> widgets.VBox:
    """An input, with buttons behind it where there are some, and its help below."""
    line = controls[0] if len(controls) == 1 else side_by_side(controls)
    return widgets.VBox([line, help_text(text)], layout=widgets.Layout(max_width=INPUT, width="100%"))


def side_by_side(controls) -> widgets.HBox:
    """Widgets in one line."""
    return widgets.HBox(list(controls), layout=widgets.Layout(width="100%", align_items="center", grid_gap="8px"))


def labelled() -> dict:
    """Style and layout of an input with a label before it, aligned with all others."""
    return {
        "style": {"description_width": LABEL},
        "layout": widgets.Layout(width="100%", max_width=INPUT, margin="2px 0", min_width="0"),
    }


def button(word: str, icon: str = "", tooltip: str = "") -> widgets.Button:
    """A small button, wide enough for its word."""
    width = f"{len(word) * 0.62 + (3.6 if icon else 2):.1f}em"
    return widgets.Button(
        description=word,
        icon=icon,
        tooltip=tooltip or word,
        layout=widgets.Layout(width=width, flex="0 0 auto", margin="2px 0"),
    )


def box(children, **layout: str) -> widgets.VBox:
    """A column of widgets."""
    return widgets.VBox(list(children), layout=widgets.Layout(**layout))


def mark(tone: str, icon: str, word: str) -> str:
    """A status as a word with an icon on a coloured ground."""
    return f'<span class="privnb-mark {tone}"><span aria-hidden="true">{icon}</span> {escape(word)}</span>'


def message(text: str) -> str:
    """Something that went wrong, in plain lines."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in text.splitlines())
    return f'<div class="privnb-problems" role="alert">{lines}</div>'


def numbered(text: str, wrong: set[int]) -> str:
    """A text with line numbers; lines in `wrong` (from 1) are marked."""
    lines = [
        f'<div class="line{" wrong" if number in wrong else ""}">{escape(line) or "&nbsp;"}</div>'
        for number, line in enumerate(text.splitlines(), 1)
    ]
    return f'<div class="privnb-code">{"".join(lines)}</div>'


def code(text: str) -> str:
    """A text as it is written into a file."""
    return f'<div class="privnb-code">{escape(text)}</div>'


def _sentence(text: str) -> str:
    """Descriptions are written in lower case; alone on a line they start with a capital."""
    first = text.split(" ")[0].rstrip(",;:")
    return text[:1].upper() + text[1:] if first.replace("-", "").isalpha() else text
