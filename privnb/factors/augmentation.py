"""Augmentation: changed copies of rows, moved, mirrored and turned pictures or noise on numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from privnb.errors import DataError, ModelError
from privnb.subject.rows import Rows


@dataclass(frozen=True)
class Augmentation:
    """Which changed copies of a row a training uses.

    Tables: `copies` copies with normal noise of `noise` standard deviations on each numeric feature. Pictures (`shape`
    rows x columns, and channels, in the order of the features): moved by up to `shift` pixels in four directions,
    mirrored left to right (`flip`), turned by `rotate` degrees to both sides; what comes in at an edge is `dark`.
    Raises DataError when it changes nothing or pictures are asked for without their shape.
    """

    noise: float = 0.0
    copies: int = 1
    shift: int = 0
    flip: bool = False
    rotate: float = 0.0
    shape: tuple[int, ...] | None = None
    dark: float = 0.0

    def __post_init__(self):
        if not (self.noise > 0 or self._pictures):
            raise DataError("an augmentation needs noise, shift, flip or rotate above nothing.")
        if self._pictures and self.shape is None:
            raise DataError("shift, flip and rotate need to know how features form a picture: give data.image.")

    @property
    def _pictures(self) -> bool:
        return bool(self.shift or self.flip or self.rotate)

    @property
    def words(self) -> str:
        """What it does, for people."""
        parts = [f"shift {self.shift} px"] * bool(self.shift) + ["flip"] * bool(self.flip)
        parts += [f"rotate {self.rotate:g}°"] * bool(self.rotate)
        parts += [f"noise {self.noise:g} SD, {self.copies} cop{'y' if self.copies == 1 else 'ies'}"] * (self.noise > 0)
        return ", ".join(parts)

    @property
    def identity(self) -> dict[str, Any]:
        """Plain JSON that decides what it does."""
        return vars(self) | {"shape": list(self.shape) if self.shape else None}

    def changed(self, rows: Rows, seed: int, spread: np.ndarray | None = None) -> Iterator[pd.DataFrame]:
        """The changed copies of all rows, one table after another: pictures first, then noise.

        `spread` are the standard deviations of the numeric features; those of `rows` when left out.
        """
        if self._pictures:
            yield from self._moved_pictures(rows)
        if self.noise > 0:
            names = numeric_features(rows)
            if not names:
                raise ModelError("noise needs numeric features and these rows have none.")
            values = rows.X[names].to_numpy(dtype=float, na_value=np.nan)
            scale = self.noise * (np.nanstd(values, axis=0) if spread is None else spread)
            random = np.random.default_rng(seed)
            for _ in range(self.copies):
                noisy = values + scale * random.standard_normal(values.shape)
                yield rows.X.assign(**{name: noisy[:, i] for i, name in enumerate(names)})[list(rows.X.columns)]

    def _moved_pictures(self, rows: Rows) -> Iterator[pd.DataFrame]:
        size = int(np.prod(self.shape))
        if rows.X.shape[1] != size:
            raise DataError(
                f"data.image says {' x '.join(map(str, self.shape))} = {size} pixels and there are {rows.X.shape[1]} "
                "features; both have to be the same."
            )
        pictures = rows.X.to_numpy(float).reshape(len(rows), *self.shape)
        for step in ((self.shift, 0), (-self.shift, 0), (0, self.shift), (0, -self.shift)) if self.shift else ():
            yield self._table(rows, _shifted(pictures, *step, self.dark))
        if self.flip:
            yield self._table(rows, pictures[:, :, ::-1])
        for angle in (self.rotate, -self.rotate) if self.rotate else ():
            turned = ndimage.rotate(pictures, angle, axes=(2, 1), reshape=False, order=1, cval=self.dark)
            yield self._table(rows, turned)

    def _table(self, rows: Rows, pictures: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(pictures.reshape(len(rows), -1), columns=rows.X.columns)


def numeric_features(rows: Rows) -> Sequence[str]:
    """Names of the features that noise can be added to: whole and other numbers."""
    return [
        name
        for name in rows.X.columns
        if rows.schema[name].type in ("integer", "number") and pd.api.types.is_numeric_dtype(rows.X[name])
    ]


def _shifted(pictures: np.ndarray, down: int, right: int, dark: float) -> np.ndarray:
    """Pictures (n x rows x columns ...) moved by whole pixels, `dark` coming in at the edges."""
    moved = np.full_like(pictures, dark)
    height, width = pictures.shape[1:3]

    def span(step: int, size: int) -> tuple[slice, slice]:
        return slice(max(step, 0), size + min(step, 0)), slice(max(-step, 0), size - max(step, 0))

    (to_row, from_row), (to_column, from_column) = span(down, height), span(right, width)
    moved[:, to_row, to_column] = pictures[:, from_row, from_column]
    return moved
