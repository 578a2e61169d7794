"""privnb's notebook engine beside papermill's default, in turn on this machine: medians and ratios.

    python benchmarks/run_engine.py [--rounds 3] [many stage cells single start]

many    ten notebooks that need pandas, scikit-learn and a figure: privnb two at a time in kernels forked ahead, beside
        a serial loop of papermill; target: at least 15 times faster
stage   what a warm stage without work costs; target: under 0.15 s
cells   a notebook of 100 one-line cells; target: at most 0.4 of papermill's time (cold kernels also shown)
single  one notebook alone on the command line: `papermill`, `papermill --engine privnb` cold, and with a fork server
start   from nothing: the fork server's start, then the ten notebooks; beside the serial loop
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill

from privnb.run.notebook import cool_kernels, run_notebook, warm_kernels

WORK = [
    "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\nfrom sklearn.datasets import load_iris\n"
    "import matplotlib.pyplot as plt",
    "X, y = load_iris(return_X_y=True)\ntable = pd.DataFrame(X)\ntable.describe()",
    "LogisticRegression(max_iter=50).fit(X, y).score(X, y)",
    "plt.plot(table[0], table[1], '.'); plt.xlabel('length'); plt.ylabel('width'); plt.show()",
]
AT_ONCE = 2
NOTEBOOKS = 10


def write(path: Path, cells: list[str]) -> Path:
    """A notebook of those code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)
    return path


def ours(source: Path, output: Path) -> None:
    """Run one notebook with privnb; it must end well."""
    outcome = run_notebook(source, output, {"x": 2})
    assert outcome.status == "ok", outcome.reason


def default(source: Path, output: Path) -> None:
    """Run one notebook with papermill as it comes."""
    papermill.execute_notebook(str(source), str(output), {"x": 2}, progress_bar=False)


def ten_ours(source: Path, folder: Path) -> None:
    """Ten notebooks, two at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: ours(source, folder / f"ours{number}.ipynb"), range(NOTEBOOKS)))


def ten_default(source: Path, folder: Path) -> None:
    """Ten notebooks, one after the other."""
    for number in range(NOTEBOOKS):
        default(source, folder / f"default{number}.ipynb")


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def in_turn(rounds: int, contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each contender; every round runs all of them one after the other."""
    taken = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            taken[name].append(seconds(work))
    for name, values in taken.items():
        print(f"    {name:34s} {statistics.median(values):8.3f} s   ({', '.join(f'{value:.2f}' for value in values)})")
    return {name: statistics.median(values) for name, values in taken.items()}


def warm(count: int, source: Path, folder: Path) -> None:
    """Start the fork server and wait until `count` kernels are ready."""
    warm_kernels(count)
    ours(source, folder / "first.ipynb")
    time.sleep(1.0)


def many(folder: Path, rounds: int) -> None:
    """Ten notebooks that need pandas, scikit-learn and a figure."""
    source = write(folder / "work.ipynb", WORK)

    def settle_then_ours():
        ten_ours(source, folder)

    warm(AT_ONCE, source, folder)
    got = in_turn(
        rounds,
        {"privnb, warm, two at a time": settle_then_ours, "papermill, serial": lambda: ten_default(source, folder)},
    )
    cool_kernels()
    ratio = got["papermill, serial"] / got["privnb, warm, two at a time"]
    print(f"many: {ratio:.1f} times faster (target: at least 15)")


def stage(folder: Path, rounds: int) -> None:
    """A stage without work."""
    source = write(folder / "empty.ipynb", ["y = x"])
    warm(1, source, folder)

    def calm():
        ours(source, folder / "out.ipynb")

    taken = []
    for _ in range(max(rounds, 10)):
        time.sleep(0.4)  # the next kernel is forked behind
        taken.append(seconds(calm))
    cool_kernels()
    print(
        f"stage: {statistics.median(taken):.3f} s for an empty warm stage, most {max(taken):.3f} s (target: below 0.15)"
    )


def cells(folder: Path, rounds: int) -> None:
    """A notebook of 100 cells."""
    source = write(folder / "hundred.ipynb", [f"a{number} = {number}" for number in range(100)])
    warm(1, source, folder)

    def cold():
        os.environ["PRIVNB_COLD_KERNELS"] = "1"
        ours(source, folder / "ours.ipynb")
        del os.environ["PRIVNB_COLD_KERNELS"]

    got = in_turn(
        rounds,
        {
            "privnb, warm": lambda: ours(source, folder / "ours.ipynb"),
            "privnb, cold": cold,
            "papermill": lambda: default(source, folder / "default.ipynb"),
        },
    )
    cool_kernels()
    warm_ratio, cold_ratio = (got[f"privnb, {kind}"] / got["papermill"] for kind in ("warm", "cold"))
    print(f"cells: {warm_ratio:.2f} of papermill's time (target: at most 0.40), cold {cold_ratio:.2f}")


def single(folder: Path, rounds: int) -> None:
    """One notebook alone, from the command line."""
    source = write(folder / "work.ipynb", WORK)
    program = [sys.executable, "-m", "papermill", "--no-progress-bar", "--log-level", "ERROR"]
    fork = (
        "import sys; from privnb.run.notebook import *; warm_kernels(0); "
        "assert run_notebook(sys.argv[1], sys.argv[2], {}).status == 'ok'"
    )

    def call(*words):
        subprocess.run([*map(str, words)], check=True, capture_output=True)

    got = in_turn(
        rounds,
        {
            "papermill": lambda: call(*program, source, folder / "a.ipynb"),
            "papermill --engine privnb (cold)": lambda: call(
                *program, "--engine", "privnb", source, folder / "b.ipynb"
            ),
            "privnb with a fork server": lambda: call(sys.executable, "-c", fork, source, folder / "c.ipynb"),
        },
    )
    first, cold, forked = got.values()
    print(f"single: cold {cold / first:.2f} of papermill's time, with a fork server {forked / first:.2f}")


def start(folder: Path, rounds: int) -> None:
    """Ten notebooks with the fork server's own start."""
    source = write(folder / "work.ipynb", WORK)

    def from_nothing():
        warm_kernels(AT_ONCE)
        ten_ours(source, folder)
        cool_kernels()

    got = in_turn(
        rounds, {"privnb, server started": from_nothing, "papermill, serial": lambda: ten_default(source, folder)}
    )
    print(f"start: {got['papermill, serial'] / got['privnb, server started']:.1f} times faster with the server's start")


PARTS = {"many": many, "stage": stage, "cells": cells, "single": single, "start": start}


def main() -> None:
    """Run the parts asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"papermill {papermill.__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder), options.rounds)


if __name__ == "__main__":
    main()
