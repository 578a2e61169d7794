"""One call to execute a notebook with papermill, and an outcome that says how it ended."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill import execute_notebook
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from privnb.findings import Status
from privnb.run.engine import PrivnbEngine, allow_kernels, cancel_all, cancelled

__all__ = ["Outcome", "allow_kernels", "cancel_all", "run_notebook"]

papermill_engines.register("privnb", PrivnbEngine)  # also where privnb was not installed


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: ok, failed, died, timed_out or cancelled; `cell` counts code cells from 1."""

    status: Status
    reason: str = ""
    cell: int | None = None


def run_notebook(
    source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: float | None = None
) -> Outcome:
    """Execute `source` into `output`. Never raises for what the notebook does: the outcome says it.

    A thread may call this; several notebooks can run at once.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        execute_notebook(
            str(source),
            str(output),
            parameters=parameters,
            engine_name="privnb",
            progress_bar=False,
            execution_timeout=cell_timeout_s,
        )
    except PapermillExecutionError as error:
        return Outcome(
            "failed", f"cell {_code_cell(output)}: {error.ename}: {_first_line(error.evalue)}", _code_cell(output)
        )
    except CellTimeoutError:
        return Outcome(
            "timed_out", f"cell {_code_cell(output)} ran longer than {cell_timeout_s:g} s", _code_cell(output)
        )
    except DeadKernelError as error:
        if cancelled():
            return Outcome("cancelled", f"stopped in cell {_code_cell(output)}", _code_cell(output))
        return Outcome("died", f"the kernel died in cell {_code_cell(output)}: {error}", _code_cell(output))
    except (OSError, RuntimeError, ValueError) as error:
        return Outcome("failed", f"the notebook could not be executed: {type(error).__name__}: {_first_line(error)}")
    return Outcome("ok")


def _failed_cells(output: Path):
    notebook = nbformat.read(output, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(number, cell) for number, cell in enumerate(code, 1) if _status(cell) == "failed"]


def _status(cell) -> str | None:
    return cell.metadata.get("papermill", {}).get("status")


def _code_cell(output: Path) -> int | None:
    failed = _failed_cells(output)
    return failed[0][0] if failed else None


def _first_line(text: str) -> str:
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "no message")
