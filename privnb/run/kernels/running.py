"""Which kernels run a notebook now, so that all of them can be stopped at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from privnb.run.kernels.handle import Cause, Kernel

_running: set[Kernel] = set()
_lock = threading.RLock()  # a signal handler may cancel in the middle of either
_cancelled = threading.Event()


def allow_kernels() -> None:
    """Take back an earlier `cancel_all`, before a new run in the same process."""
    _cancelled.clear()


def cancel_all() -> None:
    """Kill every kernel that runs a notebook now, with its children; their notebooks end as cancelled."""
    _cancelled.set()
    with _lock:
        for kernel in list(_running):
            kernel.stop(Cause("cancelled", "stopped"))


def cancelled() -> bool:
    """Whether `cancel_all` was called since the last `allow_kernels`."""
    return _cancelled.is_set()


@contextmanager
def running(kernel: Kernel) -> Iterator[None]:
    """While this lasts, the kernel is one that `cancel_all` stops; at once where that was called before."""
    with _lock:
        _running.add(kernel)
    if cancelled():
        kernel.stop(Cause("cancelled", "stopped"))
    try:
        yield
    finally:
        with _lock:
            _running.discard(kernel)
