"""Units answered from the run folder's store: what was finished is never computed again."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from privnb.errors import NotApplicable, PrivnbError
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units.dispatch import Crew, Dispatch, MemoryBound, Permits, Task, killers
from privnb.run.units.shelf import Shelf
from privnb.run.units.work import Died, Done, Failed, answer
from privnb.units import Unit, content_key

OnUnit = Callable[[int, int, str], None]


@dataclass(frozen=True)
class StoredUnits:
    """A unit runner that stores each unit when it ends; without a store nothing is kept.

    `scope` is plain JSON that goes into every unit's key. `backend` is `threads` (of this process), `loky` (worker
    processes) or `dask:ADDRESS` (a cluster); results are the same on all. `jobs` bounds the units at once on this
    machine; of `tokens`, each unit beyond the first takes one while it runs. `max_memory_bytes` bounds them too, once
    the first has shown what a unit costs (see `MemoryBound`); a cluster has its own limits. `on_unit(done, total,
    name)` is called for each unit that is there, computed or kept.
    """

    store: Store | None
    scope: Mapping[str, Any]
    jobs: int = 1
    backend: str = "threads"
    tokens: TokenPool | None = None
    on_unit: OnUnit | None = None
    max_memory_bytes: int | None = None

    def map(self, compute: Callable[[Unit], dict], units: Sequence[Unit]) -> list[dict]:
        """See `privnb.units.UnitRunner.map`.

        A unit's own error is raised, with the unit's name, when those that were running have ended and are stored.
        PrivnbError names a unit that kills its worker each time, when all others are stored. A damaged result is
        computed again, and a warning says so once.
        """
        keys = [content_key([self.scope, unit.name, unit.inputs]) for unit in units]
        tasks = {key: Task(key, unit) for key, unit in zip(keys, units, strict=True)}
        found: dict[str, dict] = {}
        damaged = []
        shelf = Shelf(self.store)
        for key, task in tasks.items():
            stored = shelf.read(key)
            if stored is not None:
                self._tell(found, task, stored, len(tasks))
            elif shelf.holds(key):
                damaged.append(task.unit.name)
        if damaged:
            names = ", ".join(damaged)
            warnings.warn(f"damaged in the store and computed again: {names}", RuntimeWarning, stacklevel=2)
        self._compute(compute, [task for key, task in tasks.items() if key not in found], found, len(tasks))
        return [found[key] for key in keys]

    def _compute(self, compute: Callable, missing: Sequence[Task], found: dict[str, dict], total: int) -> None:
        dead: list[Task] = []
        error: BaseException | None = None
        with self._outcomes(compute, missing) as outcomes:
            for task, outcome in outcomes:
                if isinstance(outcome, Done):
                    Shelf(self.store).write(task.key, outcome.arrays)
                    self._tell(found, task, dict(outcome.arrays), total)
                elif isinstance(outcome, Failed):
                    error = error or _named(outcome.error, task.unit)
                else:
                    dead.append(task)
        if error is not None:
            raise error
        if dead:
            raise killers(dead, len(found), total)

    @contextmanager
    def _outcomes(self, compute: Callable, missing: Sequence[Task]) -> Iterator[Iterator[tuple[Task, Any]]]:
        """The tasks as they end. Who leaves by an exception leaves nothing running that can be stopped."""
        if self.backend == "threads" and (self.jobs == 1 or len(missing) < 2):
            yield _in_turn(compute, missing)
            return
        crew = open_crew(self.backend, compute, self.jobs) if missing else None
        if crew is None:
            yield iter(())
            return
        permits = Permits(self.tokens if crew.local else None)
        bound = MemoryBound(self.max_memory_bytes if crew.local else None)
        dispatch = Dispatch(crew, permits, bound, self._meanwhile)
        try:
            yield dispatch.run(missing)
        except BaseException:
            crew.close(kill=True)
            raise
        else:
            crew.close(kill=False)
        finally:
            dispatch.give_up()

    def _meanwhile(self, task: Task) -> Done | None:
        """The result, if another process stored it since we looked."""
        stored = Shelf(self.store).read(task.key)
        return None if stored is None else Done(stored)

    def _tell(self, found: dict[str, dict], task: Task, arrays: dict, total: int) -> None:
        found[task.key] = arrays
        if self.on_unit is not None:
            self.on_unit(len(found), total, task.unit.name)


def check_backend(backend: str) -> str:
    """The back end as given; PrivnbError when there is no such one, its extra is missing or no cluster answers."""
    name, _, address = backend.partition(":")
    if name == "dask" and address:
        from privnb.run.units.cluster import check_cluster

        check_cluster(address)
    elif backend not in ("threads", "loky"):
        raise PrivnbError(f"there is no back end {backend!r}; there are threads, loky and dask:ADDRESS")
    return backend


def open_crew(backend: str, compute: Callable[[Unit], dict], jobs: int) -> Crew:
    """Who computes on that back end; raises as `check_backend` does."""
    from privnb.run.units.local import LokyCrew, ThreadCrew

    name, _, address = check_backend(backend).partition(":")
    if name == "dask":
        from privnb.run.units.cluster import DaskCrew

        return DaskCrew(compute, address)
    return (LokyCrew if name == "loky" else ThreadCrew)(compute, jobs)


def _in_turn(compute: Callable, tasks: Sequence[Task]) -> Iterator[tuple[Task, Done | Failed | Died]]:
    """One after the other in the calling thread, up to the first error."""
    for task in tasks:
        outcome = answer(compute, task.unit)
        yield task, outcome
        if isinstance(outcome, Failed):
            return


def _named(error: BaseException, unit: Unit) -> BaseException:
    """The error with the unit's name in its message; why a stage does not apply stays as it is."""
    if isinstance(error, NotApplicable):
        return error
    if len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"unit {unit.name}: {error.args[0]}",)
    else:
        error.add_note(f"unit {unit.name}")
    return error
