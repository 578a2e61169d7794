"""The same thing has the same plain identity in every process, and another thing another."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from privnb.subject.identity import plain_identity, source_digest


class Plain:
    """An object without parameters or state."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (float("nan"), "nan"),
        (np.float64(0.5), 0.5),
        ((1, "a"), [1, "a"]),
        ({"b", "a"}, ["a", "b"]),
        ({1: np.int64(2)}, {"1": 2}),
        (np.array([1, 2]), [1, 2]),
        (LogisticRegression, "sklearn.linear_model._logistic.LogisticRegression"),
    ],
)
def test_plain_counterparts(value, plain):
    assert plain_identity(value) == plain
    json.dumps(plain_identity(value), allow_nan=False)


def test_long_arrays_count_by_content():
    first, other = np.zeros(1000), np.zeros(1000)
    assert plain_identity(first) == plain_identity(other)
    other[500] = 1
    assert plain_identity(first) != plain_identity(other)
    words = np.array(["a"] * 100, dtype=object)
    assert plain_identity(words) == plain_identity(words.copy())


def test_objects_count_by_state():
    assert plain_identity(KFold(3)) == plain_identity(KFold(3)) != plain_identity(KFold(4))
    assert "0x" not in json.dumps(plain_identity(Plain()))


def test_function_without_a_file_counts_by_its_code():
    def made(text):
        scope = {"__name__": "nowhere"}
        exec(text, scope)
        return scope["f"]

    assert source_digest(made("def f(x): return x + 1")) == source_digest(made("def f(x): return x + 1"))
    assert source_digest(made("def f(x): return x + 1")) != source_digest(made("def f(x): return x * 1"))
    assert source_digest(made("def f(x): return x + 1")) != source_digest(made("def f(x): return x + 2"))


def test_same_in_another_process():
    code = (
        "import json; from privnb.subject import EstimatorTrainer;"
        "print(json.dumps(EstimatorTrainer('sklearn.tree.DecisionTreeClassifier', {'max_depth': 3}).identity))"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(runs) == 1
