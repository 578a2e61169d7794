"""Records with one column changed, and how far a model's answers move when it is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from privnb.errors import ModelError
from privnb.subject.contract import Model
from privnb.subject.dictionary import Column
from privnb.subject.rows import Rows

_DAY = pd.Timedelta(days=1)
NUMERIC = ("integer", "number", "date")


@dataclass(frozen=True)
class Change:
    """A column with other values: `values` (n) in the place of the old, `changed` (n bools) where they differ."""

    values: pd.Series
    changed: np.ndarray


def scale_of(rows: Rows, name: str) -> float:
    """Standard deviation of a numeric column's known values over `rows` (of a date in days); 0 without two values."""
    values = _plain_numbers(rows.X[name], rows.schema[name])
    known = values[np.isfinite(values)]
    return float(known.std()) if len(known) else 0.0


def nudge(rows: Rows, name: str, step: float, seed: int) -> Change:
    """The numeric column moved by `step` (days for a date), up or down at random for each person.

    Where that would leave the declared bounds it moves the other way, and by less where both ways leave them. Whole
    numbers move by a whole number, 1 at least. Missing values stay.
    """
    column, old = rows.schema[name], rows.X[name]
    values = _plain_numbers(old, column)
    step = max(1.0, round(step)) if column.type == "integer" else step
    sign = np.where(_drawn(rows, seed) < 0.5, -1.0, 1.0)
    if column.bounds:
        low, high = column.bounds
        sign = np.where(values + sign * step > high, -1.0, np.where(values + sign * step < low, 1.0, sign))
        moved = np.clip(values + sign * step, min(low, np.nanmin(values)), max(high, np.nanmax(values)))
    else:
        moved = values + sign * step
    changed = np.isfinite(values) & (moved != values)
    if column.type == "date":
        shifted = pd.to_datetime(old) + pd.to_timedelta(np.where(changed, moved - values, 0.0), unit="D").round("s")
        return Change(shifted, changed)
    whole = column.type == "integer" and old.dtype.kind in "iu"
    return Change(pd.Series(moved.astype(old.dtype) if whole else moved, index=old.index, name=name), changed)


def other_category(rows: Rows, name: str, seed: int) -> Change:
    """Each row's category replaced by another declared one, all equally likely; missing values get one too.

    All rows of a person are moved by the same number of categories.
    """
    categories = list(rows.schema[name].categories or ())
    if len(categories) < 2:
        raise ModelError(f"column {name!r} has fewer than two declared categories, so none to change to")
    old = rows.X[name]
    code = pd.Index(categories).get_indexer(old)
    drawn = _drawn(rows, seed)
    step = 1 + (drawn * (len(categories) - 1)).astype(int)
    new = np.where(code >= 0, (code + step) % len(categories), (drawn * len(categories)).astype(int))
    return Change(_like(np.array(categories, object)[new], old), np.ones(len(old), bool))


def set_to(rows: Rows, name: str, value: object) -> Change:
    """The column set to one value for everybody; `changed` says where it was another."""
    old = rows.X[name]
    return Change(_like(np.full(len(old), value, dtype=object), old), (old != value).to_numpy(bool, na_value=True))


def replaced(rows: Rows, name: str, values: pd.Series) -> pd.DataFrame:
    """The features with one column replaced, the others and their order as they are."""
    return rows.X.assign(**{name: values})[list(rows.X.columns)]


def answers(model: Model, X: pd.DataFrame) -> np.ndarray:
    """What the model says (n x k): class probabilities, or 0 and 1 where it gives labels only, or values (k = 1)."""
    if model.classes is None:
        return np.asarray(model.predict(X), float).reshape(len(X), -1)[:, :1]
    try:
        return np.asarray(model.predict_proba(X), float)
    except ModelError:
        return (np.asarray(model.predict(X))[:, None] == np.asarray(model.classes)[None, :]).astype(float)


def movement(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far each answer moved (n): total variation of probabilities, 0 to 1; absolute change of a value."""
    if before.shape[1] == 1:
        return np.abs(after - before)[:, 0]
    return 0.5 * np.abs(after - before).sum(axis=1)


def _drawn(rows: Rows, seed: int) -> np.ndarray:
    """A number between 0 and 1 for each row (n), the same for all rows of a person: copies of people change nothing."""
    people, person = np.unique(rows.persons, return_inverse=True)
    return np.random.default_rng(seed).random(len(people))[person]


def _plain_numbers(values: pd.Series, column: Column) -> np.ndarray:
    if column.type == "date":
        return ((pd.to_datetime(values) - pd.Timestamp(0)) / _DAY).to_numpy(float)
    return pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)


def _like(values: np.ndarray, old: pd.Series) -> pd.Series:
    """The values as a column of the old one's kind; as they are where that kind cannot hold them."""
    made = pd.Series(values, index=old.index, name=old.name, dtype=object)
    try:
        return made.astype(old.dtype)
    except (TypeError, ValueError):
        return made
