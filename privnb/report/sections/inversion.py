"""Model inversion: what a class's portrait gives away on each variant, and the pictures where there are any."""

from collections.abc import Iterator

from privnb.figures.inversion import portrait_figure
from privnb.figures.style import to_svg
from privnb.report.parts import Drawn, Grid, Line, heads
from privnb.report.record import Record
from privnb.shown import NONE, count, shown

TITLE = "Model inversion"
_FACTS = (
    ("inversion.gain_over_prior", "Error of a blind guess removed"),
    ("inversion.confidence", "Confidence in the portrait"),
    ("inversion.ssim_mean", "SSIM to the class mean"),
    ("inversion.distance", "Distance from the class (SD)"),
)


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, portraits of the release, and a table of variants."""
    variants = [v.id for v in record.results.variants if record.finding(_FACTS[0][0], v.id)]
    on = record.release if record.release in variants else next(iter(variants), None)
    known = [(id, name) for id, name in _FACTS if any(record.finding(id, v) for v in variants)]
    rows = []
    for variant in variants:
        cells = [variant, str(record.facts("inversion", variant).get("method", NONE))]
        cells += [record.shown(id, variant) or NONE for id, _ in known]
        rows.append(Line(cells, variant, variant == record.release))
    titles = ["Variant", "By", *(f"={name}" for _, name in known)]
    return {
        "title": TITLE,
        "reading": _reading(record, on),
        "figure": _figure(record, on, figures),
        "tables": [Grid(heads(*titles), rows)] if rows else [],
        "note": _note(record, on, variants),
    }


def _reading(record: Record, on: str | None) -> str:
    if on is None:
        return "No variant has an inversion figure."
    facts = record.facts("inversion", on)
    held = facts.get("attacker_rows")
    knows = f"{count(held)} unlabelled rows of the same population" if held else "the data dictionary alone"
    return (
        "For each class the attacker looks for the input that the model takes for its clearest example, knowing "
        f"{knows}. The portrait is compared with the mean of the class’s training rows and with a guess made without "
        "the model, which is the same for every class."
    )


def _figure(record: Record, on: str | None, figures: Iterator[int]) -> Drawn | None:
    portraits = record.series("inversion", on).get("portraits") if on else None
    if not portraits or not portraits["class"]:
        return None
    facts = record.facts("inversion", on)
    svg = to_svg(portrait_figure(portraits, facts["shape"], facts["class_names"], width_mm=170))
    gain = record.finding("inversion.gain_over_prior", on)
    text = f"Portraits recovered from {on} above the class means of its training rows"
    caption = f"{text}; {shown(gain).value} of the error of a blind guess is removed." if gain else f"{text}."
    return Drawn(svg, f"{text}.", caption, next(figures))


def _note(record: Record, on: str | None, variants: list[str]) -> str:
    if on is None:
        return ""
    people = str(record.facts("inversion", on).get("people", ""))
    reasons = [f.reason for v in variants if (f := record.finding("inversion.gain_over_prior", v)) and f.reason]
    reasons.append("much of a portrait could be learnt from labelled rows of other people")
    lines = [line[:1].upper() + line[1:] + "." for line in (people, *dict.fromkeys(reasons)) if line]
    return " ".join(lines)
