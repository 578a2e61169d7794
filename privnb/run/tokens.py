"""One pool of tokens for stages and units of all processes: whoever computes holds one, and a dead process gives back.

A token is a lock file in a folder that the processes share; the kernel drops a process' locks when it dies, however it
dies. Who waits has a ticket, a locked file too, and is served in the order of arrival: who gives a token back and asks
for the next one at once stands behind those who waited.
"""

import fcntl
import itertools
import os
import threading
import time
import weakref
from pathlib import Path

from privnb.errors import PrivnbError

POLL_S = 0.02
_tickets = itertools.count()
_held: "weakref.WeakSet[_Lock]" = weakref.WeakSet()


class _Lock:
    """A file of which this process has the exclusive lock, until `drop`."""

    def __init__(self, path: Path, handle: int):
        self.path = path
        self._handle: int | None = handle
        self._guard = threading.Lock()
        _held.add(self)

    @classmethod
    def on(cls, path: Path, create: bool = False) -> "_Lock | None":
        """The lock of `path`, or None when another holds it or the file is gone."""
        try:
            handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(path, handle)

    def drop(self) -> None:
        """Unlock; a second time does nothing. A forked copy of the file handle does not keep the lock."""
        with self._guard:
            handle, self._handle = self._handle, None
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def disown(self) -> None:
        """Close a copy of the handle that came by a fork; the lock stays with the parent."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _disown_all() -> None:
    for lock in list(_held):
        lock.disown()


os.register_at_fork(after_in_child=_disown_all)


class Token:
    """The right to keep one core busy; `release` it, or use it in a `with`."""

    def __init__(self, lock: _Lock):
        self._lock = lock

    def release(self) -> None:
        """Give the token back; a second time does nothing."""
        self._lock.drop()

    def __enter__(self) -> "Token":
        return self

    def __exit__(self, *_) -> None:
        self.release()


class TokenPool:
    """`size` tokens in `folder`; without `size`, as many as the process that made the pool put there.

    Raises PrivnbError when no pool is there and no size is given. A folder on a network file system works where flock
    does.
    """

    def __init__(self, folder: str | Path, size: int | None = None):
        self.folder = Path(folder)
        if size is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            for number in range(size):
                (self.folder / f"token-{number:03}").touch(mode=0o600)
        self._tokens = sorted(self.folder.glob("token-*"))[:size]
        if not self._tokens:
            raise _gone(self.folder)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self._tokens)

    def acquire(self, block: bool = True, timeout: float | None = None) -> Token | None:
        """A token, in the order of arrival; None when `block` is false and none is free, or after `timeout` seconds."""
        give_up = None if timeout is None else time.monotonic() + timeout
        with self.request() as request:
            while (token := request.poll()) is None:
                if not block or (give_up is not None and time.monotonic() >= give_up):
                    return None
                time.sleep(POLL_S)
            return token

    def request(self) -> "Request":
        """A place in the queue, for a caller with other things to do between two looks."""
        return Request(self)

    def _first_free(self) -> _Lock | None:
        start = os.getpid()  # processes look at different files first
        paths = (self._tokens[(start + step) % self.size] for step in range(self.size))
        return next((lock for path in paths if (lock := _Lock.on(path)) is not None), None)


class Request:
    """A place in a pool's queue: `poll` until it gives a token, or `close` to leave the queue."""

    def __init__(self, pool: TokenPool):
        self._pool = pool
        self._ticket: _Lock | None = None

    def poll(self) -> Token | None:
        """A token when it is this request's turn and one is free; the request then has left the queue."""
        if self._ticket is None:
            self._ticket = self._draw()
        if self._someone_before():
            return None
        lock = self._pool._first_free()
        if lock is None:
            return None
        self.close()
        return Token(lock)

    def close(self) -> None:
        """Leave the queue."""
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.path.unlink(missing_ok=True)
            ticket.drop()

    def __enter__(self) -> "Request":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _draw(self) -> _Lock:
        """A locked ticket; it gets its final name when it is locked, as an unlocked one belongs to nobody."""
        name = f"{time.monotonic_ns():020}-{os.getpid()}-{next(_tickets)}"
        lock = _Lock.on(self._pool.folder / f".{name}", create=True)
        if lock is None:
            raise _gone(self._pool.folder)
        lock.path = lock.path.rename(self._pool.folder / f"ticket-{name}")
        return lock

    def _someone_before(self) -> bool:
        """Whether a living process holds an earlier ticket; tickets of dead ones are swept away."""
        for path in sorted(self._pool.folder.glob("ticket-*")):
            if path == self._ticket.path:
                return False
            left = _Lock.on(path)
            if left is not None:
                path.unlink(missing_ok=True)
                left.drop()
            elif path.exists():
                return True
        return False


def _gone(folder: Path) -> PrivnbError:
    return PrivnbError(f"{folder} holds no tokens; the run that this process belonged to is over")
