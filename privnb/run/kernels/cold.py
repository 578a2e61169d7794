"""A cold kernel: a new process of this very Python (or of what another kernelspec names), for one notebook."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from privnb.run.kernels.handle import Connection, Kernel
from privnb.run.kernels.processes import bury, kill_tree

OWN_NAMES = ("python3", "python")


def command_of(kernel_name: str) -> tuple[list[str], dict[str, str]] | None:
    """The command line and extra environment of a kernelspec; None when it is this very Python.

    `python3` and `python` are this very Python, whatever kernelspecs of that name are installed. Raises
    `jupyter_client.kernelspec.NoSuchKernel`.
    """
    if kernel_name in OWN_NAMES:
        return None
    spec = KernelSpecManager().get_kernel_spec(kernel_name)
    own = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    if spec.argv == own and not spec.env:
        return None
    return spec.argv, spec.env


def start_cold(
    connection: Connection,
    cwd: str,
    env: dict[str, str],
    command: tuple[list[str], dict[str, str]] | None = None,
) -> Kernel:
    """Start a kernel process in a session of its own; OSError when its program is not there."""
    argv, more = command or (
        [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.hist_file=:memory:"],
        {},
    )
    log = connection.stem.with_suffix(".log")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [part.replace("{connection_file}", str(connection.file)) for part in argv],
            cwd=cwd,
            env={**env, **more, "JPY_PARENT_PID": str(os.getpid())},  # ipykernel ends when that process does
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    kernel = Kernel(connection, process.pid, lambda: kill_tree(process.pid))
    kernel.log = Path(log)
    threading.Thread(target=_watch, args=(process, kernel), name=f"privnb-cold-{process.pid}", daemon=True).start()
    return kernel


def _watch(process: subprocess.Popen, kernel: Kernel) -> None:
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    ended = bury(process.pid)
    process.returncode = ended.code  # so that Popen does not wait for it again
    kernel.ended.set_result(ended)
