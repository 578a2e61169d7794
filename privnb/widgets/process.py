"""A run as a process of its own: started in its own session, so that closing the notebook does not end it."""

import subprocess
import sys
import tempfile
from pathlib import Path


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
