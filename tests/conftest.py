"""What several tests need: small specs on real data, and the command line as a subprocess."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("PRIVNB_SECRET", "a secret for tests only")

SMALL = """\
privnb: 1
name: Small
profile: quick
seed: 3
data: {builtin: breast_cancer, target: diagnosis}
model: {train: {estimator: sklearn.tree.DecisionTreeClassifier}}
assess: {membership: {methods: [confidence, rmia, lira], shadows: 2, draws: 200}}
gates:
  - {metric: utility.accuracy, min: 0.5, use: lower}
"""


@pytest.fixture
def small_spec(tmp_path) -> Path:
    """A spec that runs in seconds: a decision tree on the 569 tumours of breast_cancer."""
    path = tmp_path / "small.privacy.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def privnb_command(tmp_path):
    """Runs `privnb ...` in a folder of its own and returns the finished process (text output, never raises)."""

    def run(*words, cwd=tmp_path, **options):
        return subprocess.run(
            [sys.executable, "-m", "privnb", *map(str, words)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=300,
            **options,
        )

    return run
