"""The engine says how a notebook ended: which cell, why, and which cells never ran."""

import os
import signal
import threading
import time

import nbformat
import pytest

from privnb.run import notebook as engine


def _run(tmp_path, *cells, parameters=None, timeout=None):
    source, output = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, source)
    outcome = engine.run_notebook(source, output, parameters or {}, timeout)
    statuses = [
        cell.metadata.papermill["status"]
        for cell in nbformat.read(output, 4).cells
        if cell.cell_type == "code" and not set(cell.metadata.get("tags", [])) & {"parameters", "injected-parameters"}
    ]
    return outcome, statuses


def test_a_notebook_that_ends_well(tmp_path):
    outcome, statuses = _run(tmp_path, "y = x + 1", "assert y == 6", parameters={"x": 5})
    assert outcome == engine.Outcome("ok")
    assert statuses == ["completed", "completed"]


def test_an_exception_names_cell_and_message(tmp_path):
    outcome, statuses = _run(tmp_path, "a = 1", "raise ValueError('no such\\ncolumn')", "b = 2")
    assert outcome.status == "failed"
    assert outcome.reason.endswith("ValueError: no such")
    assert statuses == ["completed", "failed", "pending"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "killed by SIGKILL; most often the machine ran out of memory",
        ),
        ("import os; os._exit(3)", "it exited with code 3"),
    ],
)
def test_a_dead_kernel_is_no_completed_notebook(tmp_path, cell, why):
    outcome, statuses = _run(tmp_path, "a = 1", cell, "b = 2")
    assert outcome.status == "died"
    assert why in outcome.reason
    assert statuses == ["completed", "failed", "pending"]


def test_a_cell_that_runs_too_long(tmp_path):
    outcome, statuses = _run(tmp_path, "import time; time.sleep(60)", "b = 2", timeout=1)
    assert outcome.status == "timed_out"
    assert outcome.reason.endswith("ran longer than 1 s")
    assert statuses == ["failed", "pending"]


def test_cancelling_kills_the_kernel_and_says_so(tmp_path):
    threading.Timer(4.0, engine.cancel_all).start()
    begin = time.monotonic()
    try:
        outcome, statuses = _run(tmp_path, "import time; time.sleep(60)", "b = 2")
    finally:
        engine.allow_kernels()
    assert outcome.status == "cancelled"
    assert statuses == ["failed", "pending"]
    assert time.monotonic() - begin < 30


def test_two_notebooks_at_once_do_not_mix(tmp_path):
    outcomes = {}

    def work(name):
        folder = tmp_path / name
        folder.mkdir()
        outcomes[name] = _run(folder, f"assert x == {name!r}", parameters={"x": name})[0]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"a": engine.Outcome("ok"), "b": engine.Outcome("ok")}


def test_no_kernel_outlives_its_notebook(tmp_path):
    _run(
        tmp_path,
        "import os; open('pid.txt', 'w').write(str(os.getpid()))".replace("pid.txt", str(tmp_path / "pid.txt")),
    )
    pid = int((tmp_path / "pid.txt").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)
