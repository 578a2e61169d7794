"""Imputation: how well a hidden column can be guessed without the model, from all else that the attacker knows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold

from privnb.attacks.candidates import Candidates, candidates_of, column_of
from privnb.errors import NotApplicable
from privnb.subject.encoding import TableEncoder, encoding_plan
from privnb.subject.fitted import one_openmp_thread
from privnb.subject.rows import Rows

LEAST_ROWS = 60
CHOICE_ROWS = 1000  # the learner is chosen on at most so many rows, then fitted on all
_MIXED = 0.02  # share of the attacker's prior in every guess, so that no value is ever ruled out


@dataclass(frozen=True)
class Guess:
    """What is believed of each record's value: log-probabilities (n x K), and for a number its mean too (n)."""

    log_p: np.ndarray
    mean: np.ndarray | None = None


@dataclass(frozen=True)
class Imputation:
    """Guesses about the candidate records with and without their true label; `learner` made them from `rows` rows."""

    candidates: Candidates
    with_label: Guess
    without_label: Guess
    learner: str
    rows: int
    crossfitted: bool


def impute(
    known: Rows | None,
    records: Rows,
    column: str,
    *,
    seed: Callable[..., int],
    candidates: Candidates | None = None,
    learner: str | None = None,
    task: str = "classification",
    folds: int = 3,
    without_label: bool = True,
) -> Imputation:
    """The best guess at `column` of `records` without any model, by learners that never see these people's values.

    The learner (logistic or ridge regression, random forest, boosted trees; all other features and the label are its
    inputs) is chosen by two-fold cross-validation by person among the rows it may learn from, by log-loss or squared
    error; one named as `learner` is not chosen again; without `without_label` no
    guess is made that does not know the label. With `known` (the attacker's own complete rows) these are its
    rows; without, people among `records` are dealt to `folds` and each fold is guessed from the others. This is what an
    attack has to beat (Jayaraman & Evans 2022, arXiv 2209.01292). Raises NotApplicable for fewer than 60 known rows or
    a column that is not guessed.
    """
    source = records if known is None else known
    hidden = column_of(source, column)
    usable = np.flatnonzero(hidden.notna().to_numpy())
    if len(usable) < LEAST_ROWS:
        raise NotApplicable(f"the attacker knows {column!r} of fewer than {LEAST_ROWS} rows, too few to guess it")
    if candidates is None:
        candidates = candidates_of(hidden, source.schema.columns.get(column))
    source = source.take(usable)
    code = candidates.code(column_of(source, column))
    numbers = column_of(source, column).to_numpy(float) if candidates.numeric else None
    keep = np.flatnonzero(code >= 0)
    learning = _Learning(source.take(keep), code[keep], numbers[keep] if candidates.numeric else None, candidates)
    width, labels = len(candidates.values), (True, False) if without_label else (True,)
    found = {label: Guess(np.empty((len(records), width)), np.empty(len(records)) if candidates.numeric else None)
             for label in (True, False)}  # fmt: skip
    names = []
    for number, (rows, asked) in enumerate(_turns(learning, known is None, records, folds, seed)):
        learnt = learning.take(rows)
        seeds = partial(seed, "imputation", number)
        names.append(learner or _chosen(learnt, column, task, seeds))
        for label in labels:
            guess = _guess(names[-1], learnt, records.take(asked), column, task, label, seeds())
            found[label].log_p[asked] = guess.log_p
            if candidates.numeric:
                found[label].mean[asked] = guess.mean
    most = max(sorted(set(names)), key=names.count)
    return Imputation(candidates, found[True], found.get(False, found[True]), most, len(keep), known is None)


def imputation_arrays(found: Imputation) -> dict[str, np.ndarray]:
    """An imputation as arrays by name, to be stored; its candidates follow from the rows that the attacker knows."""
    arrays = {"with_label": found.with_label.log_p, "without_label": found.without_label.log_p}
    if found.candidates.numeric:
        arrays |= {"with_label_mean": found.with_label.mean, "without_label_mean": found.without_label.mean}
    return arrays | {"learner": np.array([found.learner]), "rows": np.array([found.rows])}


def imputation_of(arrays: Mapping[str, np.ndarray], candidates: Candidates, crossfitted: bool) -> Imputation:
    """The imputation that `imputation_arrays` stored."""
    guesses = [Guess(np.asarray(arrays[name]), arrays.get(f"{name}_mean")) for name in ("with_label", "without_label")]
    return Imputation(candidates, *guesses, str(arrays["learner"][0]), int(arrays["rows"][0]), crossfitted)


@dataclass(frozen=True)
class _Learning:
    """Rows whose value is known: its candidate's code, and the number itself where it is one."""

    rows: Rows
    code: np.ndarray
    numbers: np.ndarray | None
    candidates: Candidates

    def take(self, index: np.ndarray) -> "_Learning":
        numbers = None if self.numbers is None else self.numbers[index]
        return _Learning(self.rows.take(index), self.code[index], numbers, self.candidates)


def _turns(
    learning: _Learning, crossfit: bool, records: Rows, folds: int, seed: Callable[..., int]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which known rows teach and which records are guessed, in turn."""
    if not crossfit:
        yield np.arange(len(learning.rows)), np.arange(len(records))
        return
    fold = dealt(records.persons, folds, seed("imputation", "folds"))
    person_fold = dict(zip(records.persons.tolist(), fold.tolist()))
    own = np.array([person_fold[person] for person in learning.rows.persons.tolist()])
    for number in range(fold.max() + 1):
        yield np.flatnonzero(own != number), np.flatnonzero(fold == number)


def dealt(persons: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold of each row (n): people are shuffled and dealt round, fewer folds where there are fewer people."""
    people, person = np.unique(persons, return_inverse=True)
    fold = np.empty(len(people), int)
    fold[np.random.default_rng(seed).permutation(len(people))] = np.arange(len(people)) % min(folds, len(people))
    return fold[person]


def _learners(numeric: bool, seed: int) -> dict[str, Any]:
    boosting = {"max_iter": 50, "max_leaf_nodes": 15, "min_samples_leaf": 20, "early_stopping": False}
    forest = {"n_estimators": 60, "min_samples_leaf": 4, "random_state": seed}
    if numeric:
        return {
            "ridge regression": Ridge(alpha=3.0),
            "random forest": RandomForestRegressor(max_features=0.4, **forest),
            "boosted trees": HistGradientBoostingRegressor(random_state=seed, **boosting),
        }
    return {
        "logistic regression": LogisticRegression(C=0.5, max_iter=1000, tol=1e-3),
        "random forest": RandomForestClassifier(**forest),
        "boosted trees": HistGradientBoostingClassifier(random_state=seed, **boosting),
    }


def _chosen(learning: _Learning, column: str, task: str, seed: Callable[..., int]) -> str:
    """The learner with the least error on people that did not teach it."""
    people = np.unique(learning.rows.persons)
    order = np.random.default_rng(seed("choice")).permutation(people)
    sizes = np.cumsum(pd.Series(learning.rows.persons).value_counts().loc[order].to_numpy())
    chosen = np.isin(learning.rows.persons, order[: int(np.searchsorted(sizes, CHOICE_ROWS)) + 1])
    some = learning.take(np.flatnonzero(chosen))
    if len(np.unique(some.rows.persons)) < 6:
        return next(iter(_learners(some.numbers is not None, 0)))
    errors = dict.fromkeys(_learners(some.numbers is not None, 0), 0.0)
    for learn, test in GroupKFold(2, shuffle=True, random_state=seed("folds")).split(
        some.code, groups=some.rows.persons
    ):
        learnt, asked = some.take(learn), some.take(test)
        for name in errors:
            guess = _guess(name, learnt, asked.rows, column, task, True, seed("fit"), residuals=False)
            errors[name] += _error(guess, asked)
    return min(errors, key=errors.get)


def _error(guess: Guess, truth: _Learning) -> float:
    if truth.numbers is not None:
        return float(((guess.mean - truth.numbers) ** 2).sum())
    return -float(guess.log_p[np.arange(len(truth.code)), truth.code].sum())


def _guess(
    name: str, learnt: _Learning, asked: Rows, column: str, task: str, label: bool, seed: int, residuals: bool = True
) -> Guess:
    """One learner's guess at the records `asked`; with `residuals` a number's distribution on the grid too."""
    encode = _encoder(learnt.rows, column, task, label)
    numeric, candidates = learnt.numbers is not None, learnt.candidates
    learner, table = _learners(numeric, seed % 2**32)[name], encode(learnt.rows)
    target = learnt.numbers if numeric else learnt.code
    with one_openmp_thread():
        if numeric:
            learner.fit(table, target)
            mean = learner.predict(encode(asked))
            if not residuals:
                return Guess(np.empty((len(mean), 0)), mean)
            return Guess(_on_grid(mean, _residuals(learner, table, learnt), candidates), mean)
        p = np.tile(candidates.prior, (len(asked), 1))
        if len(np.unique(target)) > 1:
            learner.fit(table, target)
            own = np.zeros_like(p)
            own[:, learner.classes_] = learner.predict_proba(encode(asked))
            p = (1 - _MIXED) * own + _MIXED * p
    return Guess(np.log(p / p.sum(axis=1, keepdims=True)))


def _residuals(learner: Any, table: np.ndarray, learnt: _Learning) -> np.ndarray:
    """What the learner misses of people that did not teach it: two halves judge each other."""
    half = dealt(learnt.rows.persons, 2, 0)
    missed = []
    for side in (0, 1):
        teach, judge = half != side, half == side
        if teach.any() and judge.any():
            learner.fit(table[teach], learnt.numbers[teach])
            missed.append(learnt.numbers[judge] - learner.predict(table[judge]))
    return np.concatenate(missed) if missed else np.zeros(1)


def _on_grid(mean: np.ndarray, residuals: np.ndarray, candidates: Candidates) -> np.ndarray:
    """Log-probability (n x K) of each grid value: the residuals' density there, times the width of its cell."""
    span = max(float(np.ptp(candidates.values)), 1e-12)
    spread = np.linspace(-2 * span, 2 * span, 801)
    if len(residuals) < 10 or residuals.std() < 1e-6 * span:
        density = np.exp(-0.5 * (spread / (0.02 * span)) ** 2)
    else:
        density = gaussian_kde(residuals[:2000])(spread)
    value = np.interp(candidates.values[None, :] - mean[:, None], spread, density)
    p = value * np.gradient(candidates.values)[None, :]
    p = (1 - _MIXED) * p / np.maximum(p.sum(axis=1, keepdims=True), 1e-300) + _MIXED * candidates.prior
    return np.log(np.maximum(p, 1e-12) / np.maximum(p, 1e-12).sum(axis=1, keepdims=True))


def _encoder(rows: Rows, column: str, task: str, label: bool) -> Callable[[Rows], np.ndarray]:
    """What turns rows into the learners' inputs: all other features that are no free text, and the label."""
    names = [name for name in rows.X.columns if name != column and rows.schema[name].type != "text"]
    features = TableEncoder(encoding_plan(rows.schema, names)).fit(rows.X) if names else None
    classes = np.unique(rows.y) if label and task == "classification" else None
    centre, scale = (float(np.mean(rows.y)), float(np.std(rows.y)) or 1.0) if label and classes is None else (0.0, 1.0)

    def encode(asked: Rows) -> np.ndarray:
        parts = [features.transform(asked.X)] if features else [np.zeros((len(asked), 1))]
        if label and classes is not None:
            parts.append((asked.y[:, None] == classes[None, :]).astype(float))
        elif label:
            parts.append(((asked.y.astype(float) - centre) / scale)[:, None])
        return np.column_stack(parts)

    return encode
