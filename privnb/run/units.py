"""Units answered from the run folder's store: what was finished is never computed again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from privnb.run.store import Store
from privnb.units import ThreadUnits, Unit, content_key


@dataclass(frozen=True)
class StoredUnits:
    """A unit runner over `jobs` threads; `scope` is plain JSON that goes into every unit's key."""

    store: Store
    scope: Mapping[str, Any]
    jobs: int = 1

    def map(self, compute: Callable[[Unit], dict], units: Sequence[Unit]) -> list[dict]:
        """See `privnb.units.UnitRunner.map`; each unit is stored when it ends."""
        return ThreadUnits(self.jobs).map(lambda unit: self._answer(compute, unit), units)

    def _answer(self, compute: Callable[[Unit], dict], unit: Unit) -> dict:
        name = f"units/{content_key([self.scope, unit.name, unit.inputs])}"
        stored = self.store.read_arrays(name)
        if stored is None:
            stored = compute(unit)
            self.store.write_arrays(name, stored)
        return stored
