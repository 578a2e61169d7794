"""The sections of the sheet: one for each stage of the run, in the catalogue's order, found by the stage's name."""

import itertools
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from privnb.catalogue import QUESTIONS
from privnb.report.parts import Section
from privnb.report.record import Record
from privnb.report.sections import generic

_ORDER = ("utility", "factors", "attacks", "data", "techniques")
_GOOD = ("ok", "inherited")


def sections(record: Record, templates: Path) -> list[Section]:
    """One section for each stage in the results, with the notes of those variants on which it did not end well."""
    figures = itertools.count(1)
    made = []
    for stage in _stages(record):
        good = [s for s in record.stages(stage) if s.status in _GOOD]
        built = _build(record, stage, figures) if good or not record.stages(stage) else {"title": _title(stage)}
        own = (templates / "sections" / f"{stage}.html.j2").is_file()
        template = f"sections/{stage}.html.j2" if good and own else "sections/generic.html.j2"
        built = {"facts": [], "tables": []} | built
        notes = [_note(record, stage, s.variant) for s in record.stages(stage) if s.status not in _GOOD]
        title = built.pop("title")
        made.append(Section(stage, title, template, len(made) + 1, list(dict.fromkeys(notes)), built))
    return made


def _stages(record: Record) -> list[str]:
    catalogue = ["subject", *(q.stage for group in _ORDER for q in QUESTIONS if q.group == group)]
    ran = list(dict.fromkeys(s.stage for s in record.results.stages))
    known = [stage for stage in dict.fromkeys(catalogue) if stage in ran or stage == "subject"]
    others = [stage for stage in ran if stage not in known and stage != "comparison"]
    return known + others + (["comparison"] if "comparison" in ran else [])


def _build(record: Record, stage: str, figures: Iterator[int]) -> dict:
    name = f"{__name__}.{stage}"
    if stage.isidentifier() and stage != "generic" and find_spec(name):
        return import_module(name).section(record, figures)
    return generic.section(record, stage) | {"title": _title(stage)}


def _title(stage: str) -> str:
    name = f"{__name__}.{stage}"
    if stage.isidentifier() and stage != "generic" and find_spec(name):
        return import_module(name).TITLE
    return next((q.name for q in QUESTIONS if q.stage == stage), stage.replace("_", " ")).capitalize()


def _note(record: Record, stage: str, variant: str | None) -> str:
    reason = record.why_not(stage, variant)
    return f"{variant}: {reason}." if variant else f"{reason[:1].upper()}{reason[1:]}."
