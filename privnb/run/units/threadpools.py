"""One BLAS and OpenMP thread a unit, as units themselves run side by side; the same on every back end."""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_guard = threading.Lock()
_controller = None
_modules = 0
_blas = ExitStack()
_inside = 0


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Limits compiled code of the calling thread to one core.

    OpenMP's limit is the calling thread's own. BLAS has one limit for the process: the first unit inside sets it, the
    last one to leave puts back what was there.
    """
    with _enter().limit(limits=1, user_api="openmp"):
        try:
            yield
        finally:
            _leave()


def _enter():
    """Count this unit in; libraries that were loaded since the last look are limited too."""
    global _controller, _modules, _inside
    from threadpoolctl import ThreadpoolController

    with _guard:
        fresh = len(sys.modules) != _modules  # a look at the loaded libraries costs milliseconds
        if fresh:
            _controller, _modules = ThreadpoolController(), len(sys.modules)
        if fresh or _inside == 0:
            _blas.enter_context(_controller.limit(limits=1, user_api="blas"))
        _inside += 1
        return _controller


def _leave() -> None:
    global _inside
    with _guard:
        _inside -= 1
        if _inside == 0:
            _blas.close()
