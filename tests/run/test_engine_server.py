"""The fork server and its kernels: whatever ends first, no process and no folder is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_notebooks import below, lives, printed, run, start_within

from privnb.run import kernels, notebook
from privnb.run.kernels import pool as pool_module
from privnb.run.kernels.pool import KernelPool
from privnb.run.notebook import Outcome

# The real server without the imports that make it slow to start: what is tested here does not need them.
LIGHT = (
    "import sys; from privnb.run.kernels import server; server.preload = lambda wanted: None; "
    "server.main(int(sys.argv[1]), sys.argv[2])"
)


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """The fork server of these tests starts at once; it is ended after each of them."""
    monkeypatch.setattr(pool_module, "_SERVER", LIGHT)
    yield
    notebook.cool_kernels()


@pytest.fixture
def warm(light):
    """A fork server with one kernel ahead."""
    notebook.warm_kernels(1)


def test_a_server_with_threads_is_not_forked(monkeypatch, tmp_path, caplog):
    starting = "import threading, time; threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); "
    monkeypatch.setattr(pool_module, "_SERVER", starting + LIGHT)
    notebook.warm_kernels(1)
    assert run(tmp_path, "b = 2")[0] == Outcome("ok")
    assert run(tmp_path, "b = 2")[0] == Outcome("ok")
    said = [record.message for record in caplog.records if "no kernel can be forked" in record.message]
    assert said == ["notebooks start slower: no kernel can be forked (2 threads run before the first fork)"]


def test_cooling_leaves_neither_process_nor_folder(tmp_path):
    before = below()
    notebook.warm_kernels(2)
    run(tmp_path, "b = 2")
    pool = kernels._pool
    assert len(below() - before) >= 2  # the server and what it forked
    notebook.cool_kernels()
    notebook.cool_kernels()  # nothing to do
    assert below() <= before and not pool._folder.exists()
    assert run(tmp_path, "b = 2")[0] == Outcome("ok")


def test_a_server_that_is_killed_takes_its_kernels_along_and_the_next_notebook_runs_cold(tmp_path, warm, caplog):
    def kill_server(done, total):
        if done == 1:
            os.kill(kernels._pool._process.pid, signal.SIGKILL)

    outcome, executed = run(
        tmp_path,
        "import os, subprocess\nchild = subprocess.Popen(['sleep', '60'])\nprint(os.getpid(), child.pid, flush=True)",
        "import time; time.sleep(60)",
        on_cell=lambda done, total: done == 2 and kill_server(1, total),
    )
    assert outcome.status == "died" and "fork server" in outcome.reason and outcome.cell == 3
    assert not any(lives(int(pid)) for pid in printed(executed).split())
    assert run(tmp_path, "b = 2")[0] == Outcome("ok")
    assert "notebooks start slower: no kernel can be forked (the fork server ended with code -9)" in caplog.text
    notebook.warm_kernels(1)
    assert run(tmp_path, "import os; print(os.getppid())")[0] == Outcome("ok")
    assert not kernels._pool.broken


def test_a_library_that_breaks_the_server_is_named(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(pool_module, "_SERVER", "raise SystemError('no such luck')")
    notebook.warm_kernels(1)
    assert run(tmp_path, "b = 2")[0] == Outcome("ok")
    assert "SystemError: no such luck" in caplog.text


def test_kernels_that_never_get_ready(tmp_path, monkeypatch):
    """A waiting kernel is stopped (SIGSTOP) before it is handed out; then two that die at once."""
    pool = KernelPool(1)
    try:
        kernel = pool.take("/", dict(os.environ), 60)
        assert kernel.alive
        kernel.close()
        stalled = pool._ready[0][0]
        monkeypatch.setattr(pool_module, "_handed_over", lambda kernel, *rest: False)
        assert pool.take("/", dict(os.environ), 60) is None
        assert "end before they are ready" in pool.broken
        assert stalled is not kernel and not pool.serves(dict(os.environ))
    finally:
        pool.close()


def test_a_kernel_that_is_too_slow_is_given_up(tmp_path, monkeypatch, warm):
    start_within(monkeypatch, 0.0)
    outcome, executed = run(tmp_path, "b = 2")
    assert outcome == Outcome("died", "the kernel did not become ready in time")
    assert executed.metadata.papermill["exception"] is True


PROGRAM = """
import os, sys, threading
sys.path.insert(0, {tests!r})
from made_notebooks import run
from pathlib import Path
from privnb.run import notebook
from privnb.run.kernels import pool
pool._SERVER = {light!r}
notebook.warm_kernels(2)
cell = "import os, subprocess, time; child = subprocess.Popen(['setsid', 'sleep', '60']); " \\
    "print(os.getpid(), child.pid, flush=True); open({pids!r}, 'w').write(str(child.pid)); time.sleep(60)"
run(Path({folder!r}), cell)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_orphan_when_the_program_is_killed(tmp_path, number):
    pids = tmp_path / "pids"
    program = PROGRAM.format(tests=str(Path(__file__).parent), pids=str(pids), folder=str(tmp_path), light=LIGHT)
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(tmp_path)})
    _until(lambda: pids.exists() and pids.read_text())
    family = below(process.pid)
    assert len(family) >= 3 and int(pids.read_text()) in family
    process.send_signal(number)
    process.wait()
    _until(lambda: not any(lives(pid) for pid in family))
    _until(lambda: not list(tmp_path.glob("privnb-*")))


def test_a_program_that_ends_in_order_leaves_nothing(tmp_path):
    program = PROGRAM.format(
        tests=str(Path(__file__).parent), pids=str(tmp_path / "p"), folder=str(tmp_path), light=LIGHT
    )
    subprocess.run(
        [sys.executable, "-c", program.replace("time.sleep(60)", "0")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=True,
        timeout=60,
    )
    assert not list(tmp_path.glob("privnb-*"))
    assert not lives(int((tmp_path / "p").read_text()))


def test_a_long_temporary_folder_is_not_used_for_sockets(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    folder = pool_module.socket_folder()
    try:
        assert len(str(folder)) < 80 and folder.stat().st_mode & 0o777 == 0o700
        assert not list(deep.iterdir())
    finally:
        folder.rmdir()


def _until(condition, patience_s=30.0):
    """Wait for what must come; patience only bounds a failure."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
