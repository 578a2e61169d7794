"""kill -9 at any moment: the same command goes on, computes nothing twice, ends with an unbroken run's bytes."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.xdist_group("kill"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find orphans"),
]

SPEC = """
privnb: 1
name: Killed
profile: quick
seed: 9
model: {train: {estimator: sklearn.ensemble.RandomForestClassifier, params: {n_estimators: 40}}}
data: {builtin: digits, target: digit}
mitigations:
  - {id: leaf9, regularize: {params: {min_samples_leaf: 9}}}
report: {formats: [html]}
"""
_GONE_WITHIN_S = 6.0


class Runs:
    """Starts `privnb run` on one spec; every process of it carries a mark by which orphans are found."""

    def __init__(self, root):
        self.root = root
        (root / "killed.privacy.yaml").write_text(SPEC)
        self.mark = f"PRIVNB_TEST_MARK={uuid.uuid4()}"

    def start(self, out):
        name, _, value = self.mark.partition("=")
        return subprocess.Popen(
            [sys.executable, "-m", "privnb", "run", "killed.privacy.yaml", "--out", out],
            cwd=self.root, env={**os.environ, name: value}, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, out):
        process = self.start(out)
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return (self.root / out / "results.json").read_bytes()

    def kill_after(self, out, seconds):
        """True when the run was killed, False when it had ended before."""
        process = self.start(out)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        self.nobody_left()
        return process.returncode == -signal.SIGKILL

    def nobody_left(self):
        deadline = time.monotonic() + _GONE_WITHIN_S
        while left := self._marked():
            assert time.monotonic() < deadline, f"orphans {left}"
            time.sleep(0.05)

    def _marked(self):
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    marked = self.mark.encode() in (entry / "environ").read_bytes()
                    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                except OSError:
                    continue  # it ended meanwhile
                if marked and state != "Z":
                    found.append(int(entry.name))
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return Runs(tmp_path_factory.mktemp("kill"))


@pytest.fixture(scope="module")
def unbroken(runs):
    """The results of a run that nobody killed, and its seconds."""
    started = time.monotonic()
    results = runs.finish("unbroken")
    return results, time.monotonic() - started


def _finished(folder):
    """Every finished unit and stage with what changes when it is written again."""
    files = [*(folder / "store" / "units").glob("*.npz"), *(folder / "store" / "stages").glob("*.json")]
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def _killed(runs, out, moments):
    kept = {}
    for seconds in moments:
        killed = runs.kill_after(out, seconds)
        now = _finished(runs.root / out)
        assert kept.items() <= now.items(), "something finished was lost or computed again"
        kept = now
        if not killed:
            break
    results = runs.finish(out)
    assert kept.items() <= _finished(runs.root / out).items(), "something finished was lost or computed again"
    return results, kept


def test_killed_again_and_again(runs, unbroken):
    results, duration = unbroken
    random_moments = random.Random(1)
    moments = [duration * random_moments.uniform(0.3, 0.9) for _ in range(3)]
    found, kept = _killed(runs, "often", moments)
    assert found == results
    assert kept, "none of the moments came after the first finished piece"


@pytest.mark.slow
def test_killed_at_twenty_moments(runs, unbroken):
    results, duration = unbroken
    random_moments = random.Random(2)
    for number in range(20):
        out = f"once-{number}"
        assert _killed(runs, out, [duration * random_moments.uniform(0.05, 0.95)])[0] == results, number
