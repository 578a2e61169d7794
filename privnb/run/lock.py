"""One process a run folder: a second one is refused with the pid of the first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from privnb.errors import PrivnbError
from privnb.run.folder import RunFolder


@contextmanager
def run_lock(folder: RunFolder) -> Iterator[None]:
    """Hold the folder; PrivnbError when another process holds it. The lock ends with the process, however it ends."""
    with (folder.root / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(file) or "unknown"
            raise PrivnbError(
                f"{folder.root} is in use by process {owner}; wait for it, or give another folder with --out"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(folder: RunFolder) -> int | None:
    """The process that holds the folder now, or None."""
    try:
        with (folder.root / ".lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with (folder.root / ".lock").open("r") as file:
            return _owner(file)


def _owner(file) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdecimal() else None
