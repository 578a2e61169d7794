"""Trainers, models, variants and the subject: the nouns that every library works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from privnb.subject.rows import Rows

PARTS = ("train", "validation", "evaluation", "pool", "given")


class Model(Protocol):
    """A fitted model. `classes` are the labels in the order of `predict_proba`'s columns; None for a regressor."""

    classes: np.ndarray | None

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Predicted labels or values (n)."""
        ...

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Class probabilities (n x classes); ModelError when the model gives labels only."""
        ...


class Trainer(Protocol):
    """A procedure that makes a model from rows. `label` is its name for people."""

    task: Literal["classification", "regression"]
    label: str
    identity: Mapping[str, Any]  # plain JSON that decides what it does: goes into content keys

    def fit(self, rows: Rows, seed: int) -> Model:
        """A model trained on these rows alone; the same rows and seed give the same model."""
        ...


@dataclass(frozen=True)
class Variant:
    """One model under test.

    `rows` are the rows it was trained on (empty when unknown), `trainer` the procedure that made it (None when the
    model is only a file), `parent` the variant it was built on, `control_of` the variant it is a control for,
    `claims` what its mitigation promises.
    """

    id: str
    model: Model
    rows: Rows
    trainer: Trainer | None = None
    parent: str | None = None
    label: str = ""
    control_of: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """The data of one assessment, in disjoint parts by person.

    `parts` maps each of `PARTS` to integer positions in `rows`. `given` are rows whose membership nobody declared.
    `membership` says how membership is known: `split` (privnb drew it), `declared` (the user's files or column),
    `unknown`.
    """

    rows: Rows
    parts: Mapping[str, np.ndarray]
    task: Literal["classification", "regression"]
    membership: Literal["split", "declared", "unknown"]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> Rows:
        """The rows of one part."""
        return self.rows.take(self.parts[name])
