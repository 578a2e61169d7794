"""What can be asked of a model: the values each column can take, as points of a unit box, and as rows of the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from privnb.attacks.encoded import Opened, stored_means
from privnb.errors import DataError, ModelError, NotApplicable


@dataclass(frozen=True)
class Questionnaire:
    """Columns in the model's order: a number with its limits, or the list of a column's values.

    A point `u` (q) has one entry in [0, 1] for a number, and one for each value of a category, which sum to 1.
    `as_frame` says whether rows are a data frame or a plain array.
    """

    limits: Mapping[Any, tuple[float, float] | list]
    as_frame: bool
    assumed: str

    @property
    def blocks(self) -> list[tuple[Any, slice, bool]]:
        """Column, its entries in a point, and whether it is a number."""
        found, at = [], 0
        for name, values in self.limits.items():
            width = len(values) if isinstance(values, list) else 1
            found.append((name, slice(at, at + width), not isinstance(values, list)))
            at += width
        return found

    @property
    def size(self) -> int:
        """Entries of a point (q)."""
        return sum(len(values) if isinstance(values, list) else 1 for values in self.limits.values())

    def rows(self, points: np.ndarray) -> pd.DataFrame | np.ndarray:
        """Points (m x q) as rows of the table (m x d); a category is its largest entry."""
        columns = {}
        for name, place, number in self.blocks:
            values = self.limits[name]
            if number:
                columns[name] = values[0] + points[:, place.start] * (values[1] - values[0])
            else:
                chosen = np.argmax(points[:, place], axis=1)
                columns[name] = pd.Series(values).take(chosen).to_numpy()
        if self.as_frame:
            return pd.DataFrame(columns)
        return np.column_stack(list(columns.values())).astype(np.float64)

    def points(self, rows: pd.DataFrame) -> np.ndarray:
        """Rows of the table as points; what is missing or beyond the limits becomes the middle or the nearest value."""
        found = np.zeros((len(rows), self.size))
        for name, place, number in self.blocks:
            values = self.limits[name]
            if number:
                low, high = values
                unit = (rows[name].to_numpy(np.float64, na_value=np.nan) - low) / (high - low)
                found[:, place.start] = np.where(np.isnan(unit), 0.5, np.clip(unit, 0, 1))
            else:
                code = pd.Index(values).get_indexer(rows[name])
                found[np.flatnonzero(code >= 0), place.start + code[code >= 0]] = 1.0
                found[code < 0, place] = 1 / len(values)
        return found

    def middle(self) -> np.ndarray:
        """The point of somebody who knows nothing: the middle of every number, all values of a category alike."""
        point = np.full(self.size, 0.5)
        for _, place, number in self.blocks:
            if not number:
                point[place] = 1 / (place.stop - place.start)
        return point

    @property
    def has_categories(self) -> bool:
        """Whether some column is no number."""
        return any(isinstance(values, list) for values in self.limits.values())

    def settled(self, points: np.ndarray) -> np.ndarray:
        """The points that rows of the table stand for: each category wholly its largest entry."""
        points = points.copy()
        for _, place, number in self.blocks:
            if not number:
                points[:, place] = np.eye(place.stop - place.start)[np.argmax(points[:, place], axis=1)]
        return points

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points moved to where they can be asked: numbers into [0, 1], categories onto shares."""
        points = np.clip(points, 0.0, 1.0)
        for _, place, number in self.blocks:
            if not number:
                shares = points[:, place] + 1e-12
                points[:, place] = shares / shares.sum(axis=1, keepdims=True)
        return points


def questionnaire(opened: Opened, reference: pd.DataFrame | None, bounds: Any, array: bool) -> Questionnaire:
    """The columns and limits of a model, from `bounds`, the reference rows, or what the model itself keeps.

    `bounds` is (low, high) for all columns, a d x 2 array, or a mapping from column to (low, high) or to the list of
    its values. Raises DataError when it does not fit.
    """
    names = _column_names(opened, reference)
    given = _given(bounds, names)
    limits: dict[Any, Any] = {}
    assumed = "declared" if given and len(given) == len(names) else ""
    hints = {} if assumed else _hints(opened, names)
    for name in names:
        if name in given:
            limits[name] = given[name]
        elif reference is not None:
            limits[name] = _of_reference(reference[name])
            assumed = assumed or "the range of the reference rows"
        elif name in hints:
            limits[name] = hints[name]
            assumed = assumed or "what the model's preprocessing keeps"
        else:
            limits[name] = (0.0, 1.0)
            assumed = assumed or "0 to 1, an assumption"
        if isinstance(limits[name], tuple) and not limits[name][0] < limits[name][1]:
            limits[name] = (limits[name][0], limits[name][0] + 1.0)
    return Questionnaire(limits, not array, assumed or "declared")


def affine(opened: Opened, asked: Questionnaire, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The preprocessing as an affine map: core's input = offset (p) + point (q) @ matrix (q x p); None if it is none.

    Read off from q + 1 rows and checked on 20 random ones.
    """
    base = np.zeros(asked.size)
    for _, place, number in asked.blocks:
        if not number:
            base[place.start] = 1.0
    probes = np.tile(base, (asked.size + 1, 1))
    for _, place, number in asked.blocks:
        for entry in range(place.start, place.stop):
            if not number:
                probes[entry + 1, place] = 0.0
            probes[entry + 1, entry] = 1.0
    random = np.random.default_rng(seed)
    mixed = asked.settled(random.random((20, asked.size)))
    try:
        encoded, checked = opened.encode(asked.rows(probes)), opened.encode(asked.rows(mixed))
    except (ValueError, TypeError, ModelError):
        return None  # a step that refuses these rows: the model is asked as a whole
    offset, matrix = encoded[0], encoded[1:] - encoded[0]
    size = max(float(np.abs(checked).max()), 1.0)
    return (offset, matrix) if np.allclose(offset + mixed @ matrix, checked, rtol=0, atol=1e-7 * size) else None


def _column_names(opened: Opened, reference: pd.DataFrame | None) -> list:
    if reference is not None:
        return list(reference.columns)
    first = opened.steps[0] if opened.steps else opened.core
    for holder in (opened.model, first):
        if (names := getattr(holder, "feature_names_in_", None)) is not None:
            return list(names)
    if isinstance(getattr(first, "columns", None), Mapping):
        return list(first.columns)
    width = getattr(opened.model, "n_features_in_", getattr(first, "n_features_in_", None))
    if width is None:
        raise NotApplicable("the model does not say how many columns it takes; give reference rows")
    return list(range(int(width)))


def _given(bounds: Any, names: Sequence) -> dict:
    if bounds is None:
        return {}
    if isinstance(bounds, Mapping):
        return {
            name: list(values) if len(values) != 2 or isinstance(values, list) else tuple(map(float, values))
            for name, values in bounds.items()
        }
    table = np.asarray(bounds, dtype=np.float64)
    if table.shape == (2,):
        table = np.tile(table, (len(names), 1))
    if table.shape != (len(names), 2):
        raise DataError(
            f"bounds have shape {table.shape}; give (low, high), or one pair for each of {len(names)} columns"
        )
    return {name: (float(low), float(high)) for name, (low, high) in zip(names, table)}


def _of_reference(values: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        known = values.to_numpy(np.float64, na_value=np.nan)
        known = known[np.isfinite(known)]
        return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    found = values.dropna().unique().tolist()
    if pd.api.types.is_datetime64_any_dtype(values):
        found = sorted(found)[len(found) // 2 : len(found) // 2 + 1]
    return sorted(found, key=str) or [None]


def _hints(opened: Opened, names: Sequence) -> dict:
    """Mean plus and minus three SDs, or the categories, that the first step keeps of its training rows."""
    found: dict[Any, Any] = {}
    first = opened.steps[0] if opened.steps else None
    for name, plan in (getattr(first, "columns", None) or {}).items() if hasattr(first, "indicators_") else ():
        if plan["kind"] == "category":
            found[name] = list(plan["categories"])
    kept = stored_means(opened.steps)
    if kept is not None:
        for place, mean, variance in zip(*kept):
            name = place if place in names else names[int(place)]
            found[name] = (float(mean - 3 * np.sqrt(variance)), float(mean + 3 * np.sqrt(variance)))
    low, high = getattr(first, "data_min_", None), getattr(first, "data_max_", None)
    if low is not None and high is not None:
        found |= {name: (float(a), float(b)) for name, a, b in zip(names, low, high)}
    return found
