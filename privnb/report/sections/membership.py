"""Membership inference: the ROC of the attack on each variant, its figures, and how sure they are."""

import math
from collections.abc import Iterator

from privnb.catalogue import fact
from privnb.figures.roc import roc_figure
from privnb.figures.style import to_svg
from privnb.findings import Finding
from privnb.report.parts import Drawn, Grid, Line, both, heads, joined
from privnb.report.record import Record
from privnb.shown import NONE, count, decimal, percent, shown

TITLE = "Membership inference"
METHODS = {
    "rmia": "RMIA",
    "lira": "LiRA",
    "confidence": "confidence threshold",
    "entropy": "entropy threshold",
    "modified_entropy": "modified entropy threshold",
    "gap": "gap (right or wrong)",
    "robustness": "robustness of the label",
    "residual": "residual threshold",
    "calibrated": "calibrated confidence",
    "calibrated_robustness": "calibrated robustness",
}
_RATES = ("membership.tpr_at_threshold", "membership.fpr_at_threshold")
HIDDEN = ("not shown", NONE)  # a group of few people
_AT_1 = "membership.tpr_at_fpr_1pct"
_COLUMNS = ("membership.tpr_at_fpr_10pct", _AT_1, "membership.tpr_at_fpr_0_1pct")


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, ROC, a table of variants, a table of methods on the release, and what limits the test."""
    variants = [v.id for v in record.results.variants if record.finding("membership.auc", v.id)]
    return {
        "title": TITLE,
        "reading": _reading(record, variants),
        "figure": _figure(record, variants, figures),
        "tables": [
            table for table in (_by_variant(record, variants), _by_method(record), _by_group(record)) if table.rows
        ],
        "sure": _sure(record, variants),
    }


def method_name(method: str | None) -> str:
    """What practitioners call an attack."""
    return METHODS.get(method or "", (method or "").replace("_", " "))


def _reading(record: Record, variants: list[str]) -> str:
    on = record.release if record.release in variants else next(iter(variants), None)
    if on is None:
        return "No variant has a membership figure."
    facts = record.facts("membership", on)
    parts = ["For each record the attacker decides whether it was in the training data."]
    if facts.get("attacker"):
        parts.append(str(facts["attacker"]).rstrip(".") + ".")
    if facts.get("shadows"):
        parts.append(
            f"The {count(facts['shadows'])} shadow models repeat the variant’s whole training, mitigation included; "
            "attack and threshold were chosen on them, never on the labels of the target."
        )
    return " ".join(parts)


def _figure(record: Record, variants: list[str], figures: Iterator[int]) -> Drawn | None:
    curves = {v: record.series("membership", v)["roc"] for v in variants if "roc" in record.series("membership", v)}
    if not curves:
        return None
    points = {v: f for v in curves if (f := record.finding(_AT_1, v))}
    texts = {v: f"{v}\u2002{shown(f).value}" for v, f in points.items()}
    svg = to_svg(roc_figure(curves, points, record.looks, texts, record.release))
    if not points:
        caption = (
            "The attack’s ROC on log axes; the further above the dashed line at the left, the more people are exposed."
        )
        return Drawn(svg, "Log-log ROC of the membership attack.", caption, next(figures))
    order = sorted(points, key=lambda v: -points[v].value)
    worst, best = order[0], order[-1]
    at_chance = [v for v in points if points[v].low is not None and points[v].low <= 0.01]
    caption = f"At 1% false positives the attack finds {shown(points[worst]).value} of the training people of {worst}"
    caption += f" and {shown(points[best]).value} of those of {best}." if best != worst else "."
    if at_chance:
        caption += f" For {joined(at_chance)} the interval includes guessing."
    alt = "Log-log ROC of the membership attack. True positives at 1% false positives: "
    alt += ", ".join(f"{v} {shown(points[v]).value}" for v in order) + "."
    return Drawn(svg, alt, caption, next(figures))


def _by_variant(record: Record, variants: list[str]) -> Grid:
    titles = ["Variant", "Attack chosen", "=AUC", *(f"={_short(id)}" for id in _COLUMNS)]
    rows = []
    for variant in variants:
        selected = record.facts("membership", variant).get("selected")
        cells = [variant, method_name(selected) or NONE]
        cells += [record.shown(id, variant) or NONE for id in ("membership.auc", *_COLUMNS)]
        rows.append(Line(cells, variant, variant == record.release))
    return Grid(heads(*titles), rows)


def _by_method(record: Record) -> Grid:
    release = record.release
    found = [f for f in record.results.findings if f.id == "membership.auc" and f.variant == release and f.method]
    found = [f for f in found if f.value is not None]
    selected = record.facts("membership", release).get("selected")
    titles = [f"Every attack on {release}", "#AUC", "~95% interval", "#Advantage"]
    titles += [f"#{_short(id)}" for id in _COLUMNS]
    rows = []
    for f in sorted(found, key=lambda f: -f.value):
        cells = [method_name(f.method) + (" (chosen)" if f.method == selected else ""), *both(shown(f))]
        advantage = record.finding("membership.advantage", release, f.method)
        cells.append(percent(advantage.value) if advantage else NONE)
        cells += [both(record.shown(id, release, f.method))[0] for id in _COLUMNS]
        rows.append(Line(cells, strong=f.method == selected))
    return Grid(heads(*titles), rows)


def _by_group(record: Record) -> Grid:
    """True and false positives on the release by class and sensitive column; groups that are not shown say so."""
    release = record.release
    rates: dict[str, dict[str, Finding]] = {}
    for f in record.results.findings:
        if f.variant == release and f.group and f.method is None and f.id in _RATES:
            rates.setdefault(f.group, {})[f.id] = f
    titles = [f"The attack on {release} by group", "#Members found", "~95% interval", "#False alarms", "~95% interval"]
    rows = []
    for group, found in rates.items():
        cells = [cell for id in _RATES for cell in (both(shown(found[id])) if found[id].value is not None else HIDDEN)]
        rows.append(Line([group.replace("=", ": "), *cells]))
    return Grid(heads(*titles), rows)


def _sure(record: Record, variants: list[str]) -> list[str]:
    on = record.release if record.release in variants else next(iter(variants), None)
    if on is None:
        return []
    facts, lines = record.facts("membership", on), []
    if facts.get("member_people") and facts.get("non_member_people"):
        people = f"{count(facts['member_people'])} members and {count(facts['non_member_people'])} non-members"
        lines.append(f"Tested on {people}; intervals are clustered by person and hold for this one trained model.")
    detectable, blind = record.finding("membership.detectable_auc", on), record.finding("membership.blind_auc", on)
    identified = record.finding("membership.identified", on)
    if identified:
        lines.append(
            f"At the attack’s threshold about {count(round(identified.value))} people would be named rightly, at most "
            f"{count(math.ceil(identified.high))}: {identified.reason}."
        )
    if detectable:
        lines.append(
            f"The smallest leak this many people could show is an attack AUC of {decimal(detectable.value, 3)}."
        )
    if blind:
        text = shown(blind)
        apart = blind.low is not None and blind.low > 0.5
        says = "so figures above are not the model’s alone" if apart else "so the two groups look alike without it"
        lines.append(f"Without the model, the two are told apart with AUC {text.value} ({text.interval}), {says}.")
    return [" ".join(lines)] if lines else []


def _short(id: str) -> str:
    return fact(id).metric.replace("true positives at", "TPR at").replace("false positives", "FPR")
