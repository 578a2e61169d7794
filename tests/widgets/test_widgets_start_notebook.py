"""notebooks/start.ipynb: thin, and without a person it shows form and panel but starts nothing."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "start.ipynb"


def test_it_is_thin():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert cells[0].cell_type == "markdown" and len(code) <= 10
    assert not any(line.startswith(("def ", "class ")) for cell in code for line in cell.source.splitlines())
    assert [cell.metadata.get("tags") for cell in code if "parameters" in cell.metadata.get("tags", [])] == [
        ["parameters"]
    ]
    assert not any(cell.outputs for cell in code)


def test_papermill_runs_it_and_no_run_is_started(tmp_path):
    words = ["-m", "papermill", str(NOTEBOOK), "out.ipynb", "-p", "spec", "adult", "--no-progress-bar"]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=tmp_path,
        env={**os.environ, "PRIVNB_HEADLESS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shown = [
        output.data
        for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in shown) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.ipynb"]
