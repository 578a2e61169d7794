"""The values that a hidden column could have, as an attacker thinks of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from privnb.errors import NotApplicable
from privnb.subject.dictionary import Column
from privnb.subject.rows import Rows

MOST_DISTINCT = 10  # a number with more distinct values than that is guessed as a number
MOST_CATEGORIES = 60
LEAST_KNOWN = 6  # rows that must hold a value for the attacker to think of it


@dataclass(frozen=True)
class Candidates:
    """The values (K) that the attacker considers, and their shares (K) among the rows it knows, which sum to 1.

    A numeric column's values are quantiles of those rows; guesses may lie between them.
    """

    values: np.ndarray
    prior: np.ndarray
    numeric: bool

    def code(self, column: pd.Series) -> np.ndarray:
        """Which candidate each value is (n), the nearest for a number; -1 for a missing or an unknown one."""
        if not self.numeric:
            return pd.Index(self.values).get_indexer(column)
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
        middle = (self.values[1:] + self.values[:-1]) / 2
        return np.where(np.isfinite(numbers), np.searchsorted(middle, numbers), -1)


def column_of(rows: Rows, name: str) -> pd.Series:
    """A column that the model sees, or one that stands beside; NotApplicable where there is none of that name."""
    if name in rows.X.columns:
        return rows.X[name]
    if name in rows.context.columns:
        return rows.context[name]
    raise NotApplicable(f"there is no column {name!r} among the features or beside them")


def candidates_of(known: pd.Series, column: Column | None, grid: int = 15) -> Candidates:
    """The values an attacker who knows `known` thinks of: categories, few numbers as they are, or `grid` quantiles.

    Values of fewer than 6 known rows are left out, and of categories all but the 60 most frequent. Raises
    NotApplicable for free text, dates, and a column with a single value.
    """
    known = known.dropna()
    type = column.type if column else ("number" if pd.api.types.is_numeric_dtype(known) else "categorical")
    if type in ("text", "date"):
        raise NotApplicable(f"the column is {'free text' if type == 'text' else 'a date'}, which is not guessed")
    counts = known.value_counts()
    if type in ("integer", "number") and len(counts) > MOST_DISTINCT:
        numbers = np.sort(known.to_numpy(float))
        places = (np.arange(grid) + 0.5) / grid
        values = np.unique(np.quantile(numbers, places, method="inverted_cdf"))
        if len(values) > 1:
            found = Candidates(values, np.ones(len(values)), True)
            share = np.bincount(found.code(pd.Series(numbers)), minlength=len(values)) / len(numbers)
            return Candidates(values, share, True)
    counts = counts[counts >= LEAST_KNOWN].iloc[:MOST_CATEGORIES]
    declared = list(column.categories) if column and column.categories else []
    order = [value for value in declared if value in counts.index]
    order += sorted((value for value in counts.index if value not in set(order)), key=lambda v: (str(v.__class__), v))
    if len(order) < 2:
        raise NotApplicable("fewer than two of its values are common enough among the rows that the attacker knows")
    values = np.empty(len(order), dtype=object)
    values[:] = order
    share = counts.loc[order].to_numpy(float)
    return Candidates(values, share / share.sum(), False)
