"""The papermill engine `privnb`: kernels of this very Python, honest status, throttled and whole saving."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.inspection import inspect_notebook
from papermill.iorw import LocalHandler, papermill_io

from privnb.errors import FolderError
from privnb.run.cells import CellRunner, Limits, run_async
from privnb.run.ending import Outcome, mark, raised, where, why_it_died
from privnb.run.folder import write_whole
from privnb.run.kernels import cancelled, open_kernel, running
from privnb.run.memory import out_of_memory_kills
from privnb.run.parameters import assigned_names, check_names
from privnb.run.trust import is_own, sign

SAVE_EVERY_S = 2.0
_SAVING_SHARE = 0.1  # of the time may go into saving a large notebook


def known_parameters(nb: nbformat.NotebookNode) -> list[str]:
    """Names that the cell tagged `parameters` sets."""
    names = list(inspect_notebook(nb))
    for cell in nb.cells:
        if "parameters" in cell.metadata.get("tags", []):
            names += [name for name in assigned_names(cell.source) if name not in names]
    return names


class HonestManager(NotebookExecutionManager):
    """Marks a cell completed only when it was, leaves others pending, and saves at most every two seconds.

    A saving that fails on the way (the disk is full) is tried again later; the last one counts.
    """

    def __init__(self, nb, output_path=None, **kwargs):
        super().__init__(nb, output_path=output_path, **kwargs)
        self._next_save = float("-inf")

    def save(self, **kwargs):
        """Write the notebook, whole or not at all, when the last writing is long enough ago."""
        begin = time.monotonic()
        if begin < self._next_save:
            return
        first = self._next_save == float("-inf")
        try:
            self.save_now()
        except (OSError, FolderError):
            if first:
                raise  # before anything was executed
        spent = time.monotonic() - begin
        self._next_save = begin + max(SAVE_EVERY_S, spent / _SAVING_SHARE)

    def save_now(self) -> None:
        """Write the notebook now; FolderError, or what papermill's storage raises, when it cannot be."""
        if self.output_path is None:
            return
        if isinstance(papermill_io.get_handler(self.output_path), LocalHandler):
            write_whole(Path(self.output_path), nbformat.v4.writes(self.nb) + "\n")
        else:
            papermill_io.write(nbformat.writes(self.nb), self.output_path)
        self.last_save_time = self.now()

    def autosave_cell(self):
        """Called at each message of a running cell."""
        self.save()

    def notebook_complete(self, **kwargs):
        """Close the notebook, and save it; pending cells stay pending."""
        self.end_time = self.now()
        self.nb.metadata.papermill["end_time"] = self.end_time.isoformat()
        self.nb.metadata.papermill["duration"] = (self.end_time - self.start_time).total_seconds()
        self.cleanup_pbar()
        self.save_now()


class _Client(CellRunner, PapermillNotebookClient):
    """Cells run as in CellRunner, their output logged as papermill does."""


class PrivnbEngine(NBClientEngine):
    """Papermill engine `privnb`: honest status, throttled saving, private sockets, unknown parameters refused."""

    @classmethod
    def execute_notebook(
        cls,
        nb,
        kernel_name,
        output_path=None,
        progress_bar=True,
        log_output=False,
        start_timeout=60,
        execution_timeout=None,
        input_path=None,
        **kwargs,
    ):
        """Run a notebook whose parameters are injected already; raises what papermill's engines raise."""
        check_names(
            nb.metadata.papermill.get("parameters", {}), known_parameters(nb), str(input_path or "the notebook")
        )
        manager = HonestManager(nb, output_path=output_path, log_output=log_output, progress_bar=progress_bar)
        limits = Limits(cell_s=execution_timeout, start_s=start_timeout)
        files = {name: kwargs.get(name) for name in ("stdout_file", "stderr_file")}
        outcome = execute(manager, kernel_name, limits, log_output=log_output, **files)
        mark(nb, outcome)
        manager.notebook_complete()
        if outcome.status == "ok" and input_path and is_own(input_path):
            sign(nb)
        if outcome.status == "timed_out":
            raise CellTimeoutError(outcome.reason)
        if outcome.status != "ok" and not _has_error_output(nb):
            raise DeadKernelError(outcome.reason)
        return nb


def execute(
    manager: HonestManager,
    kernel_name: str,
    limits: Limits,
    on_cell: Callable[[int, int], None] | None = None,
    **client_options,
) -> Outcome:
    """Run the manager's notebook in a kernel of its own; the last saving is left to the caller.

    Raises what `save_now` raises when the notebook cannot be saved before anything is executed, and KeyboardInterrupt
    after it was marked and saved as cancelled. `on_cell(done, total)` counts code cells.
    """
    manager.notebook_start()
    kills_before = out_of_memory_kills()
    try:
        kernel = open_kernel(kernel_name, str(Path.cwd()), dict(os.environ), limits.start_s, cancelled)
    except (NoSuchKernel, OSError) as error:
        return Outcome("failed", f"no kernel could be started: {error}")
    progress = _Progress(manager, on_cell)
    client = _Client(manager, kernel_name=kernel_name, **client_options)
    client.limits = limits
    failure: BaseException | None = None
    with running(kernel):
        try:
            run_async(lambda: client.run_in(kernel, lambda: progress.run_cells(client)))
        except KeyboardInterrupt as error:
            failure = error
        except DeadKernelError as error:  # what nbclient also makes of a Ctrl-C
            failure = KeyboardInterrupt() if kernel.alive and kernel.cause is None else error
        finally:
            ended = kernel.close()
    peak = max(ended.peak_memory_bytes or 0, client.peak_bytes) or None
    if isinstance(failure, KeyboardInterrupt):
        mark(manager.nb, Outcome("cancelled", where("stopped", progress.cell), progress.cell, peak))
        with contextlib.suppress(OSError, FolderError):  # being interrupted is what is said
            manager.notebook_complete()
        raise failure
    if failure is not None:
        status, reason = why_it_died(kernel, ended, progress.cell, kills_before)
        return Outcome(status, reason, progress.cell, peak)
    if progress.error is not None:
        return Outcome("failed", raised(progress.error, progress.cell), progress.cell, peak)
    return Outcome("ok", peak_memory_bytes=peak)


class _Progress:
    """Where a notebook stands: the cell that runs, and the error that ended it."""

    def __init__(self, manager: HonestManager, on_cell: Callable[[int, int], None] | None):
        self._manager = manager
        self._on_cell = on_cell or (lambda done, total: None)
        self._total = sum(cell.cell_type == "code" for cell in manager.nb.cells)
        self._done = 0
        self.cell: int | None = None
        self.error: CellExecutionError | None = None

    async def run_cells(self, client: CellRunner) -> None:
        """Run the cells in order, up to the first that raises."""
        self._on_cell(0, self._total)
        for index, cell in enumerate(client.nb.cells):
            is_code = cell.cell_type == "code"
            if is_code:
                self.cell = self._done + 1
            self._manager.cell_start(cell, index)
            try:
                await client.async_execute_cell(cell, index)
            except CellExecutionError as error:
                self._manager.cell_exception(cell, cell_index=index, exception=error)
                self.error = error
            except BaseException as error:  # the kernel died, or somebody pressed Ctrl-C
                self._manager.cell_exception(cell, cell_index=index, exception=error)
                raise
            finally:
                self._manager.cell_complete(cell, cell_index=index)
            if self.error:
                return
            if is_code:
                self._done += 1
                self._on_cell(self._done, self._total)
        self.cell = None


def _has_error_output(nb: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for cell in nb.cells for output in cell.get("outputs", []))
