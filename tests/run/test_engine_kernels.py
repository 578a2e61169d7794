"""A forked kernel behaves like a new process, and where it would not, a new process is what is used."""

import json
import os
import sys
import textwrap
from pathlib import Path

import pytest
from made_notebooks import printed, run, start_within

from privnb.run import kernels, notebook
from privnb.run.notebook import Outcome

PROBE = """
import json, os, random, signal, sys, threading, warnings
import matplotlib
state = {
    "cwd": os.getcwd(),
    "environment": {k: v for k, v in sorted(os.environ.items()) if k not in ("JPY_PARENT_PID", "_")},
    "argv": [os.path.basename(sys.argv[0]), sys.argv[1], os.path.basename(sys.argv[2])[-5:], len(sys.argv)],
    "path": sys.path,
    "main": sorted(k for k in vars(sys.modules["__main__"]) if not k.startswith("_") and k not in ("In", "Out")),
    "interrupt": str(signal.getsignal(signal.SIGINT)),
    "child": str(signal.getsignal(signal.SIGCHLD)),
    "terminate": str(signal.getsignal(signal.SIGTERM)),
    "backend": matplotlib.get_backend(),
    "encoding": [sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.stdout.encoding],
    "flags": str(sys.flags),
    "mask": os.umask(0o22),
    "session": os.getsid(0) == os.getpid() == os.getpgid(0),
    "own filters": [str(f) for f in warnings.filters if "__main__" in str(f)],
    "interpreter": [sys.executable, sys.prefix],
    "main thread": threading.current_thread() is threading.main_thread(),
}
print(json.dumps(state))
"""


@pytest.fixture(scope="module")
def warm():
    """A fork server with one kernel ahead, for the tests of this file."""
    notebook.warm_kernels(1)
    yield
    notebook.cool_kernels()


def test_a_forked_kernel_is_like_a_new_process(tmp_path, monkeypatch, warm):
    monkeypatch.setenv("SET_AFTER_THE_SERVER_STARTED", "yes")
    monkeypatch.delenv("PRIVNB_SECRET")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    states = {}
    for name, cold in (("forked", "0"), ("new", "1")):
        monkeypatch.setenv("PRIVNB_COLD_KERNELS", cold)
        outcome, executed = run(tmp_path, PROBE)
        assert outcome == Outcome("ok")
        states[name] = json.loads(printed(executed))
        assert states[name]["environment"].pop("PRIVNB_COLD_KERNELS") == cold
    forked, new = states["forked"], states["new"]
    assert forked["environment"]["SET_AFTER_THE_SERVER_STARTED"] == "yes"
    assert forked["cwd"] == str(tmp_path / "elsewhere")
    assert forked == new


def test_random_state_is_fresh_and_nothing_is_left_from_the_notebook_before(tmp_path, warm):
    cell = textwrap.dedent("""
        import builtins, os, random, numpy, pandas
        print(os.getpid(), random.random(), numpy.random.random(), numpy.random.default_rng().random())
        assert not hasattr(builtins, "left") and "LEFT" not in os.environ and not hasattr(pandas, "left")
        builtins.left = pandas.left = 1; os.environ["LEFT"] = "1"; numpy.random.seed(1); random.seed(1)
    """)
    seen = []
    for _ in range(2):
        outcome, executed = run(tmp_path, cell)
        assert outcome == Outcome("ok")
        seen.append(printed(executed).split())
    assert all(first != second for first, second in zip(*seen, strict=True))


def test_threads_are_one_unless_asked_for(tmp_path, warm, monkeypatch):
    cell = (
        "import numpy, threadpoolctl\nnumpy.ones((2, 2)) @ numpy.ones((2, 2))\n"
        "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'})"
    )
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert printed(run(tmp_path, cell)[1]) == "{1}\n"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert printed(run(tmp_path, cell)[1]) == "{2}\n"


def test_the_users_own_matplotlib_backend_counts(tmp_path, warm, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "svg")
    cell = "import matplotlib, matplotlib.pyplot as plt; plt.figure(); print(matplotlib.get_backend())"
    assert printed(run(tmp_path, cell)[1]) == "svg\n"


def test_libraries_are_there_already_and_work(tmp_path, warm):
    table = str(tmp_path / "t.parquet")
    outcome, _ = run(
        tmp_path,
        "import sys; assert {'pandas', 'sklearn.tree', 'matplotlib.pyplot', 'privnb.run.session'} <= set(sys.modules)",
        "assert 'tenseal' not in sys.modules and 'papermill' not in sys.modules",
        "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.datasets import load_iris\n"
        "RandomForestClassifier(5, n_jobs=2).fit(*load_iris(return_X_y=True))",
        f"import pandas\npandas.DataFrame({{'a': ['x', 'y']}}).to_parquet({table!r})\npandas.read_parquet({table!r})",
        "import multiprocessing, os\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n    assert pool.map(abs, [-1, -2]) == [1, 2]",
        "import joblib; assert joblib.Parallel(2)(joblib.delayed(abs)(i) for i in (-1, -2)) == [1, 2]",
    )
    assert outcome == Outcome("ok"), outcome.reason


def test_the_server_is_one_thread_when_it_forks(warm, tmp_path):
    run(tmp_path, "b = 2")
    server = kernels._pool._process.pid
    threads = [path.read_text().strip() for path in Path(f"/proc/{server}/task").glob("*/comm")]
    assert len(threads) == 1


def test_another_search_path_gets_a_new_process(tmp_path, monkeypatch, warm):
    (tmp_path / "only_here.py").write_text("VALUE = 7")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    outcome, executed = run(tmp_path, "import only_here, os; print(only_here.VALUE, os.getppid())")
    assert outcome == Outcome("ok")
    assert printed(executed) == f"7 {os.getpid()}\n"  # the parent of a cold kernel is this process


def test_kernelspecs_of_other_programs_run_cold_and_unknown_ones_are_named(tmp_path, monkeypatch, warm):
    folder = tmp_path / "share" / "kernels" / "sleeper"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    spec = {"argv": ["sh", "-c", "echo not today >&2; exit 4"], "display_name": "S", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    kernelspec = {"name": "sleeper", "display_name": "S", "language": "python"}
    outcome, _ = run(tmp_path, "b = 2", kernelspec=kernelspec)
    assert outcome.status == "died"
    assert outcome.reason == "the kernel died before its first cell: it exited with code 4 (not today)"
    spec["argv"] = ["sh", "-c", "echo asleep >&2; exec sleep 60"]
    (folder / "kernel.json").write_text(json.dumps(spec))
    start_within(monkeypatch, 0.3)
    outcome, _ = run(tmp_path, "b = 2", kernelspec=kernelspec)
    assert outcome == Outcome("died", "the kernel did not become ready within 0.3 s (asleep)")
    monkeypatch.undo()
    outcome, _ = run(tmp_path, "b = 2", kernelspec={**kernelspec, "name": "nobody"})
    assert outcome.status == "failed" and "nobody" in outcome.reason


def test_a_kernelspec_of_this_very_python_is_forked(tmp_path, monkeypatch):
    folder = tmp_path / "share" / "kernels" / "mine"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "M", "language": "python"}))
    assert kernels.command_of("mine") is None
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "M", "language": "python", "env": {"A": "1"}})
    )
    assert kernels.command_of("mine") == (argv, {"A": "1"})
    (folder / "kernel.json").write_text(json.dumps({"argv": ["/none"], "display_name": "M", "language": "python"}))
    outcome, _ = run(tmp_path, "b = 2", kernelspec={"name": "mine", "display_name": "M", "language": "python"})
    assert outcome.status == "failed" and "no kernel could be started" in outcome.reason
