"""What the attack tests share: rows of plain arrays and a trainer that remembers what it saw."""

import numpy as np
import pandas as pd

from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer
from privnb.units import derive_seed


def rows_of(X, y, persons=None, start=0) -> Rows:
    """Rows of plain arrays; `start` is the position of the first in an imagined table."""
    X = pd.DataFrame(np.asarray(X, dtype=float), columns=[f"x{i}" for i in range(np.shape(X)[1])])
    context = pd.DataFrame(index=X.index) if persons is None else pd.DataFrame({"person": np.asarray(persons)})
    return Rows(X, np.asarray(y), context, infer(X), np.arange(start, start + len(X)))


def parts_of(X, y, *sizes, persons=None, seed=0):
    """Disjoint parts of a shuffled table, with the given numbers of rows."""
    order = np.random.default_rng(seed).permutation(len(X))
    parts, start = [], 0
    for size in sizes:
        index = order[start : start + size]
        parts.append(rows_of(X[index], y[index], None if persons is None else persons[index], start))
        start += size
    return parts


class Spy:
    """A trainer that remembers the positions of the rows of every fit."""

    def __init__(self, estimator):
        self.inner = as_trainer(estimator)
        self.task, self.label, self.identity = self.inner.task, self.inner.label, self.inner.identity
        self.seen, self.seeds = [], []

    def fit(self, rows, seed):
        self.seen.append(rows.position.copy())
        self.seeds.append(seed)
        return self.inner.fit(rows, seed)


def seed(*path):
    """Seeds as a stage gives them."""
    return derive_seed(7, *path)
