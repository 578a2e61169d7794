"""A clean clone in a fresh environment: the two commands of the README, and the embedded example (minutes: slow)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow


def _clean_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def test_make_report_on_a_clean_clone(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    options = {"cwd": clone, "env": _clean_environment(), "capture_output": True, "text": True}
    done = subprocess.run(["make", "report"], stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2] == "reports/adult-income/fact-sheet.pdf"
    with pikepdf.open(clone / "reports" / "adult-income" / "fact-sheet.pdf") as pdf:
        assert 3 <= len(pdf.pages) <= 6
    again = subprocess.run(["make", "report"], **options)
    assert again.returncode == 0 and "0 stages executed" in again.stdout


def test_the_embedded_example_by_its_command(tmp_path):
    done = subprocess.run([sys.executable, "-m", "privnb", "demo"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    folder = tmp_path / "reports" / "adult-income"
    results = json.loads((folder / "results.json").read_text())
    assert {status["status"] for status in results["stages"]} == {"ok"}
    measured = json.loads((folder / "run.json").read_text())
    assert measured["peak_memory_bytes"] < 2e9
    assert (folder / "fact-sheet.pdf").stat().st_size < 300_000
