"""The journal of a run: state.json says how each stage stands, events.jsonl what happened, both as it happens."""

import json
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from privnb.findings import StageStatus
from privnb.plan import Plan
from privnb.run.folder import RunFolder, write_json
from privnb.run.forecast import remaining_seconds


class Journal:
    """Writes both files; several threads may call it. `on_event` gets every event after it was written.

    `costs` are the seconds that stages took before, by id: with them an event that starts or ends a stage carries
    `eta_s`, the seconds until the run will end when `jobs` stages run at once (None where nothing is known).
    """

    def __init__(
        self,
        folder: RunFolder,
        plan: Plan,
        done: Collection[str],
        on_event: Callable[[dict], None],
        costs: Mapping[str, float] | None = None,
        jobs: int = 1,
    ):
        self._folder = folder
        self._costs = dict(costs or {})
        self._jobs = jobs
        self._started: dict[str, float] = {}
        self._over = False
        self._on_event = on_event
        self._lock = threading.Lock()
        self._stages = {
            node.id: {"status": "ok" if node.id in done else "pending", "kept": node.id in done} for node in plan.nodes
        }
        self._write_state("running")
        self.log("run_started", stages=[node.id for node in plan.nodes], kept=sorted(done))

    def log(self, event: str, **details) -> None:
        """Append one event."""
        line = {"time": time.time(), "event": event, **details}
        with self._lock, self._folder.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._on_event(line)

    def started(self, id: str) -> None:
        """A stage starts."""
        self._stages[id] = {"status": "running"}
        self._started[id] = time.time()
        self._write_state("running")
        self.log("stage_started", stage=id, eta_s=self._eta())

    def cell(self, id: str, done: int, total: int) -> None:
        """A stage's notebook has come to this cell."""
        self.log("cell", stage=id, done=done, total=total)

    def units(self, id: str, done: int, total: int) -> None:
        """A stage has finished this many of its units."""
        self.log("units", stage=id, done=done, total=total)

    def ended(self, status: StageStatus, id: str) -> None:
        """A stage ended, well or not."""
        self._stages[id] = {"status": status.status, "reason": status.reason}
        if id in self._started:
            self._costs[id] = time.time() - self._started.pop(id)
        self._write_state("running")
        self.log("stage_ended", stage=id, status=status.status, reason=status.reason, eta_s=self._eta())

    def cancelled(self, ids: Sequence[str]) -> None:
        """The run was interrupted; these stages did not end."""
        for id in ids:
            was_running = self._stages[id]["status"] == "running"
            self._stages[id] = {"status": "cancelled" if was_running else "pending"}
        self._over = True
        self._write_state("cancelled")
        self.log("run_cancelled", stages=list(ids))

    def broken(self) -> None:
        """The run stops by an error or an interruption; what was running did not end."""
        if self._over:
            return
        for id, stage in self._stages.items():
            if stage["status"] == "running":
                self._stages[id] = {"status": "cancelled"}
        self._write_state("cancelled")
        self.log("run_cancelled", stages=[id for id, stage in self._stages.items() if stage["status"] != "ok"])

    def finish(self, exit_code: int) -> None:
        """The run ended with this exit code."""
        self._write_state("done", exit_code=exit_code)
        self.log("run_ended", exit_code=exit_code)

    def _eta(self) -> float | None:
        now = time.time()
        waiting = {
            id: now - self._started.get(id, now)
            for id, stage in self._stages.items()
            if stage["status"] in ("pending", "running")
        }
        seconds = remaining_seconds(waiting, self._costs, self._jobs)
        return None if seconds is None else round(seconds, 1)

    def _write_state(self, status: str, **more) -> None:
        with self._lock:
            write_json(self._folder.state, {"status": status, "pid": os.getpid(), **more, "stages": self._stages})


@contextmanager
def unit_reports(progress: Path, journal: Journal, every_s: float = 0.25) -> Iterator[None]:
    """Bring what units report of themselves, as lines of the file `progress`, into the journal while the body runs."""
    over = threading.Event()

    def follow() -> None:
        offset = 0
        while True:
            last = over.wait(every_s)
            if progress.exists():
                with progress.open("rb") as file:
                    file.seek(offset)
                    content = file.read()
                whole = content[: content.rfind(b"\n") + 1]
                offset += len(whole)
                for line in map(json.loads, whole.splitlines()):
                    journal.units(line["stage"], line["done"], line["total"])
            if last:
                return

    reader = threading.Thread(target=follow, name="privnb-units", daemon=True)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
