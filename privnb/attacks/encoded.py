"""What stands in front of an estimator: the table's rows into its input space, and points of that space back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from privnb.errors import NotApplicable
from privnb.subject.encoding import TableEncoder
from privnb.subject.fitted import SklearnModel


@dataclass(frozen=True)
class Opened:
    """A fitted model taken apart: `steps` are the fitted transformers in front, `core` is the estimator behind them."""

    model: Any
    steps: tuple
    core: Any

    def encode(self, X: pd.DataFrame) -> np.ndarray:
        """Rows of the table (n x d) as the core sees them (n x p, float64)."""
        table = _table(self.model, self.steps, X)
        for step in self.steps:
            table = step.transform(table)
        if hasattr(table, "toarray"):
            table = table.toarray()
        return np.asarray(table, dtype=np.float64)

    def decode(self, Z: np.ndarray, columns: Sequence) -> pd.DataFrame:
        """Points of the core's input space (m x p) as rows of the table with these columns (m x d).

        NaN where a column never reaches the core. Raises NotApplicable when a step cannot be inverted.
        """
        values: Any = np.asarray(Z, dtype=np.float64)
        for step in reversed(self.steps):
            values = _back(step, values)
        if not isinstance(values, pd.DataFrame):
            values = pd.DataFrame(np.asarray(values), columns=_names(self.steps, np.shape(values)[1]) or list(columns))
        if not set(values.columns) & set(columns) and len(values.columns) == len(columns):
            values.columns = list(columns)
        return values.reindex(columns=list(columns))

    def numeric(self) -> bool:
        """Whether the way back is known for every point without knowing the table's columns: no steps at all."""
        return not self.steps


def open_model(model: Any) -> Opened:
    """A model or fitted estimator taken apart; one that is no scikit-learn pipeline is its own core."""
    estimator = model.estimator if isinstance(model, SklearnModel) else model
    if isinstance(estimator, Pipeline):
        steps = tuple(step for _, step in estimator.steps[:-1] if step is not None and step != "passthrough")
        return Opened(estimator, steps, estimator.steps[-1][1])
    return Opened(estimator, (), estimator)


def as_model(given: Any) -> Any:
    """A Model from a Model or a fitted estimator."""
    return given if hasattr(given, "classes") and hasattr(given, "predict") else SklearnModel(given)


def stored_means(steps: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Columns, means and variances over the training rows that the first step keeps of what it was fitted on.

    Columns are names (TableEncoder) or places (StandardScaler). None where the first step keeps none.
    """
    first = steps[0] if steps else None
    if isinstance(first, TableEncoder) and first.means_:
        names = np.array(list(first.means_), dtype=object)
        return names, np.array(list(first.means_.values())), np.array(list(first.scales_.values())) ** 2
    if first is not None and getattr(first, "mean_", None) is not None and getattr(first, "var_", None) is not None:
        return np.arange(len(first.mean_)), np.asarray(first.mean_), np.asarray(first.var_)
    return None


def _table(estimator: Any, steps: Sequence, X: Any) -> Any:
    if not isinstance(X, pd.DataFrame) or (steps and isinstance(steps[0], TableEncoder)):
        return X
    names = getattr(estimator, "feature_names_in_", None)
    return X.to_numpy() if names is None else X[list(names)]


def _names(steps: Sequence, width: int) -> list | None:
    names = getattr(steps[0], "feature_names_in_", None) if steps else None
    return list(names) if names is not None and len(names) == width else None


def _back(step: Any, Z: Any) -> Any:
    """One step undone."""
    if isinstance(step, TableEncoder):
        return _table_back(step, np.asarray(Z))
    if isinstance(step, ColumnTransformer):
        return _blocks_back(step, np.asarray(Z))
    if isinstance(step, Pipeline):
        for inner in reversed([each for _, each in step.steps if each is not None and each != "passthrough"]):
            Z = _back(inner, Z)
        return Z
    if isinstance(step, SimpleImputer) and step.n_features_in_ == np.shape(Z)[1]:
        return Z
    if isinstance(step, SelectorMixin):
        kept = step.get_support()
        full = np.full((len(Z), len(kept)), np.nan)
        full[:, kept] = np.asarray(Z)
        return full
    if not hasattr(step, "inverse_transform"):
        raise NotApplicable(f"the preprocessing step {type(step).__name__} cannot be undone, so no record comes back")
    return step.inverse_transform(np.asarray(Z))


def _table_back(encoder: TableEncoder, Z: np.ndarray) -> pd.DataFrame:
    columns, at = {}, 0
    for name, plan in encoder.columns.items():
        if plan["kind"] == "category":
            width = len(plan["categories"]) + 1
            values = np.array([*plan["categories"], None], dtype=object)
            columns[name] = values[np.argmax(Z[:, at : at + width], axis=1)]
            at += width
            continue
        numbers = Z[:, at] * encoder.scales_[name] + encoder.means_[name]
        at += 1
        if name in encoder.indicators_:
            numbers = np.where(Z[:, at] > 0.5, np.nan, numbers)
            at += 1
        columns[name] = pd.to_datetime(numbers, unit="D", utc=True) if plan["kind"] == "date" else numbers
    return pd.DataFrame(columns)


def _blocks_back(step: ColumnTransformer, Z: np.ndarray) -> pd.DataFrame:
    names = list(getattr(step, "feature_names_in_", range(step.n_features_in_)))
    found: dict[Any, np.ndarray] = {}
    for label, transformer, chosen in step.transformers_:
        if transformer == "drop":
            continue
        block = Z[:, step.output_indices_[label]]
        chosen = _chosen(chosen, names)
        plain = isinstance(transformer, str) or getattr(transformer, "func", 0) is None  # passthrough
        values = block if plain else np.asarray(_back(transformer, block))
        if values.shape[1] != len(chosen):
            raise NotApplicable(f"the preprocessing step {label} cannot be undone, so no record comes back")
        found |= {name: values[:, place] for place, name in enumerate(chosen)}
    return pd.DataFrame({name: found[name] for name in names if name in found}, index=range(len(Z)))


def _chosen(chosen: Any, names: list) -> list:
    """The names that a ColumnTransformer's entry selects, as places, names, a mask or a slice."""
    if isinstance(chosen, slice):
        return names[chosen]
    chosen = [chosen] if isinstance(chosen, str | int) else list(chosen)
    if chosen and isinstance(chosen[0], bool | np.bool_):
        return [name for name, kept in zip(names, chosen) if kept]
    return [name if name in names else names[name] for name in chosen]
