"""Model extraction: ask a model, train a copy on its answers, and see how often the copy answers alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.adapt import as_frame
from privnb.attacks.encoded import as_model
from privnb.attacks.surrogates import Answers, candidates, fit_copy
from privnb.errors import DataError, NotApplicable
from privnb.stats.estimate import Estimate
from privnb.stats.means import r2
from privnb.stats.people import person_codes
from privnb.stats.proportions import proportion
from privnb.subject.contract import Model, Trainer
from privnb.subject.dictionary import Dictionary, infer

Outputs = Literal["probabilities", "label"]
LEAST_QUERIES = 20
_HELD = 0.25  # of the people behind the queries: where the copy's kind is chosen
_SMALLEST = 25  # queries at the curve's left end


@dataclass(frozen=True)
class Extraction:
    """A copy of a model, and how faithful it is.

    `model` is the copy, `trainer` the procedure of its kind (to train shadow models with, say), `surrogate` its name.
    `fidelity` is the share of test rows on which copy and model give the same label (for a regressor R2 of the copy
    against the model's values), `chance` the share of the model's commonest answer (None for a regressor). `curve`
    holds `queries`, `fidelity`, `low` and `high`, equally long. `outputs` is what the copy was taught with, `choice`
    the fidelity of each candidate on queries held back, `tested` the number of test rows.
    """

    model: Model
    trainer: Trainer
    surrogate: str
    fidelity: Estimate
    chance: Estimate | None
    curve: Mapping[str, np.ndarray]
    outputs: str
    choice: Mapping[str, float]
    tested: int

    def table(self) -> pd.DataFrame:
        """One line a number of queries: queries, fidelity, low, high."""
        return pd.DataFrame(dict(self.curve))


def extract_model(
    model: Any,
    queries: ArrayLike | pd.DataFrame,
    surrogate: Any = None,
    *,
    X_test: ArrayLike | pd.DataFrame | None = None,
    outputs: Outputs = "probabilities",
    seed: int = 0,
    persons: ArrayLike | None = None,
    schema: Dictionary | None = None,
    points: int = 5,
    level: float = 0.95,
) -> Extraction:
    """Copy `model` (a Model or fitted estimator) through its answers to `queries` (m x d rows; no label is needed).

    `surrogate` is an unfitted estimator, dotted name or Trainer; by default logistic regression, a forest and boosted
    trees (for a regressor ridge regression instead), of which the most faithful on a quarter of the queries is taken
    and taught anew with all. `probabilities` teach each query once a class with the class's probability as weight (a
    surrogate without sample weights learns the labels); `label` teaches the answers alone. `X_test` (k x d) are rows
    on which copy and model are compared; without them a quarter of the queries is set aside. `persons` (m, or m + k)
    names the person behind each query and test row: splits and intervals go by person (Clopper-Pearson; R2 by the
    delta method). The curve shows the same kind of copy with `points` numbers of queries, each half of the next.
    Raises DataError for fewer than 20 queries or other columns, NotApplicable for a regressor with one answer.

    Tramer et al. 2016, arXiv 1609.02943; Orekondy, Schiele & Fritz 2019, arXiv 1812.02766; fidelity as against
    accuracy: Jagielski et al. 2020, arXiv 1909.01838.
    """
    target, asked = as_model(model), as_frame(queries)
    if len(asked) < LEAST_QUERIES:
        raise DataError(f"there are {len(asked)} queries; a copy needs at least {LEAST_QUERIES}.")
    test = None if X_test is None else as_frame(X_test)
    asked, test, groups, test_groups = _parts(asked, test, persons, seed)
    dictionary = infer(asked) if schema is None else schema
    answers = Answers.of(target, asked, outputs)
    truth = np.asarray(target.predict(test))
    if answers.classes is None and np.ptp(truth) == 0:
        raise NotApplicable("the model gives every row the same value, so there is nothing to copy")
    kinds = candidates(surrogate, answers)
    judge = lambda copy: _fidelity(copy, test, truth, test_groups, level)  # noqa: E731
    learn, held = _split(groups, _HELD, seed + 1)
    choice = {}
    if len(kinds) > 1:
        for name, kind in kinds.items():
            copy = fit_copy(kind, dictionary, asked.iloc[learn], answers.take(learn), seed)
            choice[name] = _score(copy, asked.iloc[held], answers.take(held))
    chosen = max(choice, key=choice.get) if choice else next(iter(kinds))
    order = np.random.default_rng(seed + 2).permutation(len(asked))
    curve, copy = {"queries": [], "fidelity": [], "low": [], "high": []}, None
    for count in _counts(len(asked), points):
        few = np.sort(order[:count])
        copy = fit_copy(kinds[chosen], dictionary, asked.iloc[few], answers.take(few), seed)
        found = judge(copy)
        for name, value in zip(curve, (count, found.value, found.low, found.high)):
            curve[name].append(value)
    return Extraction(
        copy, kinds[chosen], chosen, found, _commonest(truth, test_groups, level) if answers.classes is not None else
        None, {name: np.asarray(values) for name, values in curve.items()}, answers.taught(kinds[chosen]), choice,
        len(test),
    )  # fmt: skip


def _parts(asked: pd.DataFrame, test: pd.DataFrame | None, persons: ArrayLike | None, seed: int):
    """Queries, test rows, and the persons of each; without test rows a quarter of the queries' people are set aside."""
    total = len(asked) + (0 if test is None else len(test))
    codes = person_codes(persons, total)[0]
    if test is None:
        kept, aside = _split(codes, _HELD, seed)
        return (
            asked.iloc[kept].reset_index(drop=True),
            asked.iloc[aside].reset_index(drop=True),
            codes[kept],
            codes[aside],
        )
    if list(test.columns) != list(asked.columns):
        raise DataError(
            f"queries have the columns {list(asked.columns)[:5]}... and X_test {list(test.columns)[:5]}...; they have "
            "to be the same."
        )
    return asked, test, codes[: len(asked)], codes[len(asked) :]


def _split(persons: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that stay and of those of a `share` of the people."""
    people = np.unique(persons)
    drawn = np.random.default_rng(seed).permutation(people)[: max(1, round(share * len(people)))]
    aside = np.isin(persons, drawn)
    if aside.all():
        raise DataError("all queries belong to one person; a copy cannot be chosen or tested by person.")
    return np.flatnonzero(~aside), np.flatnonzero(aside)


def _counts(queries: int, points: int) -> list[int]:
    """Numbers of queries, each half of the next, up to all of them."""
    counts = [queries >> step for step in range(max(points, 1))]
    return sorted({count for count in counts if count >= min(_SMALLEST, queries)})


def _fidelity(copy: Model, test: pd.DataFrame, truth: np.ndarray, persons: np.ndarray, level: float) -> Estimate:
    mine = np.asarray(copy.predict(test))
    return r2(truth, mine, persons, level) if copy.classes is None else proportion(mine == truth, persons, level)


def _score(copy: Model, asked: pd.DataFrame, answers: Answers) -> float:
    mine = np.asarray(copy.predict(asked))
    if copy.classes is None:
        return 1.0 - float(((mine - answers.labels) ** 2).mean() / max(answers.labels.var(), 1e-300))
    return float((mine == answers.labels).mean())


def _commonest(truth: np.ndarray, persons: np.ndarray, level: float) -> Estimate:
    """How often a copy agrees that always gives the model's commonest answer."""
    values, counts = np.unique(truth, return_counts=True)
    return proportion(truth == values[counts.argmax()], persons, level)
