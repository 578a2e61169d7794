"""A run as a process of its own: started in its own session, so that closing the notebook does not end it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from privnb.widgets.following import alive

GRACE_S = 10.0


class RunProcess:
    """`privnb run` on a spec into a run folder. Its messages go to a file, never into a pipe that could fill up."""

    def __init__(self, spec: Path, out: Path):
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "privnb", "run", str(spec.resolve()), "--out", str(out)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._messages,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Number of the process, and of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def complaint(self) -> str:
        """Why it ended badly, from its standard error: the messages, or of a defect in privnb the last line."""
        self._messages.seek(0)
        text = self._messages.read().decode("utf-8", "replace").strip()
        if "Traceback (most recent call last)" in text:
            return f"privnb stopped with {text.splitlines()[-1]}"
        return text or f"The run ended with exit code {self.exit_code}."


def stop(pid: int, grace_s: float = GRACE_S) -> None:
    """Ask a run to end: it stops its kernels and says so in the journal. After `grace_s` seconds it is killed.

    The whole group is told when the process leads one, else the process alone.
    """
    _tell(pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    if alive(pid):
        _tell(pid, signal.SIGKILL)


def _tell(pid: int, what: signal.Signals) -> None:
    try:
        leads = os.getpgid(pid) == pid
        (os.killpg if leads else os.kill)(pid, what)
    except ProcessLookupError:
        return  # it ended by itself
