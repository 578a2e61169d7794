"""The tables of a run panel as HTML: how every stage stands, and what became of the gates."""

from collections.abc import Collection, Iterable, Sequence
from html import escape

from privnb.catalogue import fact
from privnb.findings import GateVerdict
from privnb.run.following import RunState, StageRow
from privnb.shown import limit_text, span_text, value_text
from privnb.stages import stages
from privnb.widgets.look import mark

_QUIET = {
    "ok": "✔ done",
    "kept": "✔ kept",
    "pending": "… waits",
    "not_applicable": "– not applicable",
    "not_requested": "– not requested",
}
_LOUD = {
    "running": ("busy", "▶"),
    "skipped": ("unsure", "!"),
    "cancelled": ("unsure", "■"),
    "interrupted": ("unsure", "■"),
}
_VERDICTS = {
    "pass": ("good", "✔", "passes"),
    "fail": ("bad", "✖", "fails"),
    "inconclusive": ("unsure", "≈", "inconclusive"),
    "not_assessed": ("quiet", "?", "not assessed"),
}


def stage_table(state: RunState, now: float) -> str:
    """One line a stage: what, on which variant, how it stands, seconds."""
    if not state.stages:
        return ""
    lines = [_stage_line(row, now) for row in state.stages.values()]
    return html_table(("Stage", "Variant", "Status", "Seconds", "Remark"), lines, numbers={3})


def verdict_table(verdicts: list[GateVerdict]) -> str:
    """One line a gate: what was measured, its interval, the limit, the verdict and why."""
    if not verdicts:
        return '<div class="privnb-help">The spec sets no gates.</div>'
    headings = ("Gate", "Variant", "Measured", "95 % interval", "Limit", "Verdict", "Why")
    return html_table(headings, [_verdict_line(verdict) for verdict in verdicts], numbers={2, 3, 4})


def html_table(headings: Sequence[str], lines: Iterable[Sequence[str]], numbers: Collection[int]) -> str:
    """A table of cells that are HTML already; columns in `numbers` are aligned right, an empty last one is left out."""
    lines = [tuple(line) for line in lines]
    if not any(line[-1] for line in lines):
        headings, lines = headings[:-1], [line[:-1] for line in lines]
    kinds = ["number" if place in numbers else "words" for place in range(len(headings))]
    head = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for kind, text in zip(kinds, headings))
    rows = ("".join(f'<td class="{kind}">{cell}</td>' for kind, cell in zip(kinds, line)) for line in lines)
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    return f'<table class="privnb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _stage_line(row: StageRow, now: float) -> tuple[str, ...]:
    seconds = now - row.started if row.status == "running" and row.started else row.seconds
    shown = f"{seconds:.1f}" if seconds is not None else ""
    if row.status in _QUIET:
        status = escape(_QUIET[row.status])
    else:
        status = mark(*_LOUD.get(row.status, ("bad", "✖")), row.status.replace("_", " "))
    title = stages()[row.stage].meta.title if row.stage in stages() else row.stage
    return escape(title), escape(row.variant or ""), status, shown, _remark(row.reason)


def _verdict_line(found: GateVerdict) -> tuple[str, ...]:
    id, unit = found.metric, found.unit
    measured = value_text(id, found.value, unit) if found.value is not None else "–"
    span = span_text(id, found.low, found.high, unit) if found.low is not None else "–"
    limit = limit_text(fact(id, unit), found.limit, found.kind, unit)
    verdict = mark(*_VERDICTS[found.verdict])
    why = _remark(found.reason) if found.verdict != "pass" else ""
    return escape(found.metric), escape(found.variant), measured, span, limit, verdict, why


def _remark(text: str) -> str:
    return f'<span class="privnb-help">{escape(text)}</span>' if text else ""
