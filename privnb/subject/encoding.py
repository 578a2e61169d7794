"""A table of mixed columns as one dense matrix, by the data dictionary, for an estimator that takes numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from privnb.errors import ModelError
from privnb.subject.dictionary import Dictionary

VERSION = 1  # goes into trainers' identities; rises when the same table gives another matrix
_SECONDS_PER_DAY = 86_400.0


class TableEncoder(TransformerMixin, BaseEstimator):
    """Encodes the columns that `columns` names, learning from the training rows medians and scales alone.

    Numbers, booleans and dates (as days): a missing or infinite value becomes the median of the training rows, then
    the column is centred and scaled to unit variance; where values can be missing (declared, or seen in training) an
    indicator column stands beside. Categories: one column for each DECLARED category and one for missing, whether or
    not training rows have them, so a model's shape depends on public knowledge alone; a value that is no category is
    all zeros.

    `columns` maps each name to `{"kind": "number" | "date" | "category", "categories": [...], "missing": bool}`, plain
    data as `encoding_plan` makes it. A ColumnTransformer of scikit-learn's own imputer, scaler and one-hot encoder
    gives the same matrix in 80 ms instead of 16 ms for 17,094 rows of Adult. The matrix is float64, because linear
    models answer in the precision of their features: in float32, 84 of these rows get a probability of exactly 1,
    and attacks need its logit.
    """

    def __init__(self, columns: Mapping[str, Mapping] | None = None):
        self.columns = columns

    def fit(self, X: pd.DataFrame, y=None) -> "TableEncoder":
        """Learns medians, means and scales from `X` (n x columns); ModelError when a column is missing from it."""
        self.medians_, self.means_, self.scales_, self.indicators_ = {}, {}, {}, []
        for name, plan in self.columns.items():
            if plan["kind"] == "category":
                continue
            values = _numbers(self._column(X, name), plan["kind"])
            unknown = np.isnan(values)
            median = float(np.median(values[~unknown])) if not unknown.all() else 0.0
            filled = np.where(unknown, median, values)
            scale = float(filled.std())
            self.medians_[name], self.means_[name] = median, float(filled.mean())
            self.scales_[name] = scale if scale > 0 else 1.0
            if plan["missing"] or unknown.any():
                self.indicators_.append(name)
        self.n_features_out_ = len(self.get_feature_names_out())
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """The matrix (n x `n_features_out_`, float64), columns as `get_feature_names_out` names them."""
        encoded = np.zeros((len(X), self.n_features_out_), dtype=np.float64)
        row, at = np.arange(len(X)), 0
        for name, plan in self.columns.items():
            values = self._column(X, name)
            if plan["kind"] == "category":
                width = len(plan["categories"]) + 1
                code = _category_codes(values, plan["categories"])
                known = code >= 0
                encoded[row[known], at + code[known]] = 1.0
                at += width
                continue
            numbers = _numbers(values, plan["kind"])
            unknown = np.isnan(numbers)
            numbers = np.where(unknown, self.medians_[name], numbers)
            encoded[:, at] = (numbers - self.means_[name]) / self.scales_[name]
            at += 1
            if name in self.indicators_:
                encoded[:, at] = unknown
                at += 1
        return encoded

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Names of the matrix's columns: `age`, `age (missing)`, `sex=Female`, ..., `sex (missing)`."""
        names: list[str] = []
        for name, plan in self.columns.items():
            if plan["kind"] == "category":
                names += [f"{name}={value}" for value in plan["categories"]]
            else:
                names.append(name)
            if plan["kind"] == "category" or name in self.indicators_:
                names.append(f"{name} (missing)")
        return np.array(names, dtype=object)

    @staticmethod
    def _column(X: pd.DataFrame, name: str) -> pd.Series:
        try:
            return X[name]
        except KeyError:
            raise ModelError(f"the model was trained with the column {name!r}, which these rows do not have") from None


def encoding_plan(schema: Dictionary, names) -> dict[str, dict]:
    """How `TableEncoder` treats each named column; ModelError for a text column, which has no known set of values."""
    kinds = {"integer": "number", "number": "number", "boolean": "number", "date": "date"}
    plan = {}
    for name in names:
        column = schema[name]
        if column.type == "text":
            raise ModelError(
                f"column {name!r} is free text or has too many distinct values to be a feature; list it under "
                "identifiers, declare its categories in a data dictionary, or use a factory that encodes it"
            )
        kind = kinds.get(column.type, "category")
        categories = list(column.categories) if kind == "category" else []
        plan[name] = {"kind": kind, "categories": categories, "missing": bool(column.missing)}
    return plan


def needs_encoding(schema: Dictionary, names) -> bool:
    """Whether an estimator that takes numbers alone cannot take these columns as they are."""
    return any(schema[name].missing or schema[name].type not in ("integer", "number", "boolean") for name in names)


def _numbers(values: pd.Series, kind: str) -> np.ndarray:
    if kind == "date":
        moments = pd.to_datetime(values, errors="coerce", utc=True)
        return (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy() / _SECONDS_PER_DAY
    plain = values.dtype.kind in "iufb"
    numbers = (values if plain else pd.to_numeric(values, errors="coerce")).to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _category_codes(values: pd.Series, categories: list) -> np.ndarray:
    """Position in `categories` of each value; the number of categories for a missing one, -1 for an unknown one."""
    codes = pd.Index(categories).get_indexer(values)
    codes[values.isna().to_numpy()] = len(categories)
    return codes
