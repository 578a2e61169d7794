"""Small notebooks for the engine's tests: written, executed, and looked at."""

import os
from pathlib import Path

import nbformat

from privnb.run import notebook as engine
from privnb.run.cells import Limits

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write(path: Path, *cells: str, parameters: str = "x = 1", kernelspec=PYTHON) -> Path:
    """A notebook with a cell tagged `parameters` before the given code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ],
        metadata={"kernelspec": kernelspec},
    )
    nbformat.write(notebook, path)
    return path


def run(folder: Path, *cells: str, values=None, parameters: str = "x = 1", kernelspec=PYTHON, **limits):
    """Execute a notebook of those cells; the outcome, and the executed notebook (None where none was written)."""
    source = write(folder / "in.ipynb", *cells, parameters=parameters, kernelspec=kernelspec)
    output = folder / "out.ipynb"
    outcome = engine.run_notebook(source, output, values or {}, **limits)
    return outcome, nbformat.read(output, 4) if output.exists() else None


def start_within(monkeypatch, seconds):
    """Give kernels that long to become ready."""
    monkeypatch.setattr("privnb.run.notebook.Limits", lambda *given: Limits(*given, start_s=seconds))


def statuses(notebook) -> list[str]:
    """papermill's status of each code cell, without those of parameters."""
    return [
        cell.metadata.papermill["status"]
        for cell in notebook.cells
        if cell.cell_type == "code" and not set(cell.metadata.get("tags", [])) & {"parameters", "injected-parameters"}
    ]


def printed(notebook) -> str:
    """What all cells printed."""
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    )


def lives(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def below(pid: int | None = None) -> set[int]:
    """Descendants of a process (default: this one)."""
    import psutil

    return {child.pid for child in psutil.Process(pid or os.getpid()).children(recursive=True)}
