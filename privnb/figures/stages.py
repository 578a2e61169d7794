"""The figures of the notebooks: one stage's result drawn alone, with the same functions as on the fact sheet."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure

from privnb.figures.factors import factor_figure, whatif_figure
from privnb.figures.inversion import portrait_figure
from privnb.figures.look import looks
from privnb.figures.roc import roc_figure
from privnb.figures.tradeoff import tradeoff_figure
from privnb.findings import Finding, StageResult, Table, VariantInfo

_WIDTH_MM = 140


def stage_figure(
    name: str, stage: str, variant: str | None, result: StageResult, variants: Sequence[VariantInfo] = ()
) -> Figure | None:
    """The figure `name` of a stage's result on `variant`; None where the result holds nothing to draw.

    Names: parts, utility, factors, sensitivity, influence, whatif, roc, class_sizes, tradeoff. KeyError for any other.
    """
    return _FIGURES[name](result, variant, variants)


def _parts(result: StageResult, variant, variants) -> Figure | None:
    parts = {name: size["people"] for name, size in result.facts.get("parts", {}).items() if size["people"]}
    return _bars(parts, "people in each part", lambda found: f"{found.value:,.0f}") if parts else None


def _utility(result: StageResult, variant, variants) -> Figure | None:
    for fact in ("accuracy", "r2"):
        pair = {"training": f"utility.train_{fact}", "evaluation": f"utility.{fact}"}
        found = {where: finding for where, id in pair.items() if (finding := _ok(result, id))}
        if found:
            shown = "accuracy" if fact == "accuracy" else "R²"
            text = (lambda f: f"{100 * f.value:.1f}%") if fact == "accuracy" else (lambda f: f"{f.value:.3f}")
            return factor_figure(found, title=shown, text=text, width_mm=_WIDTH_MM)
    return None


def _factors(result: StageResult, variant, variants) -> Figure | None:
    gap = _ok(result, "factors.overfitting_gap")
    if gap is None:
        return None
    text = (lambda f: f"{100 * f.value:.1f}%") if gap.unit == "proportion" else (lambda f: f"{f.value:.3f}")
    return factor_figure({variant or "model": gap}, title="overfitting gap", text=text, width_mm=_WIDTH_MM)


def _sensitivity(result: StageResult, variant, variants) -> Figure | None:
    return _by_feature(result, "sensitivity", "mean", "how far answers move when one feature changes")


def _influence(result: StageResult, variant, variants) -> Figure | None:
    return _by_feature(result, "influence", "loss", "what is lost when one feature is shuffled")


def _by_feature(result: StageResult, name: str, column: str, title: str) -> Figure | None:
    """Bars of the twelve features with the largest values, from the stage's table of that name."""
    table = result.tables.get(name)
    if table is None:
        return None
    place = {column: table.columns.index(column) for column in (column, "low", "high")}
    found = {
        row[0]: Finding(id=f"factors.{name}", value=row[place[column]], low=row[place["low"]], high=row[place["high"]])
        for row in table.rows[:12]
    }
    return factor_figure(found, title=title, text=lambda f: f"{f.value:.3f}", width_mm=_WIDTH_MM)


def _whatif(result: StageResult, variant, variants) -> Figure | None:
    curves = {name.removeprefix("whatif."): curve for name, curve in result.series.items() if name[:7] == "whatif."}
    curves = {name: curve for name, curve in curves.items() if len(curve["x"]) > 1}
    gap = _ok(result, "factors.overfitting_gap")
    return whatif_figure(curves, regression=gap is not None and gap.unit == "R2") if curves else None


def _roc(result: StageResult, variant, variants) -> Figure | None:
    if "roc" not in result.series:
        return None
    name = variant or "model"
    point = _ok(result, "membership.tpr_at_fpr_1pct")
    return roc_figure(
        {name: result.series["roc"]},
        {name: point} if point else {},
        looks={name: looks(variants)[name]} if variant in {info.id for info in variants} else None,
        width_mm=_WIDTH_MM,
    )


def _class_sizes(result: StageResult, variant, variants) -> Figure | None:
    curve = result.series.get("class_sizes")
    if not curve:
        return None
    shares = {f"at most {size:.0f}": share for size, share in zip(curve["size"], curve["share"])}
    return _bars(shares, "share of rows in classes of this size", lambda found: f"{100 * found.value:.1f}%")


def _tradeoff(result: StageResult, variant, variants) -> Figure | None:
    table = result.tables.get("variants")
    if table is None:
        return None
    utility = _column(table, "accuracy") or _column(table, "R2")
    attack = _column(table, "membership AUC")
    both = [id for id in utility if id in attack]
    if len(both) < 2:
        return None
    regression = "accuracy" not in table.columns
    words = {"utility_title": "R² on evaluation (right is better)", "utility_text": lambda v, places: f"{v:.2f}"}
    return tradeoff_figure(
        {id: utility[id] for id in both},
        {id: attack[id] for id in both},
        {id: look for id, look in looks(variants).items() if id in both},
        chance=0.5,
        controls=[(info.id, info.control_of) for info in variants if info.control_of in both and info.id in both],
        width_mm=_WIDTH_MM,
        **(words if regression else {}),
    )


def _portraits(result: StageResult, variant, variants) -> Figure | None:
    portraits = result.series.get("portraits")
    if not portraits or not portraits["class"]:
        return None
    return portrait_figure(portraits, result.facts["shape"], result.facts["class_names"], width_mm=_WIDTH_MM)


def _rebuilt(result: StageResult, variant, variants) -> Figure | None:
    ids = {"error removed": "reconstruction.gain_over_prior", "rebuilt exactly": "reconstruction.exact_share"}
    found = {name: finding for name, id in ids.items() if (finding := _ok(result, id))}
    if not found:
        return None
    text = lambda f: f"{100 * f.value:.1f}%"  # noqa: E731
    return factor_figure(found, title="share of a blind guess's error, and of records", text=text, width_mm=_WIDTH_MM)


def _column(table: Table, name: str) -> dict[str, Finding]:
    """Values of one figure by variant, from the comparison's table with its low and high columns."""
    if name not in table.columns:
        return {}
    place = table.columns.index(name)
    return {
        row[0]: Finding(
            id="comparison.shown", value=row[place], low=row[place + 1], high=row[place + 2], reason="shown"
        )
        for row in table.rows
        if row[place] is not None
    }


def _bars(values: Mapping[str, float], title: str, text: Callable[[Finding], str]) -> Figure:
    found = {name: Finding(id="shown.value", value=value, reason="an exact count") for name, value in values.items()}
    return factor_figure(found, title=title, text=text, width_mm=_WIDTH_MM)


def _ok(result: StageResult, id: str) -> Finding | None:
    return next((f for f in result.findings if (f.id, f.method, f.status) == (id, None, "ok")), None)


_FIGURES = {
    "parts": _parts,
    "utility": _utility,
    "factors": _factors,
    "sensitivity": _sensitivity,
    "influence": _influence,
    "whatif": _whatif,
    "roc": _roc,
    "class_sizes": _class_sizes,
    "portraits": _portraits,
    "rebuilt": _rebuilt,
    "tradeoff": _tradeoff,
}
