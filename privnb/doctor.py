"""What privnb needs from the machine, and the command that brings what is missing."""

import ctypes.util
import os
import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PANGO = "libpango-1.0-0 libpangoft2-1.0-0"
_EXTRAS = {"federated": "flwr", "scale": "distributed", "big": "duckdb", "fast": "numba", "sign": "pyhanko"}


@dataclass(frozen=True)
class Check:
    """One thing looked at: `what` it is, whether it is `well`, and the `remedy` where it is not."""

    what: str
    well: bool
    remedy: str = ""


def examine() -> list[Check]:
    """Python, Pango, notebooks, templates, example, memory and optional extras."""
    return [_python(), *_pango(), _kernel(), *_files(), *_extras()]


def _python() -> Check:
    well = sys.version_info >= (3, 11)
    return Check(f"Python {platform.python_version()}", well, "" if well else "install CPython 3.11 or newer")


def _pango() -> list[Check]:
    libraries = {name: ctypes.util.find_library(name) for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz")}
    absent = [name for name, found in libraries.items() if not found]
    if not absent:
        return [Check("Pango, for the PDF", True)]
    install = f"apt-get install -y {PANGO}"
    if sys.platform == "darwin":
        install = "brew install pango"
    elif os.geteuid() != 0:
        install = f"sudo {install}"
    return [Check(f"Pango, for the PDF ({', '.join(absent)} not found)", False, install)]


def _kernel() -> Check:
    well = find_spec("ipykernel") is not None
    return Check("Jupyter kernel", well, "" if well else f"{sys.executable} -m pip install ipykernel")


def _files() -> list[Check]:
    here = Path(__file__).parent
    wanted = {
        "notebooks": "_notebooks/subject.ipynb",
        "templates": "_templates/fact-sheet.html.j2",
        "example": "_examples/adult.privacy.yaml",
    }
    return [
        Check(
            name, (here / path).exists(), "" if (here / path).exists() else "reinstall privnb; its files are incomplete"
        )
        for name, path in wanted.items()
    ]


def _extras() -> list[Check]:
    return [
        Check(
            f"extra {extra} ({package}): {'installed' if find_spec(package) else 'not installed, and not needed'}", True
        )
        for extra, package in _EXTRAS.items()
    ]
