"""The store: stage results, units and artefacts by content key, as JSON and npz; a key that exists is done."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privnb.errors import PrivnbError
from privnb.findings import StageResult, Status, canonical_json
from privnb.run.folder import write_whole
from privnb.units import content_key


@dataclass(frozen=True)
class StageRecord:
    """What one stage left behind: its status, its result, and what it cost.

    `cost` holds seconds and peak_memory_bytes; it is no part of the result. `without` are the earlier stages (node ids)
    that were missing when it was made: such a record is made anew by the next run.
    """

    status: Status
    reason: str
    result: StageResult
    cost: Mapping[str, float]
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Store:
    """Files by content key below `root`. Numbers are arrays in npz (no pickles), everything else is JSON."""

    root: Path

    def has_stage(self, key: str) -> bool:
        """True when that stage was finished."""
        return self._stage(key).exists()

    def read_stage(self, key: str) -> StageRecord | None:
        """The record of a finished stage, or None; one that is damaged, or whose arrays are, counts as absent."""
        try:
            raw = json.loads(self._stage(key).read_text(encoding="utf-8"))
            arrays = hashlib.sha256((self.root / f"stages/{key}.npz").read_bytes()).hexdigest()
            if raw.pop("digest") != content_key(raw) or raw["arrays"] != arrays:
                return None
            return StageRecord(
                raw["status"], raw["reason"], StageResult(**raw["result"]), raw["cost"], tuple(raw["without"])
            )
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
            return None

    def write_stage(self, key: str, record: StageRecord, arrays: Mapping[str, Any]) -> None:
        """Record a finished stage; the arrays are written first, so that a record implies them."""
        written = {
            "status": record.status,
            "reason": record.reason,
            "result": record.result,
            "cost": dict(record.cost),
            "without": list(record.without),
            "arrays": self.write_arrays(f"stages/{key}", arrays),
        }
        write_whole(self._stage(key), canonical_json({**written, "digest": content_key(written)}))

    def damaged_stage(self, key: str) -> bool:
        """True when a record is there and cannot be used."""
        return self.has_stage(key) and self.read_stage(key) is None

    def read_stage_arrays(self, key: str) -> dict[str, Any]:
        """The arrays of a finished stage, by name."""
        return self.read_arrays(f"stages/{key}") or {}

    def forget_stage(self, key: str) -> None:
        """Remove a stage's record, so that it is computed again."""
        self._stage(key).unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Remove everything: stages, units and artefacts."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True, exist_ok=True)

    def read_arrays(self, name: str) -> dict[str, Any] | None:
        """Arrays stored under `name`, or None where there are none or they are damaged."""
        import numpy as np

        try:
            with np.load(self.root / f"{name}.npz", allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, OSError):
            return None

    def write_arrays(self, name: str, arrays: Mapping[str, Any]) -> str:
        """Store arrays under `name` and give the file's SHA-256; PrivnbError names one that only a pickle holds."""
        import numpy as np

        arrays = {key: np.asarray(value) for key, value in arrays.items()}
        for key, value in arrays.items():
            if value.dtype.hasobject:
                raise PrivnbError(f"array {key!r} of {name} holds Python objects; store numbers or fixed-width strings")
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        write_whole(self.root / f"{name}.npz", buffer.getvalue())
        return hashlib.sha256(buffer.getvalue()).hexdigest()

    def artefact(self, key: str, suffix: str) -> Path:
        """Path of an artefact, such as a fitted model."""
        return self.root / "artefacts" / f"{key}{suffix}"

    def _stage(self, key: str) -> Path:
        return self.root / "stages" / f"{key}.json"
