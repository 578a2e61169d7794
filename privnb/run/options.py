"""How a run is done, as chosen at the command line: never part of a spec, and without influence on results."""

import os
import re
from dataclasses import dataclass

from privnb.errors import PrivnbError

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}


@dataclass(frozen=True)
class RunOptions:
    """`jobs` notebooks and units at once (None: the cores), `backend` of the units, limits of a notebook (None: none).

    `max_memory_bytes` is for each notebook's kernel with its workers; `timeout_s` for each stage.
    """

    jobs: int | None = None
    backend: str = "threads"
    max_memory_bytes: int | None = None
    timeout_s: float | None = None

    def __post_init__(self):
        kind, _, address = self.backend.partition(":")
        if kind not in ("threads", "loky", "dask") or (kind == "dask") != bool(address):
            raise PrivnbError(f"there is no back end {self.backend!r}; use threads, loky or dask:ADDRESS")

    @property
    def at_once(self) -> int:
        """Notebooks and units that run at once."""
        return self.jobs or os.cpu_count() or 1


def bytes_of(text: str) -> int:
    """`2GB`, `500M`, `1.5GiB` or a plain number as bytes; PrivnbError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]I?)?B?", text.strip().upper())
    if found is None or float(found[1]) <= 0:
        raise PrivnbError(f"{text!r} is no amount of memory; write 2GB, 500MB or 1.5GiB")
    return int(float(found[1]) * _UNITS[found[2] or ""])
