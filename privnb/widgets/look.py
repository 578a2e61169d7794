"""How the widgets look: one set of widths, one style sheet in the theme's own colours, and pieces of HTML."""

from html import escape

import ipywidgets as widgets

LABEL = "8.5em"
INPUT = "36em"
MONO = "var(--jp-code-font-family, ui-monospace, monospace)"

STYLE = f"""<style>
.privnb-help {{ color: var(--jp-ui-font-color2, #57606a); font-size: 12px; line-height: 1.35; white-space: normal; }}
.privnb-intro {{ color: var(--jp-ui-font-color2, #57606a); line-height: 1.4; margin: 0 0 6px 0; white-space: normal; }}
.privnb-heading {{ font-weight: 600; line-height: 1.4; white-space: normal; }}
.privnb-above > label.widget-label {{ text-align: left; width: auto; }}
.privnb-above > select {{ width: 100%; height: auto; max-height: none; flex: 0 0 auto; }}
.privnb-code {{ font-family: {MONO}; font-size: 12px; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; box-sizing: border-box;
  color: var(--jp-content-font-color1, #1f2328); background: var(--jp-layout-color1, #fff); padding: 8px 10px;
  border: 1px solid var(--jp-border-color2, #d0d7de); border-radius: 2px; counter-reset: line; }}
.privnb-code .line {{ position: relative; padding-left: 4.4em; text-indent: -2em; margin: 0 -10px; }}
.privnb-code .line::before {{ counter-increment: line; content: counter(line); position: absolute; left: 0; width: 2em;
  text-indent: 0; text-align: right; color: var(--jp-ui-font-color3, #8c959f); }}
.privnb-code .wrong {{ background: #b4231818; box-shadow: inset 3px 0 0 #b42318; }}
.privnb-problems {{ margin: 6px 0 0 0; line-height: 1.45; white-space: normal; }}
.privnb-problems div {{ padding: 2px 0 2px 10px; border-left: 3px solid #b42318; margin: 6px 0; overflow-wrap: anywhere; }}
.privnb-problems b {{ font-weight: 600; white-space: nowrap; }}
table.privnb-table {{ border-collapse: collapse; line-height: 1.4; white-space: normal; }}
table.privnb-table th {{ text-align: left; font-weight: 600; padding: 4px 18px 4px 0; border-bottom: 1px solid var(--jp-border-color1, #8c959f); }}
table.privnb-table td {{ padding: 3px 18px 3px 0; border-bottom: 1px solid var(--jp-border-color3, #eaeef2); vertical-align: top; }}
table.privnb-table .number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.privnb-mark {{ display: inline-block; color: #fff; border-radius: 3px; padding: 0 7px; white-space: nowrap; font-size: 12px; line-height: 1.5; }}
.privnb-mark.good {{ background: #1a7f37; }} .privnb-mark.bad {{ background: #b42318; }}
.privnb-mark.unsure {{ background: #8a5a00; }} .privnb-mark.quiet {{ background: #57606a; }} .privnb-mark.busy {{ background: #0b5cad; }}
</style>"""


def html(content: str = "", **layout: str) -> widgets.HTML:
    """A piece of HTML without margins of its own; `content` must be escaped already."""
    return widgets.HTML(content, layout=widgets.Layout(**{"margin": "0", "width": "auto", "min_width": "0", **layout}))


def intro(text: str) -> widgets.HTML:
    """A sentence above a group of inputs."""
    return html(f'<div class="privnb-intro">{escape(_sentence(text))}</div>')


def help_text(text: str, left: str = LABEL) -> widgets.HTML:
    """The help below an input, `left` from the edge."""
    return html(f'<div class="privnb-help">{escape(_sentence(text))}</div>', margin=f"-2px 0 6px calc({left} + 8px)")


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
        description=word, icon=icon, tooltip=tooltip or word, layout=widgets.Layout(width=width, flex="0 0 auto", margin="2px 0")
    )


def box(children, **layout: str) -> widgets.VBox:
    """A column of widgets."""
    return widgets.VBox(list(children), layout=widgets.Layout(**layout))


def mark(tone: str, icon: str, word: str) -> str:
    """A status as a word with an icon on a coloured ground."""
    return f'<span class="privnb-mark {tone}"><span aria-hidden="true">{icon}</span> {escape(word)}</span>'


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
    return text[:1].upper() + text[1:]
