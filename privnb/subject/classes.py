"""Equivalence classes: people who agree in all quasi-identifiers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from privnb.subject.rows import Rows


def people_alike(rows: Rows, names: Sequence[str]) -> tuple[np.ndarray, int]:
    """For each row (n), how many different people share its values of `names`; and the number of classes.

    `names` are columns of X or of the context; a missing value is a value of its own. Several rows of one person are
    one person: they hide nobody.
    """
    code = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        column = rows.X[name] if name in rows.X else rows.context[name]
        values, _ = pd.factorize(column, use_na_sentinel=False)
        _, code = np.unique(code * (values.max() + 1) + values, return_inverse=True)
    pairs = np.unique(np.stack([code, np.unique(rows.persons, return_inverse=True)[1]]), axis=1)
    people = np.bincount(pairs[0])
    return people[code], len(people)
