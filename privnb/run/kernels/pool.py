"""Kernels kept ready ahead: starts the fork server, asks it for kernels, hands each out for one notebook."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from privnb.run.kernels.handle import Cause, Connection, Kernel
from privnb.run.kernels.preload import INLINE, ONE_THREAD
from privnb.run.kernels.processes import Ended

# Read once, when a process or a library starts: where these changed since, only a new process is right.
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "HOME", "IPYTHONDIR", "JUPYTER_", "MPLCONFIGDIR", "MATPLOTLIBRC")
_SOCKET_PATH_BYTES = 80  # of at most 107; the rest is for the kernel's number
_MESSAGE_BYTES = 65536
_LOOK_S = 0.1
_TRIES = 2
_LOG = "server.log"
_SERVER = (
    "import sys, importlib.util as util; sys.path.remove(''); "
    "util.find_spec('privnb') or sys.path.append(sys.argv[3]); "
    "from privnb.run.kernels.server import main; main(int(sys.argv[1]), sys.argv[2])"
)


def socket_folder() -> Path:
    """A new private folder whose name is short enough for Unix sockets in it."""
    folder = tempfile.mkdtemp(prefix="privnb-")
    if len(os.fsencode(folder)) > _SOCKET_PATH_BYTES:
        Path(folder).rmdir()
        folder = tempfile.mkdtemp(prefix="privnb-", dir="/tmp")
    return Path(folder)


class KernelPool:
    """A fork server and its kernels. Every method may be called by any thread.

    Starting takes the time of the imports, which goes on behind: the constructor returns at once and `take` waits.
    `close` leaves no process; so does the end of this process, even by SIGKILL.
    """

    def __init__(self, count: int):
        self._folder = socket_folder()
        self._owner = os.getpid()
        self._count = count
        self._number = 0
        self._ready: deque[tuple[Kernel, socket.socket]] = deque()
        self._kernels: dict[int, Kernel] = {}
        self._lock = threading.RLock()
        self._broken = ""
        self._started_with = _start_state(os.environ)
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        package_parent = str(Path(__file__).parents[3])
        with other, (self._folder / _LOG).open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(other.fileno()), str(self._folder), package_parent],
                env={**os.environ, **ONE_THREAD, "MPLBACKEND": INLINE},
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        self._listener = threading.Thread(target=self._listen, name="privnb-kernels", daemon=True)
        self._listener.start()
        self.keep(count)

    @property
    def broken(self) -> str:
        """Why no kernel can be had here any more; empty while all is well."""
        return self._broken

    def keep(self, count: int) -> None:
        """Keep that many kernels ready ahead."""
        with self._lock:
            self._count = count
            while len(self._ready) < count and not self._broken:
                self._fork()

    def serves(self, env: Mapping[str, str]) -> bool:
        """Whether a kernel forked here is what a new process with this environment would be."""
        return not self._broken and os.getpid() == self._owner and _start_state(env) == self._started_with

    def take(
        self, cwd: str, env: Mapping[str, str], patience_s: float, stopped: Callable[[], bool] = lambda: False
    ) -> Kernel | None:
        """A kernel for one notebook, ready for its first request; another is forked in its place.

        None when the server cannot give one (`broken` says why). A kernel that is not ready in time is stopped and
        handed out all the same, as one is when `stopped()`: its first cell will never run.
        """
        deadline = time.monotonic() + patience_s
        for _ in range(_TRIES):
            with self._lock:
                if self._broken:
                    return None
                if not self._ready:
                    self._fork()
                kernel, channel = self._ready.popleft()
                self.keep(self._count)
            with channel:
                if _handed_over(kernel, channel, {"cwd": cwd, "env": dict(env)}, deadline, stopped):
                    return kernel
        self._broken = self._broken or f"kernels end before they are ready{self._last_words()}"
        return None

    def close(self, patience_s: float = 1.0) -> None:
        """End the server and every kernel."""
        if os.getpid() != self._owner:
            return  # a fork of the process that owns it
        with self._lock:
            self._broken = self._broken or "it was closed"
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        self._control.close()

    def _fork(self) -> None:
        self._number += 1
        connection = Connection.create(self._folder, f"k{self._number}")
        kernel = Kernel(connection, None, lambda id=self._number: self._tell({"kill": id}))
        ours, theirs = socket.socketpair()
        with theirs:
            self._kernels[self._number] = kernel  # before the server is asked: its answer may come at once
            self._ready.append((kernel, ours))
            self._tell({"fork": self._number, "connection_file": str(connection.file)}, theirs)

    def _tell(self, request: dict, channel: socket.socket | None = None) -> None:
        with contextlib.suppress(OSError):  # a server that is gone is noticed by the listener
            socket.send_fds(self._control, [json.dumps(request).encode()], [channel.fileno()] if channel else [])

    def _listen(self) -> None:
        """Take in what the server says, until it is gone; then nothing of its kernels may live."""
        while message := self._received():
            event = json.loads(message)
            if "forked" in event:
                self._kernels[event["forked"]].pid = event["pid"]
            elif "ended" in event:
                self._kernels.pop(event["ended"]).ended.set_result(Ended(event["code"], event["peak"]))
            elif "unfit" in event:
                self._broken = event["unfit"]
        code = self._process.wait()
        with self._lock:
            self._broken = self._broken or f"the fork server ended with code {code}{self._last_words()}"
            for kernel in self._kernels.values():
                if kernel.pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(kernel.pid, signal.SIGKILL)
                kernel.ended.set_result(Ended(None))
            self._kernels.clear()
            for _, channel in self._ready:
                channel.close()
            self._ready.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _received(self) -> bytes:
        try:
            return self._control.recv(_MESSAGE_BYTES)
        except OSError:
            return b""

    def _last_words(self) -> str:
        try:
            lines = (self._folder / _LOG).read_text(errors="replace").strip().splitlines()
        except FileNotFoundError:
            return ""
        return f": {lines[-1]}" if lines else ""


def _handed_over(
    kernel: Kernel, channel: socket.socket, job: dict, deadline: float, stopped: Callable[[], bool]
) -> bool:
    """Wait until the kernel is ready, and give it its job; False when it ended instead."""
    channel.settimeout(_LOOK_S)
    while not stopped():
        if time.monotonic() > deadline:
            kernel.stop(Cause("died", "the kernel did not become ready in time", "start"))
            break
        try:
            if not (pid := channel.recv(16)):
                return False
            kernel.pid = int(pid)
            channel.settimeout(None)
            channel.sendall(json.dumps(job).encode() + b"\n")
            return True
        except TimeoutError:
            continue
        except ConnectionError:
            return False
    return True


def _start_state(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}
