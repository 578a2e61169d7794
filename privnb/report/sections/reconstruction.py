"""Database reconstruction: what of a left-out training record comes back from each variant."""

from collections.abc import Iterator

from privnb.report.parts import Grid, Line, heads
from privnb.report.record import Record
from privnb.shown import NONE, count, significant

TITLE = "Data reconstruction"
_FACTS = (
    ("reconstruction.gain_over_prior", "Error of a blind guess removed"),
    ("reconstruction.exact_share", "Records rebuilt exactly"),
)
_MOST = 12  # features worth a line


def section(record: Record, figures: Iterator[int]) -> dict:
    """Reading, a table of variants, and the features of the release that come back best."""
    variants = [v.id for v in record.results.variants if record.finding(_FACTS[0][0], v.id)]
    rows = []
    for variant in variants:
        facts = record.facts("reconstruction", variant)
        cells = [variant, str(facts.get("method") or NONE), count(facts.get("records", 0))]
        cells += [record.shown(id, variant) or NONE for id, _ in _FACTS]
        rows.append(Line(cells, variant, variant == record.release))
    titles = ["Variant", "By", "#Records", *(f"={name}" for _, name in _FACTS)]
    on = record.release if record.release in variants else next(iter(variants), None)
    tables = [Grid(heads(*titles), rows)] if rows else []
    features = record.results.tables.get(f"reconstruction/{on}/features")
    if features and features.rows:
        lines = [Line([str(n), significant(a), significant(b)]) for n, a, b in features.rows[:_MOST]]
        more = len(features.rows) - len(lines)
        title = f"Mean error by feature, on {on}" + (f" ({more} more)" if more > 0 else "")
        tables.append(Grid(heads("Feature", "#Rebuilt", "#Guess without the model"), lines, title))
    facts = record.facts("reconstruction", on) if on else {}
    return {
        "title": TITLE,
        "reading": f"{facts['attacker']}." if facts.get("attacker") else "No variant has a reconstruction figure.",
        "tables": tables,
        "note": _note(facts),
    }


def _note(facts: dict) -> str:
    parts = []
    if facts.get("records"):
        parts.append(
            f"Each of {count(facts['records'])} training records, drawn by seed, was left out and rebuilt in turn; the "
            "error of a number is counted in standard deviations, that of a category as right or wrong."
        )
    if facts.get("limits"):
        parts.append(f"Limit: {facts['limits']}.")
    return " ".join(parts)
