"""Model inversion: for each class, the input that the model takes for its clearest example."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter
from scipy.special import softmax

from privnb.attacks.adapt import as_frame
from privnb.attacks.encoded import as_model, open_model
from privnb.attacks.gradients import Differentiable, differentiable
from privnb.attacks.queries import expected, invert_by_queries
from privnb.attacks.questionnaire import Questionnaire, affine, questionnaire
from privnb.attacks.similarity import class_distances, ssim
from privnb.errors import DataError, NotApplicable

_STEP = 0.01  # of a column's range, for the column that moves most
_SMOOTH = 0.5  # pixels; a public fact about pictures that stands in for reference rows


@dataclass(frozen=True)
class Inversion:
    """One representative a class: the attack's idea of a typical input.

    `representatives` (classes x d) is a data frame where the columns have names, else an array; `confidence` (classes)
    is what the model answers for each and its own class (NaN for a model without probabilities). `method` is
    `gradient` or `queries`, `queries` how many rows the model was asked about, `limits` whence the columns' ranges are
    known. After `judge`: `similarity` (classes) to the class mean (SSIM for pictures, else share of the prior guess's
    distance that is removed), `distance` and `prior_distance` (classes) from the class in standard deviations,
    `mse`, `prior_mse`, `prior_similarity` for pictures.
    """

    classes: np.ndarray
    representatives: Any
    confidence: np.ndarray
    method: str
    queries: int
    limits: str
    similarity: np.ndarray | None = None
    distance: np.ndarray | None = None
    prior_distance: np.ndarray | None = None
    prior_similarity: np.ndarray | None = None
    mse: np.ndarray | None = None
    prior_mse: np.ndarray | None = None
    means: np.ndarray | None = None

    def table(self) -> pd.DataFrame:
        """One line a class: confidence and, once judged, similarity and distance beside those of the prior guess."""
        names = ("confidence", "similarity", "prior_similarity", "distance", "prior_distance", "mse", "prior_mse")
        found = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return pd.DataFrame({"class": self.classes, **found})

    def judge(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        prior: pd.DataFrame | None = None,
        *,
        shape: Sequence[int] | None = None,
        span: float | None = None,
    ) -> "Inversion":
        """The same with its likeness to the class means of rows `X` (n x d), `y`, and a blind guess's.

        `prior` (one row) is that guess, by default the mean or most frequent value of `X`. With `shape` rows are
        pictures of `span` from darkest to brightest, compared by SSIM (Wang et al. 2004) and mean squared error.
        """
        rows, labels = as_frame(X), np.asarray(y).ravel()
        mine = self.representatives
        mine = mine if isinstance(mine, pd.DataFrame) else pd.DataFrame(np.asarray(mine), columns=rows.columns)
        guess = typical(rows) if prior is None else prior
        guesses = pd.concat([guess] * len(self.classes), ignore_index=True)
        distance = class_distances(mine, rows, labels, self.classes)
        before = class_distances(guesses, rows, labels, self.classes)
        judged = replace(self, distance=distance, prior_distance=before, similarity=1 - distance / before)
        if shape is None:
            return judged
        if int(np.prod(shape)) != rows.shape[1]:
            raise _misfit(shape, rows.shape[1])
        values = rows.to_numpy(np.float64)
        span = float(np.ptp(values)) if span is None else float(span)
        means = np.array(
            [values[labels == c].mean(axis=0) if (labels == c).any() else values.mean(axis=0) for c in self.classes]
        )
        pictures = [side.to_numpy(np.float64).reshape(-1, *shape) for side in (mine, guesses)]
        truth = means.reshape(-1, *shape)
        axes = tuple(range(1, truth.ndim))
        return replace(
            judged,
            similarity=ssim(pictures[0], truth, span),
            prior_similarity=ssim(pictures[1], truth, span),
            mse=((pictures[0] - truth) ** 2).mean(axis=axes),
            prior_mse=((pictures[1] - truth) ** 2).mean(axis=axes),
            means=means,
        )


def invert_classes(
    model: Any,
    X_reference: ArrayLike | pd.DataFrame | None = None,
    y_reference: ArrayLike | None = None,
    *,
    shape: Sequence[int] | None = None,
    bounds: Any = None,
    confidence: float = 0.9,
    steps: int = 500,
    queries: int = 4000,
    white_box: bool = True,
    seed: int = 0,
) -> Inversion:
    """A representative of each class, by gradients where the model has them, else by asking it.

    Gradient ascent on the log-probability (Fredrikson, Jha & Ristenpart 2015, MIFace) for linear models and
    MLPClassifier, behind any preprocessing that is affine; at most `steps` steps. Any other classifier, and every one
    when the attacker is not `white_box`, is asked about at most `queries` rows a class. Both stop at `confidence`.
    `X_reference` (m x d, no labels needed) are rows of the same population that the attacker holds: the search starts
    at their mean, weighted by the model's answers, and follows their covariance, as the forward pattern of a linear
    model does (Haufe et al. 2014). Without them it starts at the middle of `bounds`, for pictures (`shape`) at the
    darkest value. `bounds`: (low, high), a d x 2 array, or a mapping from column to (low,
    high) or to its values. With `y_reference`, or by the model's own labels, the result is judged against the class
    means of the reference rows. A representative is the model's idea of a class. Unless a class is one person, it is
    no person's record. Raises NotApplicable for a regressor.
    """
    asked_model, opened = as_model(model), open_model(model)
    if asked_model.classes is None:
        raise NotApplicable("a regressor has no classes, so there is no portrait of a class to recover")
    reference = None if X_reference is None else _reference(opened, X_reference)
    named = isinstance(X_reference, pd.DataFrame) or _named(opened)
    array = not named and getattr(opened.model, "feature_names_in_", None) is None
    asked = questionnaire(opened, reference, bounds, array)
    if shape is not None and int(np.prod(shape)) != len(asked.limits):
        raise _misfit(shape, len(asked.limits))
    points = None if reference is None else asked.points(reference)
    gradient, way = differentiable(opened.core) if white_box else None, None
    if gradient is not None:
        way = affine(opened, asked, seed)
    if way is not None:
        found, count = _ascend(gradient, way, asked, points, asked_model.classes, confidence, steps, shape)
        method = "gradient"
    else:
        found, count = invert_by_queries(asked_model, asked, points, confidence, queries, seed)
        method = "queries"
    rows = asked.rows(found)
    inversion = Inversion(asked_model.classes, rows, own_confidence(asked_model, rows), method, count, asked.assumed)
    if reference is None:
        return inversion
    labels = asked_model.predict(reference) if y_reference is None else y_reference
    return inversion.judge(reference, labels, shape=shape)


def own_confidence(model: Any, rows: Any) -> np.ndarray:
    """What the model answers for row k and class k (classes); NaN where it gives no probabilities."""
    if not getattr(model, "gives_probabilities", True):
        return np.full(len(rows), np.nan)
    answers = model.predict_proba(rows)
    return answers[np.arange(len(rows)), np.arange(len(rows))]


def typical(rows: pd.DataFrame) -> pd.DataFrame:
    """The guess without the model, one row: the mean of a number, the most frequent value of anything else."""
    return pd.DataFrame(
        {
            name: [
                float(rows[name].mean())
                if pd.api.types.is_numeric_dtype(rows[name])
                else rows[name].mode(dropna=False).iloc[0]
            ]
            for name in rows.columns
        }
    )


def _misfit(shape: Sequence[int], width: int) -> DataError:
    return DataError(f"pictures of shape {tuple(shape)} have {int(np.prod(shape))} values, the rows {width}")


def _named(opened) -> bool:
    return bool(opened.steps) and hasattr(opened.steps[0], "indicators_")


def _reference(opened, X: Any) -> pd.DataFrame:
    frame = as_frame(X)
    names = getattr(opened.model, "feature_names_in_", None)
    if len(frame) < 2:
        raise DataError(f"{len(frame)} reference rows are too few; give at least 2 or none")
    return frame if names is None or not set(names) <= set(frame.columns) else frame[list(names)]


def _ascend(
    gradient: Differentiable,
    way: tuple[np.ndarray, np.ndarray],
    asked: Questionnaire,
    reference: np.ndarray | None,
    classes: np.ndarray,
    confidence: float,
    steps: int,
    shape: Sequence[int] | None,
) -> tuple[np.ndarray, int]:
    """Points (classes x q) where the model is sure of each class, and how many gradients were taken."""
    offset, matrix = way
    start = asked.middle() if reference is None else reference.mean(axis=0)
    if reference is None and shape is not None:
        start = np.zeros(asked.size)
    spread = None
    if reference is not None:
        spread = np.cov(reference.T) + 1e-3 * np.eye(asked.size) * max(float(reference.var(axis=0).mean()), 1e-6)
    points = np.tile(start, (len(classes), 1))
    if reference is not None:
        logits = gradient.logits(offset + reference @ matrix)
        points = expected(reference, softmax(logits, axis=1))
    wanted, k = np.log(confidence), np.arange(len(classes))
    done, taken = np.zeros(len(classes), bool), 0
    for _ in range(steps):
        reached, slope = gradient.log_probability(offset + points @ matrix, k)
        taken += len(classes)
        if asked.has_categories:
            reached, _ = gradient.log_probability(offset + asked.settled(points) @ matrix, k)
        done |= reached >= wanted
        if done.all():
            break
        slope = slope @ matrix.T
        if spread is not None:
            slope = slope @ spread
        elif shape is not None:
            blur = (0, _SMOOTH, _SMOOTH) + (0,) * (len(shape) - 2)
            slope = gaussian_filter(slope.reshape(-1, *shape), blur).reshape(len(slope), -1)
        longest = np.abs(slope).max(axis=1, keepdims=True)
        moved = asked.project(points + _STEP * slope / np.where(longest > 0, longest, 1.0))
        points = np.where(done[:, None], points, moved)
    return points, taken
