"""Variants side by side: usefulness against attack success, and paired differences against the control."""

from collections.abc import Iterator

from privnb.catalogue import fact
from privnb.figures.style import to_svg
from privnb.figures.tradeoff import tradeoff_figure
from privnb.findings import Finding
from privnb.report.parts import Drawn, Grid, Line, heads, joined
from privnb.report.record import Record
from privnb.shown import NONE, difference, shown

TITLE = "Variants side by side"
_UTILITY = ("utility.accuracy", "utility.r2")
_DIFFERENCES = (
    ("comparison.accuracy_difference", "comparison.r2_difference"),
    ("comparison.membership_auc_difference",),
    ("comparison.tpr_at_fpr_1pct_difference",),
)


def section(record: Record, figures: Iterator[int]) -> dict:
    """The trade-off figure, and one row a variant: value, then the paired difference against its control."""
    return {
        "title": TITLE,
        "reading": (
            "Every variant was trained and attacked on the same people with the same seeds, so differences are paired. "
            "A variant that changes the kind of model is compared with its own control."
        ),
        "figure": _figure(record, figures),
        "tables": [table for table in (_differences(record),) if table.rows],
    }


def _figure(record: Record, figures: Iterator[int]) -> Drawn | None:
    variants = [v.id for v in record.results.variants]
    useful = next((id for id in _UTILITY if any(record.finding(id, v) for v in variants)), None)
    gates = [g for g in record.results.gates if g.variant == record.release]
    gated = [g.metric for g in gates if g.metric.startswith("membership.") and g.kind == "max"]
    attack = "membership.auc" if "membership.auc" in gated or not gated else gated[0]
    points = {
        v: (u, a) for v in variants if useful and (u := record.finding(useful, v)) and (a := record.finding(attack, v))
    }
    if len(points) < 2:
        return None
    how, used = fact(attack), fact(useful)
    limits = {"most_attack": _limit(gates, attack, "max"), "least_utility": _limit(gates, useful, "min")}
    share = {"attack_text": lambda v, places: f"{100 * v:.{max(0, places - 2)}f}%"} if how.shown == "percent" else {}
    plain = {"utility_text": lambda v, places: f"{v:.{places}f}"} if used.shown != "percent" else {}
    figure = tradeoff_figure(
        {v: u for v, (u, _) in points.items()},
        {v: a for v, (_, a) in points.items()},
        record.looks,
        utility_title=f"{used.metric} (right is better)",
        attack_title=f"{how.metric} (down is better)",
        chance=how.chance,
        controls=[(v.id, v.control_of) for v in record.results.variants if v.control_of],
        strong=record.release,
        **limits,
        **share,
        **plain,
    )
    texts = [f"{v} {shown(u).value} and {shown(a).value}" for v, (u, a) in points.items()]
    alt = f"{used.metric} and {how.metric}: {', '.join(texts)}."
    return Drawn(to_svg(figure), alt, _caption(points, limits, used.metric, how.metric), next(figures))


def _caption(points: dict[str, tuple[Finding, Finding]], limits: dict, useful: str, attack: str) -> str:
    most, least = limits["most_attack"], limits["least_utility"]
    if most is None and least is None:
        best = min(points, key=lambda v: points[v][1].value)
        return (
            f"Usefulness against leakage, with intervals; {best} leaks least ({attack} {shown(points[best][1]).value})."
        )
    inside = [v for v, (u, a) in points.items() if _within(u, a, most, least)]
    which = f"only {inside[0]} lies" if len(inside) == 1 else f"{joined(inside)} lie" if inside else "no variant lies"
    names = joined([name for name, limit in ((attack, most), (useful, least)) if limit is not None])
    return (
        f"Usefulness against leakage; {which} with the whole interval inside the zone allowed by the gates on {names}."
    )


def _within(useful: Finding, attack: Finding, most: float | None, least: float | None) -> bool:
    high = attack.value if attack.high is None else attack.high
    low = useful.value if useful.low is None else useful.low
    return (most is None or high <= most) and (least is None or low >= least)


def _limit(gates, metric: str, kind: str) -> float | None:
    return next((g.limit for g in gates if g.metric == metric and g.kind == kind), None)


def _differences(record: Record) -> Grid:
    columns = [ids for ids in _DIFFERENCES if any(f.id in ids and f.value is not None for f in record.results.findings)]
    titles = ["Variant", "Compared with"]
    titles += [f"={_title(record, ids)}" for ids in columns]
    rows = []
    for variant in record.results.variants:
        found = [
            next((f for f in record.results.findings if f.id in ids and f.variant == variant.id), None)
            for ids in columns
        ]
        if not any(found):
            continue
        against = next((f.method or "" for f in found if f), "").removeprefix("against ")
        cells = [variant.id, against or NONE]
        cells += [difference(f) if f else NONE for f in found]
        rows.append(Line(cells, variant.id, variant.id == record.release))
    return Grid(heads(*titles), rows)


def _title(record: Record, ids: tuple[str, ...]) -> str:
    id = next(f.id for f in record.results.findings if f.id in ids and f.value is not None)
    name = fact(id).metric.removesuffix(" against control")
    return name[:1].upper() + name[1:]
