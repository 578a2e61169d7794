"""How a notebook ended, in words: for its caller, and written into the notebook itself."""

import signal
from dataclasses import dataclass, field

import nbformat
from nbclient.exceptions import CellExecutionError

from privnb import errors
from privnb.errors import PrivnbError, without_values
from privnb.findings import Status
from privnb.run.kernels import Ended, Kernel
from privnb.run.memory import gigabytes, out_of_memory_kills

_OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, PrivnbError)}
_ERROR_MARKER_TAG = "papermill-error-cell-tag"  # papermill removes such cells before it runs a notebook again


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: ok, failed, died, timed_out or cancelled.

    `cell` counts the code cells of the executed notebook from 1. `peak_memory_bytes` is the kernel's highest resident
    memory (its children's with it where a memory limit was set), None where nobody could see it.
    """

    status: Status
    reason: str = ""
    cell: int | None = None
    peak_memory_bytes: int | None = field(default=None, compare=False)


def mark(nb: nbformat.NotebookNode, outcome: Outcome) -> None:
    """Write into a notebook's metadata how it ended and, where it did not end well, a banner at its top."""
    nb.metadata["privnb"] = {"status": outcome.status, "reason": outcome.reason, "cell": outcome.cell}
    if outcome.status == "ok":
        return
    nb.metadata.papermill["exception"] = True
    text = outcome.reason.replace("&", "&amp;").replace("<", "&lt;")
    banner = nbformat.v4.new_markdown_cell(f'<span style="color:red">**This notebook did not end well:** {text}</span>')
    banner.metadata["tags"] = [_ERROR_MARKER_TAG]
    banner.metadata["papermill"] = {"status": "completed", "exception": None}
    nb.cells.insert(0, banner)


def raised(error: CellExecutionError, cell: int) -> str:
    """One line about the error that a cell raised."""
    name, value = error.ename, str(error.evalue)
    if name == "SystemExit":
        given = value if value.lstrip("-").isdigit() or not value else repr(value)
        return f"cell {cell} called sys.exit({given})"
    line = first_line(value)
    return f"cell {cell}: {name}: {line if name in _OURS else without_values(line)}"


def where(what: str, cell: int | None) -> str:
    """`stopped in cell 2`, or before the first."""
    return f"{what} in cell {cell}" if cell else f"{what} before its first cell"


def why_it_died(kernel: Kernel, ended: Ended, cell: int | None, kills_before: int | None) -> tuple[Status, str]:
    """Status and reason of a notebook whose kernel is gone: because we stopped it, or by itself.

    `kills_before` is `out_of_memory_kills()` as it was when the notebook started.
    """
    cause = kernel.cause
    last_words = f" ({kernel.last_words})" if kernel.last_words and not cell else ""
    if cause is None:
        return "died", f"{where('the kernel died', cell)}: {_how(ended, kills_before)}{last_words}"
    if cause.status == "cancelled":
        return cause.status, where(cause.why, cell)
    if cause.of == "start":
        return cause.status, cause.why + last_words
    if cause.of == "stage":
        return cause.status, f"{cause.why}; {where('it was stopped', cell)}"
    return cause.status, f"cell {cell} {cause.why}" if cell else f"before its first cell it {cause.why}"


def first_line(text: object) -> str:
    """The first line that is not empty."""
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "no message")


def _how(ended: Ended, kills_before: int | None) -> str:
    if ended.code is None:
        return "it was gone together with the fork server"
    if ended.code >= 0:
        return f"it exited with code {ended.code}"
    name = signal.Signals(-ended.code).name
    text = f"killed by {name}; peak memory {gigabytes(ended.peak_memory_bytes)}"
    if name != "SIGKILL":
        return text
    kills = out_of_memory_kills()
    if kills is None or kills_before is None:
        return f"{text}; most often the machine ran out of memory"
    if kills > kills_before:
        return f"{text}; the machine, or the container, ran out of memory"
    return f"{text}; not for want of memory"
