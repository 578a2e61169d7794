"""Facts about the machine a run took place on: no names, only what explains times and versions."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

VERSIONS = ("privnb", "numpy", "scipy", "scikit-learn", "pandas", "papermill", "weasyprint", "skops")


def machine_facts() -> dict:
    """`host` (python, platform, cores) and `versions` of the packages that matter."""
    return {
        "host": {
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
        },
        "versions": {name: _version(name) for name in VERSIONS},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
