"""The journal of a run: state.json says how each stage stands, events.jsonl what happened, both as it happens."""

import json
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence

from privnb.findings import StageStatus
from privnb.plan import Plan
from privnb.run.folder import RunFolder, write_json


class Journal:
    """Writes both files; several threads may call it. `on_event` gets every event after it was written."""

    def __init__(self, folder: RunFolder, plan: Plan, done: Collection[str], on_event: Callable[[dict], None]):
        self._folder = folder
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
        self._write_state("running")
        self.log("stage_started", stage=id)

    def ended(self, status: StageStatus, id: str) -> None:
        """A stage ended, well or not."""
        self._stages[id] = {"status": status.status, "reason": status.reason}
        self._write_state("running")
        self.log("stage_ended", stage=id, status=status.status, reason=status.reason)

    def cancelled(self, ids: Sequence[str]) -> None:
        """The run was interrupted; these stages did not end."""
        for id in ids:
            was_running = self._stages[id]["status"] == "running"
            self._stages[id] = {"status": "cancelled" if was_running else "pending"}
        self._write_state("cancelled")
        self.log("run_cancelled", stages=list(ids))

    def finish(self, exit_code: int) -> None:
        """The run ended with this exit code."""
        self._write_state("done", exit_code=exit_code)
        self.log("run_ended", exit_code=exit_code)

    def _write_state(self, status: str, **more) -> None:
        with self._lock:
            write_json(self._folder.state, {"status": status, "pid": os.getpid(), **more, "stages": self._stages})
