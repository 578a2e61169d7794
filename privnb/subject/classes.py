"""Equivalence classes: rows that agree in all quasi-identifiers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from privnb.subject.rows import Rows


def equivalence_classes(rows: Rows, names: Sequence[str]) -> np.ndarray:
    """Sizes of the classes (classes,), largest last; a missing value is a value of its own.

    `names` are columns of X or of the context. The sizes sum to the number of rows.
    """
    code = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        column = rows.X[name] if name in rows.X else rows.context[name]
        values, _ = pd.factorize(column, use_na_sentinel=False)
        _, code = np.unique(code * (values.max() + 1) + values, return_inverse=True)
    return np.sort(np.bincount(code))
