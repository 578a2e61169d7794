"""Database reconstruction: the training row that an adversary lacks who knows all others and holds the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.closed_forms import Solved, closed_form, label_given
from privnb.attacks.encoded import Opened, open_model
from privnb.attacks.numeric import MOST_ROWS, label_of, search_record
from privnb.attacks.stored import kept_row, leaf_counts, preprocessing_means
from privnb.errors import DataError, NotApplicable

# A feature is claimed when its error bound is below this share of the known rows' standard deviation.
CLAIM = 0.01


@dataclass(frozen=True)
class Reconstruction:
    """The missing record.

    `x` (d; a Series when the rows are a data frame) and label `y` are the best guess; `error_bound` is the largest
    error of any number in `x` in its own unit (infinite: a feature has no bound), `bounds` (d) the same by feature,
    0 for a category that is certain. `recovered` (d) marks features whose bound is below 1 % of their standard
    deviation among the known rows, or whose category is certain; `claimed` that all are, and the label too.
    `prior_x`, `prior_y` are the guess without the model: mean or most frequent value of the known rows; `guess` is `x`
    with the prior in place of every feature whose bound leaves more than a standard deviation open. `condition`
    says by how much the equations amplify an error in the parameters; `reason` why there is no claim.
    """

    x: Any
    y: Any
    error_bound: float
    claimed: bool
    method: str
    bounds: np.ndarray
    recovered: np.ndarray
    label_recovered: bool
    condition: float
    reason: str
    prior_x: Any
    prior_y: Any
    guess: Any


def reconstruct_record(
    model: Any, X_known: ArrayLike | pd.DataFrame, y_known: ArrayLike, *, refits: int = 200, seed: int = 0
) -> Reconstruction:
    """The one training row that is not among `X_known` (n - 1 x d), `y_known`, from the parameters of a fitted model.

    Closed forms for GaussianNB, linear and quadratic discriminant analysis, LinearRegression, Ridge and
    LogisticRegression (Balle, Cherubin & Hayes 2022, arXiv 2201.04845); stored rows of neighbours and kernel machines;
    leaf counts of trees and of forests without bootstrap; means that a scaler in front keeps, which give the numbers
    away whatever the model is; for anything else that can be refitted, with at most 500 known rows, a search with
    `refits` refits. Preprocessing in front is undone. Raises NotApplicable where none of these has a meaning,
    DataError for rows that don't fit.
    """
    frame = isinstance(X_known, pd.DataFrame)
    given = X_known if frame else np.asarray(X_known)
    y = np.asarray(y_known).ravel()
    if given.ndim != 2 or len(given) != len(y) or len(y) < 2:
        raise DataError(
            f"the known rows have shape {given.shape} and {len(y)} labels; give at least two rows with one label each"
        )
    opened = open_model(model)
    _check_labels(opened.core, y)
    single = not frame and given.dtype == np.float32
    table = given if frame else given.astype(np.float64, copy=False)
    columns = list(given.columns) if frame else list(range(given.shape[1]))
    Z = opened.encode(table)
    kept = preprocessing_means(opened.steps, table)
    solved, why = _solve(opened, Z, y, 0 if _whole(kept, columns) else refits, seed)
    known = table if frame else pd.DataFrame(table, columns=columns)
    numeric = np.array([pd.api.types.is_numeric_dtype(kind) for kind in known.dtypes]) if frame else None
    prior = _prior(known, numeric) if frame else table.mean(axis=0)
    spread = _spread(known, numeric) if frame else table.std(axis=0)
    if solved is None:
        x, bounds = np.array(prior, dtype=object if frame else float), np.full(len(columns), np.inf)
    else:
        x, bounds = _in_the_table(opened, solved, Z, known, columns, frame)
    method = solved.method if solved else ""
    if kept is not None and len(kept[0]):
        x, bounds, better = _with_means(x, bounds, kept, columns)
        method = method if not better else f"{method} and stored means" if method else "stored means"
    if solved is None and not np.isfinite(bounds).any():
        raise NotApplicable(why)
    bounds = bounds * (2.0**29 if single else 1.0)  # the fit was in single precision
    limit = CLAIM * np.where(spread > 0, spread, 1.0)
    recovered = bounds <= limit
    label = solved.label if solved else _mode(opened.core, y)
    label_recovered = bool(solved and solved.label_sure and not solved.problem and _label_is_tight(solved, y))
    if recovered.all() and not label_recovered:
        row = pd.DataFrame([x], columns=columns) if frame else np.asarray(x, dtype=float)[None]
        z = opened.encode(row)[0]
        told = label_given(opened.core, Z, y, z) or (label_of(opened.core, Z, y, z) if refits else None)
        label, label_recovered = told or (label, False)
    reason = _reason(solved, why, recovered, label_recovered)
    many_trees = solved is not None and solved.method == "leaf counts" and solved.condition >= 10
    guess = np.where((bounds <= np.where(spread > 0, spread, 1.0)) | many_trees, x, prior)
    return Reconstruction(
        pd.Series(x, index=columns) if frame else x, label,
        float(np.max(bounds, initial=0.0)), not reason, method, bounds, recovered, label_recovered,
        solved.condition if solved else np.inf, reason,
        pd.Series(prior, index=columns) if frame else prior, _mode(opened.core, y),
        pd.Series(guess, index=columns) if frame else guess,
    )  # fmt: skip


def _check_labels(core: Any, y: np.ndarray) -> None:
    classes = getattr(core, "classes_", None)
    if classes is not None and isinstance(classes, np.ndarray) and not np.isin(y, classes).all():
        raise DataError("the known labels hold a class that the model does not know; recode them as for training")


def _solve(opened: Opened, Z: np.ndarray, y: np.ndarray, refits: int, seed: int) -> tuple[Solved | None, str]:
    """The record in the core's space by the best method that applies, or why there is none."""
    core = opened.core
    for method in (closed_form, kept_row, leaf_counts):
        found = method(core, Z, y)
        if found is not None:
            return found, ""
    name = type(core).__name__
    if getattr(core, "fit_intercept", True) is False and hasattr(core, "coef_"):
        return None, f"{name} without an intercept fixes the missing record only up to a factor"
    if len(Z) > MOST_ROWS:
        return None, (
            f"no formula gives a training row of {name}, and a search by refits is sensible up to {MOST_ROWS} rows; "
            f"here are {len(Z)}"
        )
    if refits < 1 or not hasattr(core, "get_params"):
        return None, f"no formula gives a training row of {name}, and no search by refits was made"
    found = search_record(core, Z, y, refits, seed)
    return found, "" if found else f"{name} could not be refitted with a candidate row"


def _whole(kept, columns: list) -> bool:
    """Whether the preprocessing's means give every feature away."""
    return kept is not None and len(kept[0]) == len(columns)


def _in_the_table(opened: Opened, solved: Solved, Z, known, columns, frame: bool) -> tuple[np.ndarray, np.ndarray]:
    """Record and bounds in the table's own columns; no bound where the way back loses something."""
    blind = np.inf if solved.problem else 0.0
    if not opened.steps:
        return (solved.z.astype(object) if frame else solved.z), solved.bound + blind
    x = opened.decode(solved.z[None], columns)
    sample = known.iloc[:50]
    again = opened.decode(Z[:50], columns)
    true_way = np.array([_same(again[c], sample[c]) for c in columns])
    step = np.where(np.isfinite(solved.bound), solved.bound, 1.0)
    around = opened.decode(np.vstack([solved.z + np.diag(step), solved.z - np.diag(step)]), columns)
    bounds = np.zeros(len(columns))
    unbounded = np.tile(~np.isfinite(solved.bound), 2)
    for place, column in enumerate(columns):
        if not true_way[place]:
            bounds[place] = np.inf
        elif pd.api.types.is_numeric_dtype(x[column]):
            apart = np.abs(around[column].to_numpy(float) - x[column].to_numpy(float)[0])
            moved = apart > 1e-12 * (abs(x[column].to_numpy(float)[0]) + 1e-300)
            bounds[place] = np.inf if (moved & unbounded).any() else apart.reshape(2, -1).max(axis=0).sum()
        else:
            changed = around[column].astype(object).fillna("") != x[column].astype(object).fillna("")[0]
            bounds[place] = np.inf if changed.any() else 0.0
    values = x.iloc[0].to_numpy(dtype=object if frame else float)
    rounding = [8 * np.finfo(float).eps * (abs(v) + known[c].abs().max()) if isinstance(v, float) else 0.0
                for v, c in zip(values.tolist(), columns)]  # fmt: skip
    return values, bounds + blind + np.nan_to_num(np.array(rounding, dtype=float))


def _with_means(x, bounds, kept, columns) -> tuple[np.ndarray, np.ndarray, bool]:
    """The record with those numbers that the preprocessing's means bound better."""
    names, values, limits = kept
    x, bounds, better = np.array(x), bounds.copy(), False
    for name, value, limit in zip(names, values, limits):
        place = columns.index(name) if name in columns else int(name)
        if limit < bounds[place]:
            x[place], bounds[place], better = value, limit, True
    return x, bounds, better


def _same(back: pd.Series, sample: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(back) and pd.api.types.is_numeric_dtype(sample):
        return bool(np.allclose(back.to_numpy(float), sample.to_numpy(float), rtol=1e-9, atol=1e-9, equal_nan=True))
    left, right = (side.astype(object).where(side.notna(), "").to_numpy() for side in (back, sample))
    return bool((left == right).all())


def _prior(known: pd.DataFrame, numeric: np.ndarray) -> np.ndarray:
    guess = np.empty(known.shape[1], dtype=object)
    for place, column in enumerate(known.columns):
        if numeric[place]:
            guess[place] = float(known[column].mean())
        else:
            common = known[column].mode(dropna=False)
            guess[place] = common.iloc[0] if len(common) else None
    return guess


def _spread(known: pd.DataFrame, numeric: np.ndarray) -> np.ndarray:
    """Standard deviation of numbers; 1 for categories, whose bound is 0 or infinite."""
    return np.array([float(known[c].astype(float).std(ddof=0)) if n else 1.0 for c, n in zip(known.columns, numeric)])


def _mode(core: Any, y: np.ndarray) -> Any:
    values, counts = np.unique(y, return_counts=True)
    return values[np.argmax(counts)] if hasattr(core, "classes_") else float(y.mean())


def _label_is_tight(solved: Solved, y: np.ndarray) -> bool:
    if y.dtype.kind not in "fiu" or solved.label_bound == 0.0:
        return solved.label_bound == 0.0
    return solved.label_bound <= CLAIM * (float(y.std()) or 1.0)


def _reason(solved: Solved | None, why: str, recovered: np.ndarray, label_recovered: bool) -> str:
    if recovered.all():
        return "" if label_recovered else "the label is not certain"
    if solved is None:
        return why
    if solved.problem:
        return solved.problem
    return f"{int((~recovered).sum())} of {len(recovered)} features have an error bound that is too loose"
