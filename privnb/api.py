"""One call from spec to fact sheet: what the command line and the widgets use."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from privnb.run.execute import RunOutcome
from privnb.run.execute import run_spec as _run_spec


def run_spec(path: str | Path, out: str | Path | None = None, **options: Any) -> RunOutcome:
    """Run the spec at `path`, write results and fact sheet into the run folder `out`, and say how it ended.

    Options are those of `privnb.run.execute.run_spec`: profile, options, only, fresh, on_event.
    """
    return _run_spec(path, out, render=_render, **options)


def _render(folder: Path, formats: Sequence[str]) -> Mapping[str, Path]:
    from privnb.report import render

    return render(folder, formats)
