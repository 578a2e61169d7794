"""What a kernel and its children use, and whether that is more than they may; and whether the system ran out.

A cap is held by watching resident memory, not by a resource limit: RLIMIT_AS and RLIMIT_DATA count memory that was only
reserved (thread stacks, numpy's untouched arrays) and bind each process alone; a limit hit inside a C library ends in
an abort that names no cause.
"""

import time
from pathlib import Path

from privnb.run.kernels.processes import descendants, fair_memory_bytes, memory_bytes

_LOOK_FOR_CHILDREN_S = 0.25


class MemoryWatch:
    """Watches one kernel: its resident memory plus its children's (pages that they share are shared out)."""

    def __init__(self, pid: int, limit_bytes: int):
        self._pid = pid
        self._limit = limit_bytes
        self._children: list[int] = []
        self._looked = float("-inf")
        self.peak_bytes = 0

    def excess(self) -> str:
        """`used 2.10 GB, limit 2.00 GB` when it is too much, else nothing; takes well under a millisecond mostly."""
        if time.monotonic() - self._looked > _LOOK_FOR_CHILDREN_S:
            self._children = descendants(self._pid)
            self._looked = time.monotonic()
        own = memory_bytes([self._pid])
        used = own + memory_bytes(self._children)
        if used > self._limit and self._children:
            used = own + fair_memory_bytes(self._children)
        self.peak_bytes = max(self.peak_bytes, used)
        return f"used {gigabytes(used)}, limit {gigabytes(self._limit)}" if used > self._limit else ""


def gigabytes(number: int) -> str:
    """`2.10 GB`: decimal gigabytes, as limits are given."""
    return f"{number / 1e9:.2f} GB"


def out_of_memory_kills() -> int | None:
    """How many processes this system's kernel has killed for want of memory since it started; None if unknown."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
