"""How long it takes to check a spec: five lines, a thousand lines, and the command as a whole.

    python benchmarks/spec_reading.py [--rounds 20]

In one process, caches warm, the least and the median of the rounds in milliseconds; beside it what the YAML parser
alone takes (ruamel.yaml's events, read and thrown away). The commands are cold: a new process each, as typed.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from privnb.stages import load_spec

SMALL = """\
privnb: 1
model: {train: sklearn.ensemble.RandomForestClassifier}
data:
  builtin: adult
  target: income
"""
VARIANT = """\
  - id: v{n}
    regularize:
      estimator: sklearn.ensemble.RandomForestClassifier
      params: {{min_samples_leaf: {n}}}
      noise: {{scale: 0.1}}
"""
GATE = "  - {{metric: membership.auc, max: 0.6, use: upper, on: [v{n}]}}\n"
LIMITS_MS = {"5 lines": 3, "1,000 lines": 120}


def long_spec(lines: int = 1000) -> str:
    """A valid spec of that many lines: mitigations and a gate on each."""
    count = (lines - SMALL.count("\n") - 2) // 6
    variants = "".join(VARIANT.format(n=n + 1) for n in range(count))
    gates = "".join(GATE.format(n=n + 1) for n in range(count))
    text = f"{SMALL}mitigations:\n{variants}gates:\n{gates}"
    return text + "# a comment\n" * (lines - text.count("\n"))


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Least and median time of `work` in milliseconds."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return min(took), statistics.median(took)


def parsed(text: str) -> None:
    """The YAML parser alone."""
    for _ in YAML(typ="safe", pure=True).parse(text):
        pass


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=20)
    rounds = arguments.parse_args().rounds
    print(f"{'':24}{'least ms':>10}{'median ms':>11}{'limit ms':>10}{'parser alone, least':>21}")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("5 lines", SMALL), ("1,000 lines", long_spec())):
            path = Path(folder) / f"{text.count(chr(10))}.privacy.yaml"
            path.write_text(text)
            load_spec(path)
            least, median = timed(lambda path=path: load_spec(path), rounds)
            alone, _ = timed(lambda text=text: parsed(text), rounds)
            print(f"check, {name:17}{least:10.2f}{median:11.2f}{LIMITS_MS[name]:10}{alone:21.2f}")
        small = str(Path(folder) / "5.privacy.yaml")
        for command in ("check", "advise", "explain"):
            words = [sys.executable, "-m", "privnb", command, small]
            least, median = timed(lambda words=words: subprocess.run(words, capture_output=True, check=True), 5)
            print(f"privnb {command:17}{least:10.0f}{median:11.0f}{600:10}")


if __name__ == "__main__":
    main()
