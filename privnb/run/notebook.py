"""Papermill, and nothing else of it anywhere: an engine that tells the truth, and one call to execute a notebook."""

import datetime
import logging
import os
import signal
import sys
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill import execute_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from privnb.findings import Status

SAVE_EVERY_S = 2.0
_live: "weakref.WeakSet[PapermillNotebookClient]" = weakref.WeakSet()
_cancelled = threading.Event()


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: ok, failed, died, timed_out or cancelled; `cell` counts code cells from 1."""

    status: Status
    reason: str = ""
    cell: int | None = None


def run_notebook(source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: float | None = None) -> Outcome:
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
        return Outcome("failed", f"cell {_code_cell(output)}: {error.ename}: {_first_line(error.evalue)}", _code_cell(output))
    except CellTimeoutError:
        return Outcome("timed_out", f"cell {_code_cell(output)} ran longer than {cell_timeout_s:g} s", _code_cell(output))
    except DeadKernelError as error:
        if _cancelled.is_set():
            return Outcome("cancelled", f"stopped in cell {_code_cell(output)}", _code_cell(output))
        return Outcome("died", f"the kernel died in cell {_code_cell(output)}: {error}", _code_cell(output))
    except (OSError, RuntimeError, ValueError) as error:
        return Outcome("failed", f"the notebook could not be executed: {type(error).__name__}: {_first_line(error)}")
    return Outcome("ok")


def allow_kernels() -> None:
    """Take back an earlier `cancel_all`, before a new run in the same process."""
    _cancelled.clear()


def cancel_all() -> None:
    """Kill every kernel that runs a notebook now; their notebooks end as cancelled."""
    _cancelled.set()
    for client in list(_live):
        process = getattr(getattr(client.km, "provisioner", None), "process", None)
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


class _HonestManager(NotebookExecutionManager):
    """Marks a cell completed only when it was, leaves cells that never ran pending, and saves at most every two seconds."""

    def save(self, final: bool = False, **kwargs):
        """Write the notebook when the last writing is long enough ago, or at the end."""
        age = (self.now() - self.last_save_time).total_seconds()
        if final or age >= SAVE_EVERY_S:
            super().save(**kwargs)

    def cell_complete(self, cell, cell_index=None, **kwargs):
        """Close a cell; called by papermill also while an error (dead kernel, time-out) is under way."""
        error = sys.exception()
        if error is not None:
            cell.metadata.papermill["status"] = self.FAILED
            cell.metadata.papermill["exception"] = True
            self.nb.metadata.papermill["exception"] = f"{type(error).__name__} in cell {cell_index}"
        super().cell_complete(cell, cell_index=cell_index, **kwargs)

    def notebook_complete(self, **kwargs):
        """Close the notebook; pending cells stay pending."""
        self.end_time = self.now()
        self.nb.metadata.papermill["end_time"] = self.end_time.isoformat()
        self.nb.metadata.papermill["duration"] = (self.end_time - self.start_time).total_seconds()
        self.save(final=True)


class _Client(PapermillNotebookClient):
    def create_kernel_manager(self):
        """A kernel with sockets and connection file in a short folder of its own; remembered, so that it can be cancelled."""
        manager = super().create_kernel_manager()
        self._folder = tempfile.TemporaryDirectory(prefix="privnb-")
        manager.transport = "ipc"
        manager.ip = f"{self._folder.name}/s"
        manager.connection_file = f"{self._folder.name}/kernel.json"
        _live.add(self)
        return manager

    def clear(self):
        """Remove the folder of sockets; a kernel that outlived its notebook loses its connection."""
        _live.discard(self)
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def papermill_execute_cells(self):
        """Run the cells; a kernel that dies is reported with its signal or exit code."""
        try:
            super().papermill_execute_cells()
        except DeadKernelError as error:
            raise DeadKernelError(_how_it_ended(self.km)) from error


class PrivnbEngine(NBClientEngine):
    """Papermill engine `privnb`: kernels of this very Python over IPC sockets, honest status, throttled saving."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, output_path=None, log_output=False, **kwargs):
        """Run a notebook whose parameters are injected already; raises what papermill's engines raise."""
        for name in ("progress_bar", "autosave_cell_every"):
            kwargs.pop(name, None)
        manager = _HonestManager(nb, output_path=output_path, log_output=log_output, progress_bar=False)
        manager.last_save_time = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, start_timeout=60, execution_timeout=None, log_output=False, **kwargs):
        """Start a kernel, run the cells in order, stop at the first that fails."""
        config = Config()
        config.KernelSpecManager.kernel_dirs = []
        client = _Client(
            nb_man,
            config=config,
            timeout=execution_timeout,
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log_output=log_output,
            shutdown_kernel="immediate",
        )
        try:
            return client.execute()
        finally:
            client.clear()


papermill_engines.register("privnb", PrivnbEngine)


def _failed_cells(output: Path):
    notebook = nbformat.read(output, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(number, cell) for number, cell in enumerate(code, 1) if _status(cell) == "failed"]


def _status(cell) -> str | None:
    return cell.metadata.get("papermill", {}).get("status")


def _code_cell(output: Path) -> int | None:
    failed = _failed_cells(output)
    return failed[0][0] if failed else None


def _how_it_ended(manager) -> str:
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process else None
    if code is None:
        return "it stopped answering"
    if code < 0:
        name = signal.Signals(-code).name
        return f"killed by {name}" + ("; most often the machine ran out of memory" if name == "SIGKILL" else "")
    return f"it exited with code {code}"


def _first_line(text: str) -> str:
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "no message")
