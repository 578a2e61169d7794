"""Runs a notebook's cells in a kernel: ready when the kernel is, dead when it is, stopped at its limits."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from privnb.run.kernels import Cause, Kernel
from privnb.run.memory import MemoryWatch

_LOOK_S = 0.05  # how often limits are checked
_LAST_WORDS_S = 0.05  # what a dead kernel had sent before is still taken in
_SILENCE_S = 0.3  # a kernel whose iopub socket says nothing that long after its reply is asked again


@dataclass(frozen=True)
class Limits:
    """What a notebook may take; None is no limit. `start_s` is for the kernel to become ready."""

    cell_s: float | None = None
    stage_s: float | None = None
    memory_bytes: int | None = None
    start_s: float = 60.0


def run_async(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine to its end, also from a thread in which an event loop runs already (JupyterLab)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


class CellRunner(NotebookClient):
    """nbclient's client on a kernel of ours: no polling for readiness or death, and limits that end in a `Cause`.

    A kernel that dies, or is stopped for whatever cause, raises DeadKernelError out of the cell that was running.
    """

    kernel: Kernel
    limits: Limits = Limits()
    peak_bytes: int = 0
    _cell_since: float | None = None

    async def run_in(self, kernel: Kernel, steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Connect to the kernel, await `steps`, disconnect; the kernel is left as it is then."""
        self.kernel = kernel
        self._ended = asyncio.wrap_future(kernel.ended)  # never cancelled: that would cancel the kernel's own
        self.kc = AsyncKernelClient()
        self.kc.load_connection_info(kernel.connection.info)
        watch = asyncio.create_task(self._watch(time.monotonic()))
        try:
            await self._connect()
            self.kc.allow_stdin = False
            await steps()
            self.set_widgets_metadata()
            await self._say_goodbye()
        finally:
            watch.cancel()
            self.kc.stop_channels()
            self.kc.context.destroy(linger=0)
            self.kc = None

    async def async_execute_cell(self, cell, cell_index, **kwargs):
        """Run one cell; see nbclient. Its time is limited by `limits.cell_s`."""
        self._cell_since = time.monotonic()
        try:
            return await super().async_execute_cell(cell, cell_index, **kwargs)
        finally:
            self._cell_since = None

    async def _connect(self) -> None:
        """Wait until the kernel has answered and its iopub socket has us as a subscriber."""
        deadline = time.monotonic() + self.limits.start_s
        while self.kernel.alive and not all(path.exists() for path in self.kernel.connection.sockets):
            self._give_up_at(deadline)
            await asyncio.sleep(0.005)
        self.kc.start_channels(stdin=False, hb=False)
        heard = asyncio.create_task(self.kc.iopub_channel.get_msg(timeout=None))
        try:
            while True:
                answer = await self._kernel_info(deadline)
                await asyncio.wait({heard, self._ended}, timeout=_SILENCE_S, return_when=asyncio.FIRST_COMPLETED)
                if self._ended.done():
                    raise DeadKernelError("Kernel died")
                if heard.done():
                    self.nb.metadata["language_info"] = answer["content"]["language_info"]
                    return
                self._give_up_at(deadline)
        finally:
            heard.cancel()

    async def _kernel_info(self, deadline: float) -> dict:
        self.kc.kernel_info()
        answer = asyncio.create_task(self.kc.shell_channel.get_msg(timeout=None))
        try:
            while True:
                await asyncio.wait({answer, self._ended}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if answer.done():
                    return answer.result()
                self._give_up_at(deadline)
                if self._ended.done():
                    raise DeadKernelError("Kernel died")
        finally:
            answer.cancel()

    def _give_up_at(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            why = f"the kernel did not become ready within {self.limits.start_s:g} s"
            self.kernel.stop(Cause("died", why, "start"))
            raise DeadKernelError(why)

    async def _say_goodbye(self) -> None:
        """Ask the kernel to end in order, so that files left open are flushed; it is killed if it takes long."""
        self.kc.control_channel.send(self.kc.session.msg("shutdown_request", {"restart": False}))
        await asyncio.wait({self._ended}, timeout=2.0)

    async def _watch(self, started: float) -> None:
        """Stop the kernel when a limit is passed."""
        limits = self.limits
        memory = MemoryWatch(self.kernel.pid, limits.memory_bytes) if limits.memory_bytes and self.kernel.pid else None
        while self.kernel.alive:
            now = time.monotonic()
            if limits.stage_s and now - started > limits.stage_s:
                self.kernel.stop(Cause("timed_out", f"the stage ran longer than {limits.stage_s:g} s", "stage"))
            elif limits.cell_s and self._cell_since and now - self._cell_since > limits.cell_s:
                self.kernel.stop(Cause("timed_out", f"ran longer than {limits.cell_s:g} s"))
            elif memory and (excess := memory.excess()):
                self.kernel.stop(Cause("died", excess))
            self.peak_bytes = memory.peak_bytes if memory else 0
            await asyncio.sleep(_LOOK_S)

    async def _async_poll_kernel_alive(self) -> None:
        await asyncio.shield(self._ended)
        await asyncio.sleep(_LAST_WORDS_S)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def _async_check_alive(self) -> None:
        if not self.kernel.alive:
            raise DeadKernelError("Kernel died")
