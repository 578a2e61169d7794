"""What all sections share: a line of figures, the tables under attack, the models, and a stop watch."""

import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from privnb.subject.datasets import load_builtin
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.units import derive_seed

TARGETS = {
    "digits": ("digits", RandomForestClassifier(100)),
    "adult": ("adult", RandomForestClassifier(100, min_samples_leaf=5)),
    "cancer": ("breast_cancer", RandomForestClassifier(100)),
    "mlp": ("adult", MLPClassifier((64,), max_iter=100, alpha=0)),
}
SEEDS = functools.partial(derive_seed, 1)


class Line(NamedTuple):
    """One figure of one section; `art` is None where ART has none or is not installed."""

    figure: str
    asked: str
    ours: float
    art: float | None = None
    ratio: float | None = None


@functools.cache
def table_of(name: str) -> Rows:
    """The table of a target: standardised, shuffled, an even number of rows; of Adult 4,000 training rows, one-hot."""
    frame, _ = load_builtin(name)
    target = {"adult": "income"}.get(name, frame.columns[-1])
    if name == "adult":
        frame = frame.iloc[:32_561].drop_duplicates().drop(columns=["fnlwgt", "education"]).sample(4000, random_state=0)
    y = frame.pop(target).to_numpy()
    X = pd.get_dummies(frame.fillna("?") if name == "adult" else frame).to_numpy(dtype=float)
    X = StandardScaler().fit_transform(X[:, X.std(axis=0) > 0])
    order = np.random.default_rng(7).permutation(len(X))[: len(X) // 2 * 2]
    X = pd.DataFrame(X[order], columns=[f"x{i}" for i in range(X.shape[1])])
    return Rows(X, y[order], pd.DataFrame(index=X.index), infer(X))


def halves(rows: Rows) -> tuple[Rows, Rows]:
    """The first and the second half of a table."""
    half = len(rows) // 2
    return rows.take(np.arange(half)), rows.take(np.arange(half, len(rows)))


def spent(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that `work` takes."""
    started = clock()
    work()
    return clock() - started
