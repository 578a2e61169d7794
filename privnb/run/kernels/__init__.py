"""Kernels for notebooks: forked from a warm server where that can be, else started cold."""

import atexit
import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable

from privnb.run.kernels.cold import command_of, start_cold
from privnb.run.kernels.handle import Cause, Connection, Kernel
from privnb.run.kernels.pool import KernelPool, socket_folder
from privnb.run.kernels.processes import Ended
from privnb.run.kernels.running import allow_kernels, cancel_all, cancelled, running

__all__ = [
    "Cause",
    "Ended",
    "Kernel",
    "allow_kernels",
    "can_fork",
    "cancel_all",
    "cancelled",
    "cool_kernels",
    "open_kernel",
    "running",
    "warm_kernels",
]

_lock = threading.Lock()
_pool: KernelPool | None = None
_log = logging.getLogger("privnb.run.kernels")


def can_fork() -> bool:
    """Whether kernels can be forked here: on Linux, unless PRIVNB_COLD_KERNELS is set."""
    return sys.platform == "linux" and os.environ.get("PRIVNB_COLD_KERNELS", "") in ("", "0")


def warm_kernels(count: int) -> None:
    """Start the fork server if there is none, and keep `count` kernels forked and initialised ahead.

    Returns at once. Where kernels cannot be forked nothing happens: `open_kernel` starts them cold.
    """
    global _pool
    if not can_fork():
        return
    with _lock:
        if _pool is not None and not _pool.broken:
            _pool.keep(count)
        else:
            _pool = KernelPool(count)


def cool_kernels() -> None:
    """End the fork server and all its kernels; done at exit as well. The folder of sockets is removed."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


def open_kernel(
    kernel_name: str,
    cwd: str,
    env: dict[str, str],
    patience_s: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Kernel:
    """A kernel for one notebook: a warm one where the server has what the notebook asks for, else a cold one.

    Waiting for a warm one ends after `patience_s`, or when `stopped()`.
    Raises `jupyter_client.kernelspec.NoSuchKernel`, or OSError when the kernel's program cannot be started.
    """
    command = command_of(kernel_name)
    pool = _pool
    if pool is not None and command is None and can_fork() and pool.serves(env):
        kernel = pool.take(cwd, env, patience_s, stopped)
        if kernel is not None:
            return kernel
    if pool is not None and pool.broken:
        _log.warning("notebooks start slower: no kernel can be forked (%s)", pool.broken)
        _forget(pool)
    folder = socket_folder()
    try:
        kernel = start_cold(Connection.create(folder, "k"), cwd, env, command)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    kernel.folder = folder
    return kernel


def _forget(pool: KernelPool) -> None:
    """Let go of a pool that broke, so that it is said once."""
    global _pool
    with _lock:
        if _pool is pool:
            _pool = None


atexit.register(cool_kernels)
