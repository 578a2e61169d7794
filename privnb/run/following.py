"""How a run stands, read from its folder alone: stages with status and seconds, progress, the last event, the end."""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from privnb.run.folder import RunFolder, read_json

ACTIVE = ("pending", "running")


@dataclass
class StageRow:
    """One stage: `status` as the run gives it (or `kept`), seconds of its work where they are known.

    `done` holds (done, total) of its cells and of its units, under `cell` and `units`.
    """

    id: str
    stage: str
    variant: str | None
    status: str = "pending"
    seconds: float | None = None
    reason: str = ""
    started: float | None = None
    done: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class RunState:
    """A run as a reader sees it.

    `status` is `none` (no run here), `running`, `done`, `cancelled`, or `interrupted` (it says running, but its process
    is gone). `started` and `ended` are seconds since the epoch, `exit_code` the command line's.
    """

    status: str = "none"
    stages: dict[str, StageRow] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    pid: int | None = None
    last: str = ""

    @property
    def ended_stages(self) -> int:
        """How many stages are not waiting or running."""
        return sum(row.status not in ACTIVE for row in self.stages.values())

    def elapsed(self, now: float) -> float | None:
        """Seconds from the start to the end, or to `now` while it runs."""
        return None if self.started is None else (self.ended or now) - self.started


class Follower:
    """Reads the journal of one run folder, what is new at every `read()`; `only_new` leaves out what was there."""

    def __init__(self, folder: Path, only_new: bool = False):
        self.folder = RunFolder(folder)
        self.state = RunState()
        there = only_new and self.folder.events.exists()
        self._offset = self.folder.events.stat().st_size if there else 0
        self._last_time: float | None = None

    def read(self) -> RunState:
        """The state now. The journal's lines say what happened, state.json whose process it is and whether it ended."""
        self.news()
        return self.state

    def news(self) -> list[dict[str, Any]]:
        """Read on, and return what happened since the last reading; of an earlier run in the same folder nothing."""
        events = self._new_events()
        for event in events:
            self._apply(event)
        said = read_json(self.folder.state)
        if said is not None:
            self._settle(said)
        starts = [place for place, event in enumerate(events) if event["event"] == "run_started"]
        return events[starts[-1] :] if starts else events

    def _new_events(self) -> list[dict[str, Any]]:
        try:
            with self.folder.events.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]  # a line that is being written is read next time
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def _apply(self, event: dict[str, Any]) -> None:
        state, kind, moment = self.state, event["event"], event["time"]
        self._last_time = moment
        state.last = said(event)
        if kind == "run_started":
            stages = self._rows(event["stages"], set(event["kept"]))
            self.state = RunState("running", stages, started=moment, last=state.last)
            return
        row = state.stages.get(event.get("stage", ""))
        if kind == "stage_started" and row:
            row.status, row.started = "running", moment
        elif kind in ("cell", "units") and row:
            row.done[kind] = (event["done"], event["total"])
        elif kind == "stage_ended" and row:
            row.status, row.reason = event["status"], event.get("reason", "")
            row.seconds = moment - row.started if row.started else None
        elif kind == "run_cancelled":
            self._end("cancelled", moment)
        elif kind == "run_ended":
            state.exit_code = event["exit_code"]
            self._end("done", moment)

    def _rows(self, ids: list[str], kept: set[str]) -> dict[str, StageRow]:
        """The stages of a run that starts; what kept ones once cost is taken from the last run."""
        nodes = {node["id"]: node for node in read_json(self.folder.plan, {}).get("nodes", [])}
        costs = read_json(self.folder.run, {}).get("stages", {})
        rows = {}
        for id in ids:
            node = nodes.get(id, {"stage": id.partition("--")[0], "variant": id.partition("--")[2]})
            rows[id] = StageRow(id, node["stage"], node["variant"], "kept" if id in kept else "pending")
            if id in kept and id in costs:
                rows[id].seconds = costs[id]["seconds"]
        return rows

    def _end(self, status: str, moment: float) -> None:
        self.state.status, self.state.ended = status, moment
        for row in self.state.stages.values():
            if row.status == "running":
                row.status = status if status != "done" else "died"

    def _settle(self, said: dict[str, Any]) -> None:
        """A run whose process is gone without a last word was interrupted."""
        state = self.state
        state.pid = said.get("pid")
        if state.status == "running" and said["status"] == "running" and not alive(state.pid):
            self._end("interrupted", self._last_time or time.time())
            state.last = "The run's process is gone; what was finished is kept."


def alive(pid: int | None) -> bool:
    """Whether a process of that number exists and is not merely waiting to be collected."""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True  # no /proc on this system


def said(event: dict[str, Any]) -> str:
    """An event as a sentence."""
    stage = spoken(event.get("stage", ""))
    return {
        "run_started": lambda: (
            f"Run of {len(event['stages'])} stages started; {len(event['kept'])} are kept from before."
        ),
        "stage_started": lambda: f"Started {stage}.",
        "stage_ended": lambda: (
            f"{stage[:1].upper()}{stage[1:]}: {event['status'].replace('_', ' ')}."
            + (f" {event['reason']}" if event.get("reason") else "")
        ),
        "cell": lambda: f"{stage[:1].upper()}{stage[1:]}: cell {event['done']} of {event['total']}.",
        "units": lambda: f"{stage[:1].upper()}{stage[1:]}: unit {event['done']} of {event['total']}.",
        "report_started": lambda: "Writing the fact sheet.",
        "report_written": lambda: f"Wrote {' and '.join(event['documents'])}.",
        "run_cancelled": lambda: "Cancelled; what was finished is kept.",
        "run_ended": lambda: ENDS.get(event["exit_code"], f"Ended with exit code {event['exit_code']}."),
    }.get(event["event"], lambda: event["event"].replace("_", " "))()


def spoken(id: str) -> str:
    """A stage's id as words: `membership on leaf50`."""
    stage, _, variant = id.partition("--")
    return f"{stage} on {variant}" if variant and variant not in ("data", "run") else stage


ENDS = {
    0: "Ended: all gates pass.",
    1: "Ended: a gate fails or is inconclusive.",
    3: "Ended: a stage failed, or a gated metric was not assessed.",
}
