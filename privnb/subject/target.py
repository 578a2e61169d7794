"""The target column as an array that fits the task, or a plain sentence on why it does not."""

import numpy as np
import pandas as pd

from privnb.errors import DataError


def target_values(values: pd.Series, name: str, task: str) -> np.ndarray:
    """The target (n): labels as whole numbers, booleans or fixed-width text for classification, float64 for regression.

    Raises DataError when it has missing values, one value alone, text where a regressor needs numbers, fractions
    where a classifier needs classes, or too many classes for the rows (more than half as many; for
    numbers more than 30 and a tenth).
    """
    absent = int(values.isna().sum())
    if absent:
        raise DataError(f"data.target: column {name!r} is empty in {absent} rows; fill it or remove these rows")
    if values.nunique() < 2:
        raise DataError(f"data.target: column {name!r} has the same value in every row, so there is nothing to predict")
    if task == "regression":
        return _numbers(values, name)
    labels = _labels(values, name)
    finest = max(30, len(values) / 10) if pd.api.types.is_numeric_dtype(values.dtype) else len(values) / 2
    if values.nunique() > finest:
        raise DataError(
            f"data.target: column {name!r} has {values.nunique()} classes in {len(values)} rows, more than a "
            "classifier can learn; name another column or use a regressor"
        )
    return labels


def check_known_classes(y: np.ndarray, classes: np.ndarray | None) -> None:
    """Raises DataError when labels occur that a fitted model does not know."""
    if classes is None:
        return
    known = {_label_key(label) for label in classes.tolist()}
    unknown = [label for label in np.unique(y).tolist() if _label_key(label) not in known]
    if unknown:
        raise DataError(
            f"data.target holds {', '.join(map(repr, unknown[:5]))}, but the model file knows the classes "
            f"{', '.join(repr(label) for label in classes.tolist()[:10])}; recode the target as it was for training"
        )


def _label_key(label) -> tuple:
    return (isinstance(label, str), label)


def _numbers(values: pd.Series, name: str) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    wrong = int((~np.isfinite(numbers)).sum())
    if wrong:
        raise DataError(
            f"data.target: column {name!r} holds text or infinite values in {wrong} rows, but the estimator predicts a "
            "number; use a classifier or correct the data"
        )
    return numbers


def _labels(values: pd.Series, name: str) -> np.ndarray:
    kinds = pd.api.types
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if kinds.is_bool_dtype(values.dtype):
        return values.to_numpy(bool)
    if kinds.is_integer_dtype(values.dtype):
        return values.to_numpy(np.int64)
    if kinds.is_float_dtype(values.dtype):
        numbers = values.to_numpy(np.float64)
        if (numbers % 1 != 0).any():
            raise DataError(
                f"data.target: column {name!r} holds {values.nunique()} distinct numbers with fractions, but the "
                "estimator predicts classes; use a regressor or a target with classes"
            )
        return numbers.astype(np.int64)
    return values.astype(str).to_numpy(np.str_)
