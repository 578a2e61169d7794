"""The fork server: a process of one thread that has imported everything, and forks a kernel whenever it is asked.

It speaks JSON with the process that started it, over one Unix socket of packets. In come `{"fork": id,
"connection_file": path}`, with the kernel's end of a socket pair attached, and `{"kill": id}`; out go `{"warm": ...}`,
`{"forked": id, "pid": ...}` and `{"ended": id, "code": ..., "peak": ...}`. When that socket closes or its parent is
gone, it kills every kernel with all descendants, removes the folder of sockets and ends.
"""

import contextlib
import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import traceback
from pathlib import Path

from privnb.run.kernels.forked import become_kernel
from privnb.run.kernels.preload import preload
from privnb.run.kernels.processes import bury, inherit_orphans, kill_strays, kill_tree

_MESSAGE_BYTES = 65536
_LOOK_FOR_PARENT_S = 1.0


class ForkServer:
    """Forks kernels and buries them; `serve` returns when the parent is gone."""

    def __init__(self, control: socket.socket):
        self._control = control
        self._parent = os.getppid()
        self._kernels: dict[int, int] = {}  # pid -> id
        self._selector = selectors.DefaultSelector()
        self._bell, self._bell_end = socket.socketpair()  # rung by SIGCHLD
        for end in (self._bell, self._bell_end):
            end.setblocking(False)

    def has_parent(self) -> bool:
        """Whether the process that started this one lives."""
        return os.getppid() == self._parent

    def serve(self) -> None:
        """Answer until the socket closes; then nothing that was forked here lives any more."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._bell_end.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ, self._answer)
        self._selector.register(self._bell, selectors.EVENT_READ, self._bury_the_dead)
        try:
            while self.has_parent():
                for key, _ in self._selector.select(_LOOK_FOR_PARENT_S):
                    if key.data() is False:
                        return
        except ConnectionError:
            pass  # the parent is gone: the same end as a closed socket
        finally:
            for pid in list(self._kernels):
                kill_tree(pid)
            kill_strays(set())

    def _answer(self) -> bool:
        message, fds, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, 1)
        if not message:
            return False
        request = json.loads(message)
        if "fork" in request:
            self._fork(request["fork"], request["connection_file"], fds[0])
        elif request["kill"] in self._kernels.values():
            kill_tree(next(pid for pid, id in self._kernels.items() if id == request["kill"]))
        return True

    def _fork(self, id: int, connection_file: str, channel: int) -> None:
        pid = os.fork()
        if pid == 0:
            try:
                self._forget()
                become_kernel(connection_file, socket.socket(fileno=channel))
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(70)
        os.close(channel)
        self._kernels[pid] = id
        self._tell({"forked": id, "pid": pid})

    def _forget(self) -> None:
        """In the child: signals and descriptors that are the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._selector.close()
        for end in (self._control, self._bell, self._bell_end):
            end.close()

    def _bury_the_dead(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(_MESSAGE_BYTES)
        for pid, id in list(self._kernels.items()):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                ended = bury(pid)
                del self._kernels[pid]
                kill_strays(set(self._kernels))
                self._tell({"ended": id, "code": ended.code, "peak": ended.peak_memory_bytes})
        kill_strays(set(self._kernels))
        return True

    def _tell(self, event: dict) -> None:
        self._control.send(json.dumps(event).encode())


def main(control: int, folder: str) -> None:
    """Be a fork server on the socket with that descriptor; `folder` is removed at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.pop("JPY_PARENT_PID", None)  # kernels watch this server, not what started the program
    inherit_orphans()
    server = ForkServer(socket.socket(fileno=control))
    try:
        preload(server.has_parent)
        gc.collect()
        gc.freeze()  # what is here now is shared with the kernels; a collection there must not touch it
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads == 1:
            server._tell({"warm": threads})
            server.serve()
        else:
            server._tell({"unfit": f"{threads} threads run before the first fork"})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
