"""Noise augmentation: train on noisy copies of the rows in place of the rows themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.subject.trainers import with_params
from privnb.units import derive_seed


@dataclass(frozen=True)
class NoiseTrainer:
    """Each row given to `fit` is replaced by `copies` copies with normal noise on its numeric features.

    `scale` is the noise's standard deviation in units of the feature's own over the rows of this fit. Categories,
    labels and missing values stay as they are; rows that the model is asked about never get noise. Training with
    noise amounts to a penalty on the gradient of the output (Bishop 1995).
    """

    trainer: Trainer
    scale: float = 0.1
    copies: int = 1

    def __post_init__(self):
        if not (np.isfinite(self.scale) and self.scale >= 0) or self.copies < 1:
            raise ModelError(
                f"noise needs a scale from 0 upwards and 1 copy or more; it has {self.scale} and {self.copies}."
            )

    @property
    def task(self) -> str:
        """classification or regression."""
        return self.trainer.task

    @property
    def label(self) -> str:
        """The trainer's name, with what was added."""
        return f"{self.trainer.label} with noise"

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Plain JSON that decides what it does."""
        return {"kind": "noise", "scale": self.scale, "copies": self.copies, "of": dict(self.trainer.identity)}

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model of the noisy copies; ModelError when no feature is numeric."""
        return self.trainer.fit(self.augmented(rows, derive_seed(seed, "noise")), seed)

    def augmented(self, rows: Rows, seed: int) -> Rows:
        """The noisy copies, one whole copy of the rows after another."""
        numeric = [name for name in rows.X.columns if _is_number(rows, name)]
        if not numeric:
            raise ModelError("noise needs numeric features and these rows have none.")
        copied = rows.take(np.tile(np.arange(len(rows)), self.copies))
        values = copied.X[numeric].to_numpy(dtype=float, na_value=np.nan)
        spread = np.nanstd(rows.X[numeric].to_numpy(dtype=float, na_value=np.nan), axis=0)
        noisy = values + self.scale * spread * np.random.default_rng(seed).standard_normal(values.shape)
        X = copied.X.assign(**{name: noisy[:, i] for i, name in enumerate(numeric)})[list(rows.X.columns)]
        return replace(copied, X=X)

    def with_params(self, **params: Any) -> "NoiseTrainer":
        """The same with other parameters of the estimator inside."""
        return replace(self, trainer=with_params(self.trainer, **params))


def _is_number(rows: Rows, name: str) -> bool:
    column = rows.X[name]
    if name in rows.schema and rows.schema[name].type not in ("integer", "number"):
        return False
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
