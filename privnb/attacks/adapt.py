"""What people hand in, as rows, trainers and models: arrays, data frames, estimators, factories, dotted names."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from privnb.errors import DataError, ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.dictionary import Dictionary, infer
from privnb.subject.models import SklearnModel
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer


def rows_of(
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    X_out: ArrayLike | pd.DataFrame,
    y_out: ArrayLike,
    persons: ArrayLike | None = None,
) -> tuple[Rows, Rows]:
    """Members (`X`, `y`) and non-members (`X_out`, `y_out`) as Rows; `persons` names the person of each, X first.

    Positions count on from X through X_out. Raises DataError naming what does not fit together.
    """
    frames = [as_frame(X), as_frame(X_out)]
    if list(frames[0].columns) != list(frames[1].columns):
        raise DataError(
            f"X has the columns {list(frames[0].columns)[:5]}... and X_out {list(frames[1].columns)[:5]}...; "
            "they have to be the same."
        )
    labels = [np.asarray(y).ravel(), np.asarray(y_out).ravel()]
    for frame, label, name in zip(frames, labels, ("X", "X_out")):
        if len(frame) != len(label):
            raise DataError(f"{name} has {len(frame)} rows and its labels are {len(label)}; give one label a row.")
    sizes = [len(frame) for frame in frames]
    if persons is not None and len(np.asarray(persons)) != sum(sizes):
        raise DataError(f"persons has {len(np.asarray(persons))} entries; X and X_out have {sum(sizes)} rows together.")
    schema: Dictionary = infer(pd.concat(frames, ignore_index=True))
    codes = None if persons is None else np.unique(np.asarray(persons), return_inverse=True)[1]
    made, start = [], 0
    for frame, label in zip(frames, labels):
        stop = start + len(frame)
        context = pd.DataFrame(index=frame.index) if codes is None else pd.DataFrame({"person": codes[start:stop]})
        made.append(Rows(frame, label, context, schema, np.arange(start, stop)))
        start = stop
    return made[0], made[1]


def as_frame(X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """A table of features (n x d) as a data frame with columns x0, x1, ...; DataError for another shape."""
    if isinstance(X, pd.DataFrame):
        return X.reset_index(drop=True)
    values = np.asarray(X)
    if values.ndim != 2:
        raise DataError(f"features have shape {values.shape}; give a table of rows and columns.")
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])


def trainer_and_model(given: Any, members: Rows, seed: int) -> tuple[Trainer, Model]:
    """The procedure and the fitted model of an estimator, factory, dotted name or Trainer.

    A fitted estimator is the model, its unfitted clone the procedure; anything else is trained on `members` (the rows
    the model saw). Raises ModelError for what can't be trained.
    """
    if hasattr(given, "get_params") and not isinstance(given, type) and _is_fitted(given):
        return as_trainer(clone(given)), SklearnModel(given)
    trainer: Trainer = as_trainer(given)
    return trainer, trainer.fit(members, seed)


def _is_fitted(estimator: Any) -> bool:
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    except TypeError as error:
        raise ModelError(f"{type(estimator).__name__} cannot be audited: {error}") from error
    return True
