"""One call to execute a notebook with papermill, and an outcome that says how it ended."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillException
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from privnb.errors import FolderError, PrivnbError
from privnb.run.cells import Limits
from privnb.run.ending import Outcome, first_line, mark
from privnb.run.engine import HonestManager, PrivnbEngine, execute, known_parameters
from privnb.run.kernels import allow_kernels, cancel_all, cancelled, cool_kernels, warm_kernels
from privnb.run.parameters import check_names, plain_parameters, strict_json
from privnb.run.trust import is_own, sign

__all__ = ["Outcome", "allow_kernels", "cancel_all", "cancelled", "cool_kernels", "run_notebook", "warm_kernels"]

papermill_engines.register("privnb", PrivnbEngine)  # also where privnb was not installed


def run_notebook(
    source: Path | str,
    output: Path | str,
    parameters: Mapping[str, Any],
    *,
    cell_timeout_s: float | None = None,
    stage_timeout_s: float | None = None,
    max_memory_bytes: int | None = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Execute `source` into `output`. Never raises for what the notebook does: the outcome says it.

    Both may also be addresses of papermill's storage schemes. `on_cell(done, total)` counts code cells as they end.
    `max_memory_bytes` is for the kernel and its children together. A thread may call this; several notebooks can run at
    once. Raises KeyboardInterrupt when that interrupts it, after the notebook was saved as cancelled.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    source, output = str(source), str(output)
    limits = Limits(cell_timeout_s, stage_timeout_s, max_memory_bytes)
    try:
        nb = _parameterized(source, output, parameters)
        manager = HonestManager(nb, output_path=output, progress_bar=False)
        kernel_name = papermill_engines.nb_kernel_name(engine_name="privnb", nb=nb)
    except PrivnbError as error:
        return Outcome("failed", str(error))
    except (OSError, ValueError, PapermillException) as error:
        return Outcome("failed", f"{Path(source).name} cannot be executed: {first_line(error)}")
    outcome = Outcome("pending")
    try:
        outcome = execute(manager, kernel_name, limits, on_cell)
        mark(nb, outcome)
        manager.notebook_complete()
    except (OSError, FolderError) as error:
        return Outcome("failed", _not_saved(output, error, outcome), outcome.cell, outcome.peak_memory_bytes)
    if is_own(source):
        sign(nb)
    return outcome


def _parameterized(source: str, output: str, parameters: Mapping[str, Any]) -> nbformat.NotebookNode:
    """The notebook with its parameters injected; ParameterError, OSError or ValueError where that cannot be."""
    nb = load_notebook_node(source)
    name = Path(source).name
    if parameters:
        plain = plain_parameters(parameters, name)
        check_names(plain, known_parameters(nb), name)
        nb = parameterize_notebook(nb, plain, engine_name="privnb")
        nb.metadata.papermill["parameters"] = strict_json(plain)
    return remove_error_markers(prepare_notebook_metadata(nb, source, output))


def _not_saved(output: str, error: Exception, outcome: Outcome) -> str:
    why = str(error) if isinstance(error, FolderError) else f"{output} could not be saved: {first_line(error)}"
    return f"{why} (before that: {outcome.reason})" if outcome.reason else why
