"""Crews of this machine: threads of this process, and worker processes by loky (joblib's)."""

import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from privnb.run.units.work import Died, Job, Outcome, answer, answer_remotely, start_worker
from privnb.units import Unit

IDLE_S = 30  # worker processes end after so long without work
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_spare: dict[int, list] = {}
_spare_guard = threading.Lock()
os.register_at_fork(after_in_child=_spare.clear)  # they are the parent's workers


class ThreadCrew:
    """Threads: no start-up, no copies; compiled fits release the interpreter lock."""

    local = True
    patience_s = None

    def __init__(self, compute: Callable[[Unit], dict], jobs: int):
        self.width = jobs
        self._compute = compute
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="privnb-unit")

    def submit(self, unit: Unit, whole: bool = False, alone: bool = False) -> Future:
        """Start one unit; the future's outcome is read by `outcome`."""
        return self._pool.submit(answer, self._compute, unit)

    def outcome(self, future: Future) -> Outcome:
        """How an ended unit ended."""
        return future.result()

    def check(self) -> None:
        """Threads are always there."""

    def close(self, kill: bool) -> None:
        """Nothing is running any more, or with `kill`: it may go on, and nobody waits for it."""
        self._pool.shutdown(wait=not kill, cancel_futures=True)


class LokyCrew:
    """Worker processes; a job travels to each of them once, through a pipe."""

    local = True
    patience_s = None

    def __init__(self, compute: Callable[[Unit], dict], jobs: int):
        self.width = jobs
        self._job = Job.of(compute)
        self._unknown = jobs  # so many first units carry the job with them
        self._pool = None
        self._pool_of: dict[Future, object] = {}

    def submit(self, unit: Unit, whole: bool = False, alone: bool = False) -> Future:
        """Start one unit, with the job where the worker will not know it."""
        if self._pool is None:
            self._pool, self._unknown = _process_pool(self.width), self.width
        job = self._job if whole or self._unknown > 0 else None
        self._unknown -= 1
        try:
            future = self._pool.submit(answer_remotely, self._job.digest, job, unit)
        except BrokenProcessPool:  # a worker died while it had nothing to do
            self._drop()
            return self.submit(unit, whole)
        self._pool_of[future] = self._pool
        return future

    def outcome(self, future: Future) -> Outcome:
        """How an ended unit ended; all that run at the moment of a worker's death share it."""
        pool = self._pool_of.pop(future)
        try:
            return future.result()
        except BrokenProcessPool as broken:
            if pool is self._pool:
                self._drop()
            return Died(_how(str(broken)))

    def check(self) -> None:
        """loky itself notices a dead worker."""

    def close(self, kill: bool) -> None:
        """Keep the idle workers for the next job of this process, or kill them with what they do."""
        if self._pool is None:
            return
        if kill:
            self._drop()
        else:
            with _spare_guard:
                _spare.setdefault(self.width, []).append(self._pool)
            self._pool = None

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, kill_workers=True)


def _process_pool(jobs: int):
    from joblib.externals.loky import ProcessPoolExecutor

    with _spare_guard:
        if _spare.get(jobs):
            return _spare[jobs].pop()
    return ProcessPoolExecutor(
        jobs, timeout=IDLE_S, initializer=start_worker, initargs=(os.getpid(),), env=dict(_ONE_THREAD)
    )


def _how(message: str) -> str:
    """The signals or exit codes in loky's message, else its first line."""
    codes = re.search(r"exit codes of the workers are \{(.*)\}", message)
    if codes is None:
        return message.strip().splitlines()[0]
    return re.sub(r"\((-?\d+)\)", "", codes[1]) if "SIG" in codes[1] else f"exit {codes[1]}"
