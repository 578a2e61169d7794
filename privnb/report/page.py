"""From a record to one HTML text: the context of the templates, and the environment they run in."""

import base64
import functools
import html
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from privnb import __version__
from privnb.catalogue import fact
from privnb.errors import PrivnbError
from privnb.figures.look import FAIL, MUTED, PASS, WARN
from privnb.report.fonts import font_faces, printable
from privnb.report.parts import Drawn
from privnb.report.questions import Row, question_table, techniques
from privnb.report.record import Record
from privnb.report.reproduce import reproduce
from privnb.report.sections import sections
from privnb.report.strip import strip
from privnb.report.verdict import not_said, verdict, what_to_do

TEMPLATES = Path(__file__).parent.parent / "_templates"
_ROOMY = 21  # lines of the question table that leave air on page 1
_STROKE = 'fill="none" stroke="{0}" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"'
_SHAPES = {  # the shapes differ, so that they survive a grey print
    "pass": (PASS, '<circle cx="8" cy="8" r="8" fill="{0}"/><path d="M4.4 8.4 7 11 11.8 5.4" {1}/>'),
    "fail": (FAIL, '<path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" fill="{0}"/>'
             '<path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" {1}/>'),
    "inconclusive": (WARN, '<path d="M8 .6 16 15H0z" fill="{0}"/><path d="M8 6v4M8 12.6v.1" {1}/>'),
    "measured": (MUTED, '<circle cx="8" cy="8" r="4" fill="{0}"/>'),
    "not_assessed": (MUTED, '<circle cx="8" cy="8" r="6.6" fill="none" stroke="{0}" stroke-width="1.6"/>'
                     '<path d="M4.9 8h6.2" stroke="{0}" stroke-width="1.8"/>'),
}  # fmt: skip


def render_html(record: Record, *, paper: bool) -> str:
    """The whole sheet. `paper` puts figures in as images for WeasyPrint; the screen twin has them inline."""
    try:
        return _environment(paper).get_template("fact-sheet.html.j2").render(_context(record))
    except jinja2.UndefinedError as error:
        raise PrivnbError(f"a template of the fact sheet asks for what the report does not have: {error}") from error


def _context(record: Record) -> dict[str, Any]:
    groups = question_table(record)
    results = record.results
    levels = {f.level for f in results.findings}
    return {
        "title": str(results.subject.get("title") or results.subject.get("name") or "Untitled model"),
        "version": __version__,
        "when_iso": record.when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "spec_sha256": record.spec_sha256,
        "results_sha256": record.results_sha256,
        "verdict": verdict(record),
        "strip": strip(record),
        "groups": groups,
        "dense": sum(row.lines for group in groups for row in group.rows) > _ROOMY,
        "release_name": "the model as trained" if record.release == "baseline" else record.release,
        "level": f"{100 * max(levels, default=0.95):g}%",
        "bar_title": "Where it falls",
        "techniques": techniques(record),
        "to_do": what_to_do(record),
        "not_said": not_said(record),
        "sections": sections(record, TEMPLATES),
        "reproduce": reproduce(record),
        "looks": record.looks,
        "fact": fact,
    }


@functools.cache
def _environment(paper: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_glyphs,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals |= {
        "css": Markup(font_faces(TEMPLATES / "fonts", css) + css + _icons()),
        "mono": lambda text: printable(text, TEMPLATES / "fonts", "IBM Plex Mono"),
        "breakable": _breakable,
        "bar": _bar,
        "draw": _image if paper else _inline,
    }
    return environment


def _glyphs(value: Any) -> Any:
    return printable(value, TEMPLATES / "fonts") if isinstance(value, str) and not value.isascii() else value


def _icons() -> str:
    """Icons as backgrounds: the word beside each says the same, so a screen reader need not meet them."""
    return "".join(f'.icon.is-{name}{{background-image:url("{_data_uri(_icon(name))}")}}\n' for name in _SHAPES)


def _icon(name: str) -> str:
    colour, shape = _SHAPES[name]
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">'
    return head + shape.format(colour, _STROKE.format("#fff")) + "</svg>"


def _breakable(text: str) -> Markup:
    """A text whose long words may break after a bracket, dot, slash or equals sign."""
    parts = re.split(r"(?<=[(./=])(?=[^\W\d]{3})", text)
    return Markup("<wbr>").join(printable(part, TEMPLATES / "fonts") for part in parts)


def _bar(row: Row) -> Markup:
    return Markup('<img alt="{}" src="{}">').format(row.bar_alt, _data_uri(row.bar))


def _image(drawn: Drawn) -> Markup:
    return Markup('<img alt="{}" src="{}">').format(drawn.alt, _data_uri(drawn.svg))


def _inline(drawn: Drawn) -> Markup:
    label = html.escape(drawn.alt, quote=True)
    return Markup(drawn.svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
