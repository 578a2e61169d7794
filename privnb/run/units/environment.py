"""How a notebook's kernel learns how its units run: from the environment that the run gave it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from privnb.errors import PrivnbError
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.run.units.stored import OnUnit, StoredUnits


def units_from_environment(store: Store | None, scope: Mapping[str, Any], stage_id: str) -> StoredUnits:
    """A unit runner as the environment says.

    PRIVNB_JOBS (default: the cores), PRIVNB_BACKEND (`threads`), PRIVNB_TOKENS (the folder of a pool whose token this
    process already holds one of), PRIVNB_MAX_MEMORY (bytes of this process and its workers together), PRIVNB_PROGRESS
    (a file to which each unit appends a JSON line `stage`, `unit`, `done`, `total`). Raises PrivnbError for a number
    that is none.
    """
    tokens, progress = os.environ.get("PRIVNB_TOKENS"), os.environ.get("PRIVNB_PROGRESS")
    return StoredUnits(
        store,
        scope,
        jobs=_whole_number("PRIVNB_JOBS") or os.cpu_count() or 1,
        backend=os.environ.get("PRIVNB_BACKEND") or "threads",
        tokens=TokenPool(tokens) if tokens else None,
        on_unit=_appends(Path(progress), stage_id) if progress else None,
        max_memory_bytes=_whole_number("PRIVNB_MAX_MEMORY"),
    )


def _whole_number(name: str) -> int | None:
    text = os.environ.get(name)
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise PrivnbError(f"{name} is {text!r}; it has to be a whole number from 1")
    return int(text)


def _appends(path: Path, stage_id: str) -> OnUnit:
    """One write a line, so that lines of several processes do not mix."""

    def on_unit(done: int, total: int, name: str) -> None:
        line = json.dumps({"stage": stage_id, "unit": name, "done": done, "total": total}) + "\n"
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    return on_unit
