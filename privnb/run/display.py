"""Findings as a table and figures as a picture, for a person who reads a notebook."""

import io
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from privnb.findings import Finding, StageResult


def findings_table(result: StageResult, reason: str = "") -> pd.DataFrame:
    """One line a finding: what, by which method, value, interval, people, and a remark where one is missing."""
    if not result.findings:
        return pd.DataFrame({"finding": [], "why": []}) if not reason else pd.DataFrame({"not applicable": [reason]})
    return pd.DataFrame([_line(found) for found in result.findings]).set_index("finding")


@dataclass(frozen=True)
class Picture:
    """A figure that shows itself as PNG, which JupyterLab draws without asking whether the notebook is trusted."""

    figure: Figure

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=160)
        return file.getvalue()


def _line(found: Finding) -> dict:
    return {
        "finding": found.id.partition(".")[2] + (f" ({found.method})" if found.method else ""),
        "value": _shown(found.value, found.unit) if found.value is not None else found.status.replace("_", " "),
        f"{found.level:.0%} interval": (
            f"{_shown(found.low, found.unit)} to {_shown(found.high, found.unit)}" if found.low is not None else ""
        ),
        "people": f"{found.n:,}" if found.n is not None else "",
        "remark": found.reason,
    }


def _shown(value: float, unit: str) -> str:
    if unit == "proportion":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if unit in ("rows", "people", "columns", "classes") else f"{value:.3f}"
