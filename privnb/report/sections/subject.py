"""What was assessed: model, data, attacker, the people in each part, and what was only declared."""

from collections.abc import Iterator

from privnb.report.parts import Grid, Item, Line, heads, listed
from privnb.report.record import Record
from privnb.report.sections.generic import cell
from privnb.shown import count

TITLE = "What was assessed"

_PARTS = {
    "train": "training (members)",
    "validation": "validation (choices)",
    "evaluation": "evaluation (non-members)",
    "pool": "pool (shadow models)",
    "given": "given, membership unknown",
}
_ORIGIN = {
    "train": "trained in this run from the spec",
    "factory": "trained in this run by the user’s own code",
    "file": "a fitted model file, as given",
}
_MEMBERSHIP = {
    "split": "known: this run drew the parts by person",
    "declared": "declared by the owner of the data",
    "unknown": "unknown: no membership figure is possible",
}
_HOLDS = {
    "actual": "the candidate records",
    "same-distribution": "other records of the same kind",
    "none": "no data of the kind",
}


def section(record: Record, figures: Iterator[int]) -> dict:
    """Named texts for each of the blocks."""
    about = record.results.subject
    declared = about.get("declared") or {}
    return {
        "title": TITLE,
        "model": _model(about),
        "data": _data(record, about),
        "attacker": attacker(about),
        "parts": _parts(record, (about.get("data") or {}).get("parts") or {}),
        "declared": [Item(name.replace("_", " "), cell(text)) for name, text in declared.items() if text is not None],
    }


def attacker(about: dict) -> list[Item]:
    """The attacker's assumptions in words."""
    who = about.get("attacker") or {}
    knows = who.get("knows_architecture")
    items = [
        Item("access", cell(who.get("access"))),
        Item("sees", cell(who.get("outputs"))),
        Item("holds", _HOLDS.get(who.get("data"), cell(who.get("data")))),
        Item("kind of model", "known" if knows else "not known"),
    ]
    if about.get("release_kind"):
        items.append(Item("release", cell(about["release_kind"]), True))
    return items


def clipped_digest(digest: object) -> str:
    """The first 16 hexadecimal digits; the attached results hold all of them."""
    text = str(digest)
    return text if len(text) <= 32 else f"{text[:16]}…"


def _model(about: dict) -> list[Item]:
    model = about.get("model") or {}
    items = [
        Item("kind", cell(model.get("estimator") or model.get("label"))),
        Item("parameters", cell(model.get("params") or {})),
        Item("origin", _ORIGIN.get(model.get("origin"), cell(model.get("origin")))),
        Item("task", f"{cell(about.get('task'))} of {cell(about.get('target'))}"),
    ]
    if model.get("digest"):
        items.append(Item("keyed digest", clipped_digest(model["digest"])))
    return items


def _data(record: Record, about: dict) -> list[Item]:
    data = about.get("data") or {}
    people, rows = count(data.get("people") or 0), count(data.get("rows") or 0)
    size = f"{people} people" if people == rows else f"{rows} rows of {people} people"
    size += f", {count(data.get('columns') or 0)} columns"
    items = [
        Item("table", cell(data.get("name"))),
        Item(
            "source",
            ", ".join(cell(data[k]) for k in ("source", "licence") if data.get(k) and data[k] != data.get("name"))
            or "not declared",
        ),
        Item("size", size),
        Item("membership", _MEMBERSHIP.get(data.get("membership"), cell(data.get("membership")))),
        Item("sensitive", listed(about.get("sensitive") or []), True),
        Item("quasi-identifiers", listed(about.get("quasi_identifiers") or []), True),
    ]
    if data.get("set_aside_rows"):
        aside = f"{count(data['set_aside_rows'], record.small_cell)} rows of people who are in training as well"
        items.append(Item("set aside", aside))
    copied = record.shown("subject.copied_rows", "baseline")
    if copied:
        items.append(Item("copied rows", f"{copied.value} of evaluation rows"))
    if data.get("digest"):
        items.append(Item("keyed digest", clipped_digest(data["digest"])))
    return items


def _parts(record: Record, parts: dict) -> Grid:
    rows = [
        Line([_PARTS.get(name, name), *(count(size.get(unit, 0), record.small_cell) for unit in ("people", "rows"))])
        for name, size in sorted(parts.items(), key=lambda item: [*_PARTS, item[0]].index(item[0]))
        if size.get("rows", 0)
    ]
    return Grid(heads("Part", "#People", "#Rows"), rows)
