"""Findings as tables and figures as a picture, for a person who reads a notebook."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from privnb.findings import Finding, StageResult
from privnb.shown import count, shown

_NO_BREAK = "\u00a0"


def findings_table(result: StageResult, reason: str = "", variants: Sequence[str] = ()) -> pd.DataFrame:
    """One line a finding: its id, what it is, value, interval, people, and a remark where one of them is missing.

    An id found by several methods shows the line without a method (the one selected); `methods_table` shows them all.
    With `variants` a column says which of them a finding is about.
    """
    if not result.findings:
        return WholeTable({"not applicable" if reason else "nothing found": [reason]})
    several = _found_in_several_ways(result)
    lines = [_line(found, bool(variants)) for found in result.findings if not (found.method and found.id in several)]
    return WholeTable(_without_empty(pd.DataFrame(lines).set_index("finding")))


def methods_table(result: StageResult) -> pd.DataFrame:
    """One line a method, one column a figure that several methods measured: value with its interval."""
    several = _found_in_several_ways(result)
    cells: dict[str, dict[str, str]] = {}
    for found in result.findings:
        if found.method and found.id in several:
            text = shown(found)
            span = f" ({text.interval})" if found.low is not None else ""
            cells.setdefault(found.method, {})[text.metric] = _together(text.value + span)
    return WholeTable(pd.DataFrame.from_dict(cells, orient="index").rename_axis("method"))


class WholeTable(pd.DataFrame):
    """A data frame that a notebook shows whole: no remark is cut, no line left out."""

    @property
    def _constructor(self):
        return WholeTable

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return super()._repr_html_()


@dataclass(frozen=True)
class Picture:
    """A figure that shows itself as PNG, which JupyterLab draws without asking whether the notebook is trusted."""

    figure: Figure

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=160)
        return file.getvalue()


def _found_in_several_ways(result: StageResult) -> set[str]:
    """Ids that stand in the result without a method and with one."""
    plain = {found.id for found in result.findings if found.method is None}
    return {found.id for found in result.findings if found.method and found.id in plain}


def _line(found: Finding, with_variant: bool) -> dict[str, str]:
    text = shown(found)
    about = {"variant": found.variant or ""} if with_variant else {}
    return {
        "finding": found.id,
        **about,
        "what": ", ".join(filter(None, (text.metric, found.group, found.method))),
        "value": text.value if found.value is not None else found.status.replace("_", " "),
        f"{found.level:.0%} interval": _together(text.interval) if found.low is not None else "",
        "people": count(found.n) if found.n is not None else "",
        "remark": found.reason,
    }


def _without_empty(table: pd.DataFrame) -> pd.DataFrame:
    return table[[name for name in table.columns if name in ("what", "value") or table[name].astype(bool).any()]]


def _together(text: str) -> str:
    return text.replace(" ", _NO_BREAK)
