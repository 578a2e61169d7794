"""Ending a run from elsewhere: it is asked first, and killed when it does not answer."""

import os
import signal
import time

from privnb.run.folder import RunFolder
from privnb.run.following import alive
from privnb.run.lock import holder

GRACE_S = 6.0


def cancel_run(folder: RunFolder, grace_s: float = GRACE_S) -> str:
    """Cancel what runs in `folder` and say in a sentence what happened; what was finished is kept."""
    pid = holder(folder)
    if pid is None:
        return f"nothing runs in {folder.root}"
    asked = stop(pid, grace_s)
    return f"process {pid} was {'asked to end and did' if asked else 'killed, as it did not answer'}"


def stop(pid: int, grace_s: float = GRACE_S) -> bool:
    """Ask a run to end: it stops its kernels and says so in the journal. False when it had to be killed.

    That happens after `grace_s` seconds. The whole group is told when the process leads one, else the process alone.
    """
    _tell(pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    if alive(pid):
        _tell(pid, signal.SIGKILL)
        return False
    return True


def _tell(pid: int, what: signal.Signals) -> None:
    try:
        leads = os.getpgid(pid) == pid
        (os.killpg if leads else os.kill)(pid, what)
    except ProcessLookupError:
        return  # it ended by itself
