"""What happens where a unit is computed, be it this process, a worker process or another machine."""

import hashlib
import os
import resource
import signal
import sys
import sysconfig
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privnb.errors import PrivnbError
from privnb.run.units.threadpools import one_thread_each
from privnb.units import Unit

KEPT_JOBS = 2  # compute functions, with the rows inside them, that a worker keeps
_loaded: "OrderedDict[str, Callable[[Unit], dict]]" = OrderedDict()
_loading = threading.Lock()


@dataclass(frozen=True)
class Done:
    """A unit's arrays by name; `peak_bytes` is the peak memory of the worker process, None in this process."""

    arrays: Mapping[str, Any]
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Failed:
    """The unit raised this error."""

    error: BaseException


@dataclass(frozen=True)
class Died:
    """The worker that computed the unit died `times` times, by `how` (a signal, or what is known of it)."""

    how: str
    times: int = 1


@dataclass(frozen=True)
class Needed:
    """The worker does not know the job yet: send the unit again, with the job."""


Outcome = Done | Failed | Died | Needed


@dataclass(frozen=True)
class Job:
    """A compute function with all that it closes over (the rows, the trainer), as it travels to a worker.

    `content` is a pickle by cloudpickle that is never written to disk, `digest` its SHA-256, `path` where modules are
    found.
    """

    digest: str
    content: bytes
    path: Sequence[str] = ()

    @classmethod
    def of(cls, compute: Callable[[Unit], dict], by_value: bool = False) -> "Job":
        """Packed for a worker; with `by_value`, with the code of modules that are not installed (a user's factory).

        PrivnbError when something in it cannot travel.
        """
        import cloudpickle

        own = _not_installed() if by_value else []
        try:
            for module in own:
                cloudpickle.register_pickle_by_value(module)
            content = cloudpickle.dumps(compute)
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
            raise PrivnbError(
                f"the units cannot travel to other processes ({cause}); use the back end threads"
            ) from error
        finally:
            for module in own:
                cloudpickle.unregister_pickle_by_value(module)
        return cls(hashlib.sha256(content).hexdigest(), content, tuple(sys.path))


def answer(compute: Callable[[Unit], dict], unit: Unit) -> Done | Failed:
    """Compute one unit here, on one core; its error is an answer too."""
    import numpy as np

    try:
        with one_thread_each():
            found = compute(unit)
        return Done({name: np.asarray(value) for name, value in found.items()})
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Failed(error)


def answer_remotely(digest: str, job: Job | None, unit: Unit) -> Done | Failed | Needed:
    """Compute one unit in a worker; the job comes along, or is one that the worker has kept."""
    try:
        compute = _compute_of(digest, job)
    except Exception as error:
        return Failed(_portable(error))
    if compute is None:
        return Needed()
    outcome = answer(compute, unit)
    if isinstance(outcome, Failed):
        return Failed(_portable(outcome.error))
    return Done(outcome.arrays, peak_memory_bytes())


def forget(digest: str) -> None:
    """Drop a job that is done, so that no rows stay in the worker's memory."""
    with _loading:
        _loaded.pop(digest, None)


def start_worker(parent: int) -> None:
    """Make this process a worker of `parent`: it leaves the keyboard to it and ends when it is gone."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="privnb-parent-watch", daemon=True).start()


def peak_memory_bytes() -> int:
    """The most memory that this process ever had (resident set)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory_bytes() -> int:
    """The memory that this process has now (resident set); where the system does not say, its peak."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except FileNotFoundError:
        return peak_memory_bytes()


def _compute_of(digest: str, job: Job | None) -> Callable[[Unit], dict] | None:
    import cloudpickle

    with _loading:
        if digest not in _loaded:
            if job is None:
                return None
            sys.path.extend(place for place in job.path if place not in sys.path and Path(place).exists())
            _loaded[digest] = cloudpickle.loads(job.content)
            while len(_loaded) > KEPT_JOBS:
                _loaded.popitem(last=False)
        _loaded.move_to_end(digest)
        return _loaded[digest]


def _not_installed() -> list:
    """Modules from beside the spec or the user's script: another machine does not have them."""
    installed = tuple(str(Path(place)) for place in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix})
    return [
        module
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None))
        and name.partition(".")[0] not in ("__main__", "privnb")
        and not file.startswith(installed)
        and getattr(module, "__name__", None) == name
    ]


def _portable(error: BaseException) -> BaseException:
    """The error as it will arrive: with the worker's traceback as a note, or told in words where it cannot travel."""
    import cloudpickle

    text = "".join(traceback.format_exception(error))
    try:
        cloudpickle.loads(cloudpickle.dumps(error))
    except Exception:
        error = PrivnbError(f"{type(error).__name__}: {error}")
    error.add_note(f"In the worker:\n{text}")
    return error
