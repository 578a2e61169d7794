"""A forked kernel: initialised ahead, it waits for its one notebook, then behaves like a process started for it."""

import atexit
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
import time
import warnings
from pathlib import Path

from privnb.run.kernels.preload import INLINE
from privnb.run.kernels.processes import die_with_parent, inherit_orphans

_OOM_SCORE = 300  # when the machine runs out of memory, a kernel goes before the program that reports it
_THREADS = {"openmp": ("OMP_NUM_THREADS",), "blas": ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")}


def become_kernel(connection_file: str, channel: socket.socket) -> None:
    """Turn this freshly forked process into an IPython kernel; does not return.

    Writes its process id to `channel` when its sockets are bound, then waits there for its job: a line of JSON with
    `cwd` and `env`. A channel that closes instead means that nobody needs this kernel.
    """
    os.setsid()
    die_with_parent()
    inherit_orphans()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE))
    inherited = dict(os.environ)
    app = _initialised(connection_file)
    set_by_kernel = {name: value for name, value in os.environ.items() if inherited.get(name) != value}
    channel.sendall(b"%d\n" % os.getpid())
    job = channel.makefile("rb").readline()
    if not job:
        os._exit(0)
    _start_afresh(set_by_kernel=set_by_kernel, **json.loads(job))
    app.start()
    _finish(app)


def _initialised(connection_file: str):
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    options = ["-f", connection_file, "--HistoryManager.hist_file=:memory:"]
    sys.argv = [ipykernel_launcher.__file__, *options]
    app = IPKernelApp.instance()
    app.initialize([*options, "--log-level=CRITICAL"])
    app.log.setLevel(logging.WARN)
    return app


def _start_afresh(cwd: str, env: dict[str, str], set_by_kernel: dict[str, str]) -> None:
    """Folder, environment, random state, clock zone and threads as a process started now would have them."""
    import numpy as np

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    asked = env.get("MPLBACKEND")
    os.environ.update(set_by_kernel)
    os.environ["MPLBACKEND"] = asked or INLINE
    if asked and asked != INLINE:
        import matplotlib

        matplotlib.rcParams["backend"] = asked
    time.tzset()
    np.random.seed()  # Python's own `random` seeds itself after a fork  # noqa: NPY002
    _allow_threads(env)


def _allow_threads(env: dict[str, str]) -> None:
    """BLAS and OpenMP stay at one thread unless the environment asks for more."""
    wanted = {}
    for pool, names in _THREADS.items():
        number = next((int(env[name]) for name in names if env.get(name, "").isdigit()), 1)
        if number > 1:
            wanted[pool] = number
    if wanted:
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=wanted)


def _finish(app) -> None:
    """What an interpreter does at its end for the notebook's own objects, without tearing down all the libraries."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.unregister(app.close)
    with contextlib.suppress(BaseException), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        atexit._run_exitfuncs()
        sys.last_type = sys.last_value = sys.last_traceback = None
        app.shell.reset(new_session=False)  # closes files that a cell left open
        gc.collect()
    os._exit(0)
