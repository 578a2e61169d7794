"""How a notebook ended: which cell, why, and which cells never ran; the same from warm and from cold kernels."""

import errno
import os
import signal
import threading
import time

import nbformat
import pytest
from made_notebooks import below, lives, printed, run, statuses, write

from privnb.run import kernels as kernels_module
from privnb.run import notebook as engine
from privnb.run.notebook import Outcome


@pytest.fixture(scope="module", autouse=True)
def server():
    """A fork server for the tests of this file."""
    engine.warm_kernels(1)
    yield
    engine.cool_kernels()


@pytest.fixture(params=["warm", "cold"])
def kernels(request, monkeypatch):
    """Tests that ask for this run in a kernel forked ahead, then in one started cold."""
    if request.param == "cold":
        monkeypatch.setenv("PRIVNB_COLD_KERNELS", "1")
    return request.param


def test_a_notebook_that_ends_well(tmp_path, kernels):
    cells = []
    outcome, notebook = run(
        tmp_path, "y = x + 1", "assert y == 6", values={"x": 5}, on_cell=lambda *at: cells.append(at)
    )
    assert outcome == Outcome("ok")
    assert outcome.peak_memory_bytes > 3e7
    assert statuses(notebook) == ["completed", "completed"]
    assert cells == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert notebook.metadata.papermill["exception"] is None
    assert notebook.metadata.privnb == {"status": "ok", "reason": "", "cell": None}
    assert notebook.metadata.language_info["name"] == "python"


def test_outputs_are_those_of_a_plain_kernel(tmp_path, kernels):
    outcome, notebook = run(
        tmp_path,
        "import sys; print('to stdout'); print('to stderr', file=sys.stderr); x + 41",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "import ipywidgets; ipywidgets.IntSlider(value=7)",
    )
    assert outcome == Outcome("ok")
    first, picture, slider = [cell.outputs for cell in notebook.cells[1:]]
    texts = {output.name: output.text for output in first if output.output_type == "stream"}
    assert texts == {"stdout": "to stdout\n", "stderr": "to stderr\n"}
    assert first[-1].data["text/plain"] == "42"
    assert [list(output.data) for output in picture] == [["image/png", "text/plain"]]
    model = slider[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert states[model]["state"]["value"] == 7


def test_an_exception_names_cell_and_message(tmp_path):
    outcome, notebook = run(tmp_path, "a = 1", "raise ValueError('no such\\ncolumn')", "b = 2")
    assert outcome == Outcome("failed", "cell 3: ValueError: no such", 3)
    assert statuses(notebook) == ["completed", "failed", "pending"]
    assert notebook.metadata.papermill["exception"] is True
    assert "cell 3: ValueError: no such" in notebook.cells[0].source
    assert notebook.cells[3].outputs[0].ename == "ValueError"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sys.exit(3)", "cell 2 called sys.exit(3)"),
        ("sys.exit()", "cell 2 called sys.exit()"),
        ("sys.exit('enough')", "cell 2 called sys.exit('enough')"),
    ],
)
def test_leaving_early_is_no_success(tmp_path, call, said):
    outcome, notebook = run(tmp_path, f"import sys; {call}", "b = 2")
    assert outcome == Outcome("failed", said, 2)
    assert statuses(notebook) == ["failed", "pending"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL; peak memory 0."),
        ("import os; os._exit(3)", "it exited with code 3"),
        ("import os; os.abort()", "killed by SIGABRT"),
    ],
)
def test_a_dead_kernel_is_no_completed_notebook(tmp_path, cell, why, kernels):
    outcome, notebook = run(tmp_path, "a = 1", cell, "b = 2")
    assert (outcome.status, outcome.cell) == ("died", 3)
    assert outcome.reason.startswith("the kernel died in cell 3: ")
    assert why in outcome.reason
    assert statuses(notebook) == ["completed", "failed", "pending"]
    assert notebook.metadata.papermill["exception"] is True
    assert notebook.metadata.privnb["status"] == "died"


def test_the_system_running_out_of_memory_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("privnb.run.ending.out_of_memory_kills", lambda: 1_000_000)
    outcome, _ = run(tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert outcome.reason.endswith("the machine, or the container, ran out of memory")
    monkeypatch.setattr("privnb.run.ending.out_of_memory_kills", lambda: None)
    outcome, _ = run(tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert outcome.reason.endswith("most often the machine ran out of memory")


def test_a_cell_that_runs_too_long(tmp_path, kernels):
    outcome, notebook = run(tmp_path, "import time; time.sleep(60)", "b = 2", cell_timeout_s=0.5)
    assert outcome == Outcome("timed_out", "cell 2 ran longer than 0.5 s", 2)
    assert statuses(notebook) == ["failed", "pending"]


def test_a_stage_that_runs_too_long_in_short_cells(tmp_path):
    outcome, notebook = run(tmp_path, "import time", *["time.sleep(0.4)"] * 9, cell_timeout_s=30, stage_timeout_s=1.5)
    assert outcome.status == "timed_out"
    assert outcome.reason.startswith("the stage ran longer than 1.5 s; it was stopped in cell ")
    assert outcome.reason.endswith(str(outcome.cell))
    ended = statuses(notebook)
    failed = ended.index("failed")
    assert set(ended[:failed]) <= {"completed"} and set(ended[failed + 1 :]) == {"pending"}


def test_memory_beyond_the_limit_is_stopped_with_both_numbers(tmp_path, kernels):
    outcome, notebook = run(
        tmp_path,
        "import numpy, time",
        "kept = []\nfor _ in range(40):\n    kept.append(numpy.ones(2_500_000)); time.sleep(0.01)",
        "b = 2",
        max_memory_bytes=600_000_000,
    )
    assert outcome.status == "died" and outcome.cell == 3
    assert outcome.reason.startswith("cell 3 used 0.6") and outcome.reason.endswith(" GB, limit 0.60 GB")
    assert outcome.peak_memory_bytes > 600_000_000
    assert statuses(notebook) == ["completed", "failed", "pending"]


def test_memory_of_the_kernels_children_counts(tmp_path):
    hungry = "import time; kept = bytearray(700_000_000); time.sleep(60)"
    outcome, _ = run(
        tmp_path,
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hungry!r}])",
        max_memory_bytes=650_000_000,
    )
    assert outcome.status == "died" and outcome.reason.endswith("limit 0.65 GB")


def test_memory_below_the_limit_is_left_alone(tmp_path):
    outcome, _ = run(tmp_path, "import time; time.sleep(0.3)", max_memory_bytes=2_000_000_000)
    assert outcome == Outcome("ok")


def test_cancelling_kills_the_kernel_and_its_children_and_says_so(tmp_path, kernels):
    own = below()
    cell = (
        "import os, subprocess, time\nsubprocess.Popen(['sleep', '60'])\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    )
    running = threading.Event()
    watcher = threading.Thread(target=lambda: (running.wait(), time.sleep(0.5), engine.cancel_all()))
    watcher.start()
    try:
        outcome, notebook = run(tmp_path, cell, "b = 2", on_cell=lambda done, total: done == 1 and running.set())
    finally:
        running.set()
        watcher.join()
        engine.allow_kernels()
    assert outcome == Outcome("cancelled", "stopped in cell 2", 2)
    assert statuses(notebook) == ["failed", "pending"]
    if kernels == "cold":
        assert below() <= own


def test_a_notebook_that_starts_after_the_cancel_is_cancelled(tmp_path, kernels):
    engine.cancel_all()
    try:
        assert engine.cancelled()
        outcome, notebook = run(tmp_path, "b = 2")
    finally:
        engine.allow_kernels()
    assert outcome == Outcome("cancelled", "stopped before its first cell")
    assert statuses(notebook) == ["pending"]


def test_two_notebooks_at_once_do_not_mix(tmp_path):
    outcomes = {}

    def work(name):
        folder = tmp_path / name
        folder.mkdir()
        outcomes[name] = run(folder, f"assert x == {name!r}; import time; time.sleep(0.2)", values={"x": name})[0]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == dict.fromkeys("abc", Outcome("ok"))


def test_neither_the_kernel_nor_its_children_outlive_the_notebook(tmp_path, kernels):
    _, notebook = run(
        tmp_path,
        "import os, subprocess\n"
        "child = subprocess.Popen(['sh', '-c', 'sleep 61 & sleep 62'])\n"
        "print(os.getpid(), child.pid)",
    )
    pids = [int(pid) for pid in printed(notebook).split()]
    assert len(pids) == 2 and not any(lives(pid) for pid in pids)


def test_what_a_cell_left_open_is_written(tmp_path, kernels):
    outcome, _ = run(tmp_path, f"file = open({str(tmp_path / 'left.txt')!r}, 'w'); file.write('whole')")
    assert outcome == Outcome("ok")
    assert (tmp_path / "left.txt").read_text() == "whole"


def pool():
    """The pool of kernels in use."""
    return kernels_module._pool


def _full(monkeypatch, allowed):
    """From the `allowed`-th writing on, the disk is full."""
    writings = iter(range(100))
    real = os.fsync

    def fsync(handle):
        if next(writings) >= allowed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr("privnb.run.folder.os.fsync", fsync)


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_full_disk_is_named_and_leaves_no_half_notebook(tmp_path, monkeypatch, allowed):
    _full(monkeypatch, allowed)
    outcome, notebook = run(tmp_path, "b = 2")
    assert outcome == Outcome("failed", outcome.reason)
    assert outcome.reason.startswith(f"{tmp_path}/out.ipynb cannot be written: no space left on device")
    assert (notebook is None) if allowed == 0 else (statuses(notebook) == ["pending"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ipynb"] + ["out.ipynb"] * allowed


def test_a_disk_that_is_full_for_a_while_only_harms_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("privnb.run.engine.SAVE_EVERY_S", 0.0)
    monkeypatch.setattr("privnb.run.engine._SAVING_SHARE", 1e9)
    writings = []
    real = os.fsync

    def fsync(handle):
        writings.append(handle)
        if len(writings) in (2, 3, 4):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr("privnb.run.folder.os.fsync", fsync)
    outcome, notebook = run(tmp_path, *["b = 2"] * 5)
    assert outcome == Outcome("ok") and len(writings) > 5
    assert statuses(notebook) == ["completed"] * 5


def test_a_failure_is_said_also_when_it_cannot_be_saved(tmp_path, monkeypatch):
    _full(monkeypatch, 1)
    outcome, _ = run(tmp_path, "1 / 0")
    assert "no space left" in outcome.reason and "(before that: cell 2: ZeroDivisionError" in outcome.reason
    assert outcome.cell == 2


def test_a_folder_that_cannot_be_written(tmp_path):
    write(tmp_path / "in.ipynb", "b = 2")
    (tmp_path / "file").write_text("")
    outcome = engine.run_notebook(tmp_path / "in.ipynb", tmp_path / "file" / "out.ipynb", {})
    assert outcome.status == "failed" and f"{tmp_path}/file/out.ipynb cannot be written" in outcome.reason


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), ("{", "in.ipynb cannot be executed")])
def test_a_source_that_cannot_be_read(tmp_path, content, said):
    if content:
        (tmp_path / "in.ipynb").write_text(content)
    outcome = engine.run_notebook(tmp_path / "in.ipynb", tmp_path / "out.ipynb", {})
    assert outcome.status == "failed" and said in outcome.reason and "\n" not in outcome.reason


def test_running_it_again_removes_the_banner_of_a_failure(tmp_path):
    run(tmp_path, "1 / 0")
    outcome = engine.run_notebook(tmp_path / "out.ipynb", tmp_path / "again.ipynb", {})
    again = nbformat.read(tmp_path / "again.ipynb", 4)
    assert outcome.cell == 2
    assert [cell.cell_type for cell in again.cells] == ["markdown", "code", "code"]


def test_it_works_inside_a_running_event_loop(tmp_path):
    import asyncio

    async def inside():
        return run(tmp_path, "y = x")[0]

    assert asyncio.run(inside()) == Outcome("ok")


def test_ctrl_c_is_passed_on_after_the_notebook_was_saved(tmp_path, kernels):
    def interrupt(done, total):
        if done == 1:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "import time; time.sleep(60)", "b = 2", on_cell=interrupt)
    notebook = nbformat.read(tmp_path / "out.ipynb", 4)
    assert statuses(notebook) == ["failed", "pending"]
    assert notebook.metadata.privnb == {"status": "cancelled", "reason": "stopped in cell 2", "cell": 2}


def test_a_cold_kernel_leaves_no_socket(tmp_path, monkeypatch):
    monkeypatch.setenv("PRIVNB_COLD_KERNELS", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(tmp_path, "b = 2")
    assert not list(tmp_path.glob("privnb-*"))


def test_a_forked_kernel_leaves_no_socket(tmp_path):
    run(tmp_path, "b = 2")
    used = {path.stem.partition("-")[0] for path in pool()._folder.glob("k*")}
    waiting = {kernel.connection.stem.name for kernel, _ in pool()._ready}
    assert used <= waiting
