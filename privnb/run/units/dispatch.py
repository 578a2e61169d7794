"""Hands units to a crew: as many at once as there are tokens and memory for, and what a dead worker lost once more."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Protocol

from privnb.errors import PrivnbError
from privnb.run.tokens import Request, Token, TokenPool
from privnb.run.units.work import Died, Done, Failed, Needed, Outcome, memory_bytes
from privnb.units import Unit

COMPANY = 3  # deaths after which a unit runs alone, for the last time
POLL_S = 0.05


class Crew(Protocol):
    """Who computes: `width` units at once; `local` when it takes cores of this machine."""

    width: int
    local: bool
    patience_s: float | None

    def submit(self, unit: Unit, whole: bool = False, alone: bool = False) -> Future:
        """Start one unit: with its job where `whole`, and apart from others where `alone`."""

    def outcome(self, future: Future) -> Outcome:
        """How an ended unit ended."""

    def check(self) -> None:
        """Asked every `patience_s` seconds of waiting; raises when nobody is left to work."""

    def close(self, kill: bool) -> None:
        """No more units come; `kill` ends those that run, where that can be done."""


@dataclass
class Task:
    """One unit on its way, under its key in the store; `deaths` are those of workers that had it in hand."""

    key: str
    unit: Unit
    deaths: int = 0
    how: str = ""


class Permits:
    """The caller's own token for one unit at a time, and one from the pool for each more; all there are without one."""

    def __init__(self, pool: TokenPool | None):
        self._pool = pool
        self._own_is_free = True
        self._request: Request | None = None

    def take(self) -> "Token | bool | None":
        """A permit for one more unit, or None when it has to wait."""
        if self._pool is None:
            return True
        if self._own_is_free:
            self._own_is_free = False
            return True
        self._request = self._request or self._pool.request()
        token = self._request.poll()
        if token is not None:
            self._request = None
        return token

    def give(self, permit: "Token | bool") -> None:
        """The unit ended."""
        if isinstance(permit, Token):
            permit.release()
        else:
            self._own_is_free = True

    def close(self) -> None:
        """Wait for no more."""
        if self._request is not None:
            self._request.close()
            self._request = None


class MemoryBound:
    """How many units at once stay below a limit in bytes.

    Where there is one, the first unit runs alone. Its cost is the growth of this process' resident set while it ran,
    looked at every 50 ms, or the peak of its worker process. What this process had before counts once.
    """

    def __init__(self, limit: int | None):
        self.measuring = limit is not None
        self._limit = limit
        self._before = memory_bytes() if self.measuring else 0
        self._most = self._before
        self._unit = 0

    def width(self, most: int) -> int:
        """At most `most`, at least one."""
        if self._limit is None:
            return most
        if self.measuring:
            return 1
        return max(1, min(most, (self._limit - self._before) // self._unit))

    def look(self) -> None:
        """One look at the memory of this process."""
        self._most = max(self._most, memory_bytes())

    def learn(self, done: Done) -> None:
        """The first unit ended."""
        self.look()
        self._unit = max(1, done.peak_bytes or self._most - self._before)
        self.measuring = False


class Dispatch:
    """Runs tasks on a crew; `kept(task)` is asked right before a start and may answer from the store."""

    def __init__(self, crew: Crew, permits: Permits, bound: MemoryBound, kept: Callable[[Task], Done | None]):
        self._crew = crew
        self._permits = permits
        self._bound = bound
        self._kept = kept
        self._running: dict[Future, tuple[Task, Token | bool]] = {}
        self._suspects: list[Task] = []
        self._stopped = False

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Done | Failed | Died]]:
        """Each task as it ends. After an error nothing more is started; what runs is waited for.

        A unit that was in hand when a worker died is done again; after three deaths it waits until all others have
        ended and runs alone. If that kills the worker too, it ends as Died: it was the unit, not its neighbour.
        """
        yield from self._rounds(deque(tasks), 1 << 30, alone=False)
        for task in self._suspects:
            yield from self._rounds(deque([task]), 1, alone=True)

    def give_up(self) -> None:
        """Give back all tokens; what still runs is nobody's concern any more."""
        self._permits.close()
        for _, permit in self._running.values():
            self._permits.give(permit)
        self._running.clear()

    def _rounds(self, waiting: deque, most: int, alone: bool) -> Iterator[tuple[Task, Done | Failed | Died]]:
        yield from self._start(waiting, most, alone)
        while self._running:
            for future in self._wait(bool(waiting) and not self._stopped, most):
                yield from self._end(future, waiting, alone)  # the caller stores it: only then its place is free
                yield from self._start(waiting, most, alone)
            yield from self._start(waiting, most, alone)

    def _start(self, waiting: deque, most: int, alone: bool) -> Iterator[tuple[Task, Done]]:
        while waiting and not self._stopped and len(self._running) < self._width(most):
            permit = self._permits.take()
            if permit is None:
                return
            task = waiting.popleft()
            kept = self._kept(task)
            if kept is None:
                self._running[self._crew.submit(task.unit, alone=alone)] = task, permit
            else:
                self._permits.give(permit)
                yield task, kept
        if not waiting or self._stopped:
            self._permits.close()

    def _wait(self, more: bool, most: int) -> Sequence[Future]:
        short = self._bound.measuring or (more and len(self._running) < self._width(most))
        while True:
            done = wait(self._running, POLL_S if short else self._crew.patience_s, FIRST_COMPLETED).done
            if self._bound.measuring:
                self._bound.look()
            if done or (more and short and not self._bound.measuring):
                return list(done)
            self._crew.check()

    def _end(self, future: Future, waiting: deque, alone: bool) -> Iterator[tuple[Task, Done | Failed | Died]]:
        task, permit = self._running.pop(future)
        outcome = self._crew.outcome(future)
        if isinstance(outcome, Needed):
            self._running[self._crew.submit(task.unit, whole=True, alone=alone)] = task, permit
            return
        self._permits.give(permit)
        if isinstance(outcome, Died):
            task.deaths, task.how = task.deaths + outcome.times, outcome.how
            if alone:
                yield task, outcome
            else:
                (self._suspects if task.deaths >= COMPANY else waiting).append(task)
            return
        if isinstance(outcome, Done) and self._bound.measuring:
            self._bound.learn(outcome)
        self._stopped = self._stopped or isinstance(outcome, Failed)
        yield task, outcome

    def _width(self, most: int) -> int:
        return min(most, self._bound.width(self._crew.width))


def killers(dead: Sequence[Task], finished: int, total: int) -> PrivnbError:
    """The error that names the units whose workers died even when they ran alone."""
    told = "; ".join(
        f"unit {task.unit.name} killed its worker {task.deaths} times ({_cause(task.how)})" for task in dead
    )
    return PrivnbError(f"{told}; {finished} of {total} units are kept. Run the same command again to go on from there")


def _cause(how: str) -> str:
    if "SIGKILL" in how:
        return f"{how}; often the system's answer when memory runs out: a smaller --jobs leaves more for each"
    return how
