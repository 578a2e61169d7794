"""A kernel as its user sees it: where its sockets are, whether it lives, why it was stopped, how it ended."""

import contextlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from privnb.findings import Status
from privnb.run.kernels.processes import Ended

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


@dataclass(frozen=True)
class Connection:
    """Sockets of one kernel: Unix sockets named `<stem>-1` to `<stem>-5`, and the file that lists them."""

    stem: Path
    key: str

    @classmethod
    def create(cls, folder: Path, name: str) -> "Connection":
        """Choose names in `folder` (private and short: a Unix socket's path has at most 107 bytes); write the file."""
        connection = cls(folder / name, secrets.token_hex(16))
        handle = os.open(connection.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(connection.info, file)
        return connection

    @property
    def file(self) -> Path:
        """The connection file."""
        return self.stem.with_suffix(".json")

    @property
    def info(self) -> dict:
        """The connection file's content, in Jupyter's terms."""
        return {
            "transport": "ipc",
            "ip": str(self.stem),
            "key": self.key,
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
            **{f"{name}_port": number for number, name in enumerate(CHANNELS, 1)},
        }

    @property
    def sockets(self) -> list[Path]:
        """The kernel's five sockets, there as soon as it has bound them."""
        return [Path(f"{self.stem}-{number}") for number in range(1, len(CHANNELS) + 1)]

    def remove(self) -> None:
        """Remove the file and the sockets."""
        for path in (self.file, *self.sockets):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Cause:
    """Why we stopped a kernel: the status its notebook ends with, a clause for the reason, and whose limit it was."""

    status: Status
    why: str
    of: Literal["cell", "stage", "start"] = "cell"


class Kernel:
    """One kernel process for one notebook.

    `ended` is resolved once the process is gone and its children were killed. `stop` may be called by any thread.
    """

    def __init__(self, connection: Connection, pid: int | None, kill: Callable[[], None]):
        self.connection = connection
        self.pid = pid
        self.ended: Future[Ended] = Future()
        self.cause: Cause | None = None
        self.log: Path | None = None  # what it wrote to its standard error before it could capture it
        self.last_words = ""  # the last line of that, once it was closed
        self.folder: Path | None = None  # of sockets, where it has one of its own
        self._kill = kill
        self._lock = threading.RLock()

    @property
    def alive(self) -> bool:
        """Whether the process was not yet seen dead."""
        return not self.ended.done()

    def stop(self, cause: Cause | None = None) -> None:
        """Kill the kernel and its children at once; the first cause given is the one that counts."""
        with self._lock:
            if self.alive:
                self.cause = self.cause or cause
                self._kill()

    def close(self, patience_s: float = 5.0) -> Ended:
        """Kill what still lives, wait for the end, remove the sockets and the log."""
        self.stop()
        with contextlib.suppress(TimeoutError):
            self.ended.result(patience_s)
        if self.log:
            lines = self.log.read_text(errors="replace").split("\n")
            self.last_words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        self.connection.remove()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self.ended.result() if self.ended.done() else Ended(None)
