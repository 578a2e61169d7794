"""The papermill engine `privnb`: kernels of this very Python over private sockets, honest status, throttled saving."""

import datetime
import os
import signal
import sys
import tempfile
import threading
import weakref

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from traitlets.config import Config

SAVE_EVERY_S = 2.0
_live: "weakref.WeakSet[PapermillNotebookClient]" = weakref.WeakSet()
_cancelled = threading.Event()


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


def cancelled() -> bool:
    """Whether `cancel_all` was called since the last `allow_kernels`."""
    return _cancelled.is_set()


class _HonestManager(NotebookExecutionManager):
    """Marks a cell completed only when it was, leaves others pending, and saves at most every two seconds."""

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
        """A kernel with its sockets in a short folder of its own; remembered, so that it can be cancelled."""
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
        manager.last_save_time = datetime.datetime.fromtimestamp(0, datetime.UTC)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, start_timeout=60, execution_timeout=None, log_output=False, **kwargs
    ):
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


def _how_it_ended(manager) -> str:
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process else None
    if code is None:
        return "it stopped answering"
    if code < 0:
        name = signal.Signals(-code).name
        return f"killed by {name}" + ("; most often the machine ran out of memory" if name == "SIGKILL" else "")
    return f"it exited with code {code}"
