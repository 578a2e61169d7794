"""Processes and their descendants: killing all of them, burying a dead one, and what they use."""

import contextlib
import ctypes
import os
import signal
import sys
from dataclasses import dataclass

import psutil

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code (negative: the signal's number), None when nobody saw it, and peak memory."""

    code: int | None
    peak_memory_bytes: int | None = None


def descendants(pid: int) -> list[int]:
    """Process ids of everything below `pid`; empty when it is gone."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill_tree(pid: int) -> None:
    """SIGKILL to the process, its group and all descendants, also those that left the group.

    The caller must know that `pid` was not reaped yet.
    """
    below = descendants(pid)
    _kill_group(pid)
    for each in (pid, *below):  # itself too: a process just forked has no group of its own yet
        _kill(each)


def bury(pid: int) -> Ended:
    """Reap a dead child of this process, after what is left of its group was killed."""
    _kill_group(pid)
    _, status, usage = os.wait4(pid, 0)
    return Ended(os.waitstatus_to_exitcode(status), usage.ru_maxrss * _RSS_UNIT)


def kill_strays(known: set[int]) -> None:
    """Kill and reap children of this process that are not `known`: orphans that a subreaper inherits."""
    while strays := [child.pid for child in psutil.Process().children() if child.pid not in known]:
        for pid in strays:
            _kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def memory_bytes(pids: list[int]) -> int:
    """Resident memory of the processes, shared pages counted once per process; the dead count nothing."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += psutil.Process(pid).memory_info().rss
    return total


def fair_memory_bytes(pids: list[int]) -> int:
    """Memory of the processes with shared pages shared out (PSS); slower than `memory_bytes`."""
    total = 0
    for pid in pids:
        try:
            used = psutil.Process(pid).memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(used, "pss", used.rss)
    return total


def die_with_parent() -> None:
    """On Linux: SIGKILL to this process when the thread that forked it ends. Elsewhere nothing."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def inherit_orphans() -> None:
    """On Linux: descendants whose parent ends become children of this process. Elsewhere nothing."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
