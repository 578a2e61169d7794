"""Units of work and their seeds: what a library asks to have computed, without knowing the run."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from privnb.findings import canonical_json


def derive_seed(seed: int, *path: str | int) -> int:
    """A 32-bit seed for one purpose: SHA-256 of the run's seed and the names of stage and unit.

    It never depends on the variant, the order of calls or the worker, so variants are paired and back ends agree.
    """
    text = canonical_json([seed, *path])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def content_key(value: Any) -> str:
    """SHA-256 of the canonical JSON of what decides a result, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True)
class Unit:
    """One independent piece of work: `name` within its stage, and `inputs` (plain JSON) that decide its result."""

    name: str
    inputs: Mapping[str, Any]


class UnitRunner(Protocol):
    """Runs units in parallel and may answer from a store what was computed before."""

    def map(self, compute: Callable[[Unit], dict], units: Sequence[Unit]) -> list[dict]:
        """`compute(unit)` for each unit, in order; each result is a dict of numpy arrays by name."""
        ...


@dataclass(frozen=True)
class ThreadUnits:
    """A plain runner: `jobs` threads, no store. scikit-learn's fits release the interpreter lock."""

    jobs: int = 1

    def map(self, compute: Callable[[Unit], dict], units: Sequence[Unit]) -> list[dict]:
        """See `UnitRunner.map`; the first error is raised after the running units have ended."""
        if self.jobs == 1:
            return [compute(unit) for unit in units]
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(compute, units))
