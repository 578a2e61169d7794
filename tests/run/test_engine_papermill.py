"""`papermill --engine privnb` and papermill's own function: the same honesty, in papermill's terms."""

import subprocess
import sys

import nbformat
import papermill
import pytest
from made_notebooks import printed, statuses, write
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from privnb.run import notebook
from privnb.run.parameters import ParameterError


@pytest.fixture(scope="module", autouse=True)
def server():
    """Warm kernels for calls of papermill's function in this process."""
    notebook.warm_kernels(1)
    yield
    notebook.cool_kernels()


def execute(tmp_path, *cells, values=None, **options):
    """papermill.execute_notebook with our engine; the path of the output."""
    source = write(tmp_path / "in.ipynb", *cells)
    options = {"progress_bar": False, **options}
    papermill.execute_notebook(str(source), str(tmp_path / "out.ipynb"), values, engine_name="privnb", **options)
    return nbformat.read(tmp_path / "out.ipynb", 4)


def papermill_command(tmp_path, *words):
    """The command line in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--engine", "privnb", "--no-progress-bar", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_line(tmp_path):
    write(tmp_path / "in.ipynb", "print(x)")
    done = papermill_command(tmp_path, "-p", "x", "5", "--log-output")
    assert done.returncode == 0, done.stderr
    assert printed(nbformat.read(tmp_path / "out.ipynb", 4)) == "5\n"
    assert "WARNING" not in done.stderr and "TCP" not in done.stderr and "5\n" in done.stderr


def test_the_command_line_names_an_unknown_parameter_in_one_line(tmp_path):
    write(tmp_path / "in.ipynb", "print(x)")
    done = papermill_command(tmp_path, "-p", "y", "5")
    assert done.returncode == 2
    assert 'Error: no parameter "y" in in.ipynb; it has x' in done.stderr and "Traceback" not in done.stderr


def test_a_dead_kernel_has_papermills_exit_code_and_an_honest_notebook(tmp_path):
    write(tmp_path / "in.ipynb", "import os; os._exit(1)", "b = 2")
    done = papermill_command(tmp_path)
    assert done.returncode == 138
    executed = nbformat.read(tmp_path / "out.ipynb", 4)
    assert statuses(executed) == ["failed", "pending"]
    assert executed.metadata.privnb["reason"] == "the kernel died in cell 2: it exited with code 1"


def test_papermills_function(tmp_path, capsys):
    with (tmp_path / "log.txt").open("w") as log:
        executed = execute(tmp_path, "print(x)", values={"x": 3}, progress_bar=True, stdout_file=log)
    assert printed(executed) == "3\n" and statuses(executed) == ["completed"]
    assert (tmp_path / "log.txt").read_text() == "3\n"
    assert "Executing" in capsys.readouterr().err


def test_papermills_errors(tmp_path):
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute(tmp_path, "1 / 0", "b = 2")
    assert statuses(nbformat.read(tmp_path / "out.ipynb", 4)) == ["failed", "pending"]
    with pytest.raises(DeadKernelError, match="killed by SIGKILL"):
        execute(tmp_path, "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(CellTimeoutError, match="cell 2 ran longer than 1 s"):
        execute(tmp_path, "import time; time.sleep(60)", execution_timeout=1)
    with pytest.raises(ParameterError, match='no parameter "xx" in '):
        execute(tmp_path, "b = 2", values={"xx": 1})
    with pytest.raises(DeadKernelError, match="no kernel could be started"):
        execute(tmp_path, "b = 2", kernel_name="nobody", language="python")


def test_storage_schemes_of_papermill(tmp_path, monkeypatch):
    from papermill.iorw import papermill_io

    class Shelf:
        kept = {}

        def read(self, path):
            return self.kept[path]

        def write(self, text, path):
            if path.endswith("full.ipynb"):
                raise OSError("quota exceeded")
            self.kept[path] = text

        def pretty_path(self, path):
            return path

    monkeypatch.setattr(papermill_io, "_handlers", [("shelf://", Shelf()), *papermill_io._handlers])
    Shelf.kept["shelf://in.ipynb"] = write(tmp_path / "in.ipynb", "print(x)").read_text()
    outcome = notebook.run_notebook("shelf://in.ipynb", "shelf://out.ipynb", {"x": 4})
    assert outcome.status == "ok", outcome.reason
    assert printed(nbformat.reads(Shelf.kept["shelf://out.ipynb"], 4)) == "4\n"
    outcome = notebook.run_notebook("shelf://in.ipynb", "shelf://full.ipynb", {"x": 4})
    assert outcome.reason == "shelf://full.ipynb could not be saved: quota exceeded"
    assert notebook.run_notebook("shelf://in.ipynb", "shelf://out.ipynb", {"z": 4}).reason == (
        'no parameter "z" in in.ipynb; it has x'
    )
