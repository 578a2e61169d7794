"""A crew on a Dask cluster: its scheduler hands out the units, and starts those of a dead worker again."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, wait
from typing import Any

from privnb.errors import PrivnbError
from privnb.run.units.work import Died, Failed, Job, Outcome, answer_remotely, forget
from privnb.units import Unit

CONNECT_S = 15
NO_WORKER_S = 60
POLL_S = 0.2
_COMPARED = ("privnb", "numpy", "scipy", "pandas", "scikit-learn")  # on whose versions a unit's result depends
_clients: dict[str, Any] = {}
_guard = threading.Lock()
os.register_at_fork(after_in_child=_clients.clear)  # their threads stay with the parent


class DaskCrew:
    """Units as tasks of a distributed.Client.

    The job goes to the scheduler once, as a task of its own: workers fetch its result from one another, and the
    scheduler makes it again when all that had it are gone. Rows travel to the workers: use a `tls://` address where
    the network is not trusted. The scheduler starts a task of a dead worker again, four times by default
    (`distributed.scheduler.allowed-failures`).
    """

    local = False
    patience_s = 2.0

    def __init__(self, compute: Callable[[Unit], dict], address: str):
        self._address = address
        self._client = _client(address)
        self._threads: Mapping[str, int] = {}
        self._seen_s = time.monotonic()
        self._flying: dict[Future, str | None] = {}  # the worker, of units that run alone
        self.check()
        self._job = Job.of(compute, by_value=True)
        self._held = self._hold()

    @property
    def width(self) -> int:
        """A unit for each thread of the cluster, and one more for each worker: it starts while a result travels."""
        return max(1, sum(self._threads.values()) + len(self._threads))

    def submit(self, unit: Unit, whole: bool = False, alone: bool = False) -> Future:
        """Start one unit; `alone`, on one worker, whose death is seen at the first time."""
        worker = self._living_worker() if alone else None
        future = self._send(worker, answer_remotely, self._job.digest, self._held, unit)
        self._flying[future] = worker
        return future

    def outcome(self, future: Future) -> Outcome:
        """How an ended unit ended."""
        from distributed import KilledWorker

        worker = self._flying.pop(future)
        try:
            return future.result()
        except KilledWorker as killed:
            return Died(f"the Dask worker {killed.last_worker.address} and others", killed.allowed_failures + 1)
        except CancelledError:
            if worker is not None:
                return Died(f"the Dask worker {worker}")
            problem = f"the Dask scheduler at {self._address} is gone; what ended is kept: run the same command again"
            return Failed(PrivnbError(problem))
        except Exception as error:
            problem = f"the Dask cluster at {self._address} could not run it: {type(error).__name__}: {error}"
            return Failed(PrivnbError(problem))

    def check(self) -> None:
        """See who is there; PrivnbError when there has been no worker, or no scheduler, for a minute."""
        try:
            self._threads = self._client.nthreads()
        except Exception as error:  # the client goes on looking for its scheduler
            self._threads, problem = {}, f" ({type(error).__name__})"
        else:
            problem = ""
        now = time.monotonic()
        if self._threads:
            self._seen_s = now
        elif now - self._seen_s > NO_WORKER_S:
            raise PrivnbError(
                f"the Dask cluster at {self._address} has had no worker for {NO_WORKER_S} s{problem}; what ended is "
                "kept: run the same command again when there are workers"
            )
        for future, worker in list(self._flying.items()):
            if worker is not None and worker not in self._threads:
                future.cancel()

    def close(self, kill: bool) -> None:
        """Leave no rows in the cluster's memory; with `kill`, units that run there are cancelled too."""
        for future in list(self._flying):
            future.cancel()
        self._held.release()
        if self._client.status == "running":
            self._client.run(forget, self._job.digest, on_error="ignore")

    async def _fetched(self, task) -> Outcome:
        """The result, here. The cluster may forget it then; else it would compute it again if its worker died."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        task.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
        try:
            await ended.wait()
            return await self._client.gather(task, asynchronous=True)
        finally:
            task.release()

    def _send(self, worker: str | None, function: Callable, *arguments: Any) -> Future:
        place = {"workers": [worker], "allow_other_workers": False} if worker else {}
        task = self._client.submit(function, *arguments, pure=False, **place)
        return asyncio.run_coroutine_threadsafe(self._fetched(task), self._client.loop.asyncio_loop)

    def _living_worker(self) -> str:
        """A worker that answers now: one that died a moment ago may still be listed."""
        while True:
            self.check()
            for worker in self._threads:
                answered = self._send(worker, os.getpid)
                if wait([answered], self.patience_s).done:
                    return worker
                answered.cancel()
            time.sleep(POLL_S)

    def _hold(self):
        import dask

        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
            held = self._client.submit(_same, self._job, pure=False)
        if len(self._threads) > 1:
            self._client.replicate(held)
        return held


def check_cluster(address: str) -> None:
    """Raises PrivnbError when the extra is missing, no scheduler answers, or its workers have other versions."""
    _client(address)


def _same(job: Job) -> Job:
    return job


def _client(address: str):
    """One client a process and address."""
    try:
        from distributed import Client
    except ImportError:
        raise PrivnbError(
            "the back end dask needs the extra `scale` (dask and distributed), which is not installed; "
            "install it with: pip install 'privnb[scale]'"
        ) from None
    with _guard:
        client = _clients.get(address)
        if client is None or client.status != "running":
            try:
                client = Client(address, timeout=CONNECT_S, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                raise PrivnbError(
                    f"no Dask scheduler answers at {address} ({_one_line(error)}); start one with `dask scheduler`, "
                    "its workers with `dask worker ADDRESS`, and give its address as dask:tcp://HOST:8786"
                ) from error
            _same_versions(client, address)
            _clients[address] = client
        return client


def _same_versions(client: Any, address: str) -> None:
    """The workers answer as this process would: privnb is there, and what results depend on has the same version."""
    if not client.nthreads():
        client.wait_for_workers(1, timeout=NO_WORKER_S)
    found = client.get_versions(packages=list(_COMPARED))
    here = _versions(found["client"])
    for worker, facts in found["workers"].items():
        there = _versions(facts)
        for name, version in here.items():
            if there[name] != version:
                client.close()
                has = f"has {name} {there[name]}" if there[name] else f"has no {name}"
                raise PrivnbError(
                    f"the Dask worker {worker} of {address} {has}; this process has {version}. Results depend on it: "
                    f"install the same version there"
                )


def _versions(facts: Mapping[str, Any]) -> dict[str, str | None]:
    python = ".".join(str(facts["host"]["python"]).split(".")[:2])
    return {"python": python} | {name: facts["packages"].get(name) for name in _COMPARED}


def _one_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
