"""Attribute inference: does the model, or being in its training, reveal a hidden column of a person?"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.adapt import as_frame, rows_of, trainer_and_model
from privnb.attacks.attacker import Attacker
from privnb.attacks.attribute_findings import AttributeInference, judged
from privnb.attacks.attribute_ways import Way, evidence, guessed_by, rehearsed
from privnb.attacks.candidates import column_of
from privnb.attacks.imputation import Imputation, impute
from privnb.attacks.universe import stack
from privnb.errors import DataError
from privnb.subject.contract import Model
from privnb.subject.dictionary import infer
from privnb.subject.encoding import TableEncoder
from privnb.subject.rows import Rows
from privnb.units import derive_seed


def infer_attribute(
    model: Any,
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    X_out: ArrayLike | pd.DataFrame,
    y_out: ArrayLike,
    column: str | int,
    *,
    X_known: ArrayLike | pd.DataFrame | None = None,
    y_known: ArrayLike | None = None,
    persons: ArrayLike | None = None,
    label: bool = True,
    attacker: Any = "probabilities",
    level: float = 0.95,
    small_cell: int = 5,
    seed: int = 0,
) -> AttributeInference:
    """Can somebody who knows all else of a record find its value of `column` by asking the model?

    `model` is a fitted estimator or pipeline that was trained on `X`, `y` (an unfitted one, a factory or a dotted name
    is trained on them); `X_out`, `y_out` are rows it never saw. `column` is a name, or a place in an array. `X_known`,
    `y_known` are complete rows of other people that the attacker holds: they teach the guess without the model, and a
    shadow model trained on them tells how far answers are to be trusted. Without them guesses are cross-fitted over the
    people of X and X_out, and answers are taken at their word. `persons` says whose row each is, of X and then of
    X_out. With `label` the attacker knows each record's true label; without, the record's own released answer.
    `attacker` is what a query returns (see `Attacker.of`); `white-box` adds training counts in leaves where the model
    is a tree or forest.

    `inference_gain` is the attack on members over the best guess without the model; `member_gap` that gain minus the
    same on non-members, `gain_bits` the information: Findings. Raises DataError for rows that do not fit together,
    NotApplicable where the column cannot be guessed or is none, ModelError for a model that cannot be asked.
    """
    members, non_members = rows_of(X, y, X_out, y_out, persons)
    names = list(members.X.columns)
    name = names[column] if isinstance(column, (int, np.integer)) and column not in names else column
    seeds = partial(derive_seed, seed, "attribute", str(name))
    trainer, fitted = trainer_and_model(model, members, seeds("target"))
    known = None
    if X_known is not None:
        if y_known is None:
            raise DataError("X_known needs y_known: the labels of the rows that the attacker holds.")
        frame = as_frame(X_known)
        known = Rows(frame, np.asarray(y_known).ravel(), pd.DataFrame(index=frame.index), infer(frame))
    attacker = Attacker.of(attacker)
    guessed = impute(known, stack([members, non_members]), name, seed=seeds, task=trainer.task)
    weights = {}
    if known is not None:
        own = impute(None, known, name, seed=seeds, candidates=guessed.candidates, learner=guessed.learner,
                     task=trainer.task, folds=2, without_label=False)  # fmt: skip
        weights = rehearsed(trainer.fit(known, seeds("shadow")), known, name, own, attacker)
    return attack_attribute(
        fitted, members, non_members, name, guessed, attacker=attacker, weights=weights,
        primary="true label" if label else "prediction", level=level, small_cell=small_cell, seed=seeds,
    )  # fmt: skip


def attack_attribute(
    model: Model,
    members: Rows,
    non_members: Rows,
    column: str,
    imputation: Imputation,
    *,
    attacker: Attacker,
    weights: Mapping[str, float] = MappingProxyType({}),
    primary: str = "true label",
    columns: int = 1,
    level: float = 0.95,
    small_cell: int = 5,
    seed: Callable[..., int],
) -> AttributeInference:
    """All ways of the attack on one column, from guesses without the model about members and then non-members.

    Ways: `true label` (imputation x probability of the true label), `prediction` (imputation without the label x
    agreement with the record's own released answer), `leaf counts` (white-box, trees and forests). A value is called by
    its posterior over the attacker's share of it, the rule that is best for balanced accuracy, one for members and
    non-members alike; a number by the guess plus what the answers move the posterior mean. `weights` are the exponents
    of likelihoods by way, as `rehearsed` on a model of the attacker's own; 1 where none is given. `primary` is the way
    whose figures are the column's, and `columns` how many are attacked, for intervals that hold together (`joint`). A
    column that the model does not see gives the imputation alone.
    """
    records = stack([members, non_members])
    truth = column_of(records, column)
    ways: dict[str, Way] = {}
    if model_sees(model, records, column):
        for name, (guess, likelihood) in evidence(model, records, column, imputation, attacker).items():
            ways[name] = guessed_by(guess, likelihood, imputation.candidates, weights.get(name, 1.0))
    if primary not in ("true label", "prediction"):
        raise DataError(f"there is no way {primary!r}; choose true label or prediction.")
    return judged(
        column, truth, np.arange(len(records)) < len(members), records.persons, imputation, ways, primary,
        columns=columns, level=level, small_cell=small_cell, seed=seed("bits"),
    )  # fmt: skip


def model_sees(model: Model, rows: Rows, column: str) -> bool:
    """Whether the column is a feature, and one of those that a fitted estimator remembers, where it remembers any."""
    if column not in rows.X.columns:
        return False
    estimator = getattr(model, "estimator", model)
    steps = getattr(estimator, "steps", None)
    if steps and isinstance(steps[0][1], TableEncoder):
        return column in steps[0][1].columns
    try:
        names = getattr(estimator, "feature_names_in_", None)
    except AttributeError:  # a pipeline whose first step remembers none
        names = None
    return names is None or column in names
