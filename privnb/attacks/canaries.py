"""Canaries: rows planted by coin before training, and what a model's scores on them prove about its privacy."""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv, expit, logit
from scipy.stats import binom

from privnb.errors import DataError
from privnb.findings import canonical_json
from privnb.stats.estimate import Estimate
from privnb.stats.multiple import bonferroni_level
from privnb.stats.people import checked_column
from privnb.stats.ranking import auc
from privnb.subject.rows import Rows

Kind = Literal["random-label", "duplicate-mismatch", "natural"]
SHARES = (1.0, 0.5, 0.25, 0.125)  # of the canaries that are guessed; the bound is corrected for trying all of them


@dataclass(frozen=True)
class Plan:
    """What was planted where, as plain JSON: keep it secret until the scores are in, for it holds the coins.

    `positions` are the rows that the canaries' features come from, `labels` the canaries' labels, `included` which of
    them are in the training data, `order` the training rows: a number below `rows` is that row of the table, `rows` + i
    is canary i. `demonstration` says that the coins came from a seed, so that nothing is proved to somebody who knows
    it. No feature value is in here.
    """

    kind: Kind
    rows: int
    positions: list[int]
    labels: list[Any]
    included: list[bool]
    order: list[int]
    demonstration: bool
    version: int = 1

    def to_json(self) -> str:
        """One line of canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `to_json` wrote; DataError for anything else."""
        try:
            found = cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise DataError("this is no plan of canaries: give the text that Plan.to_json wrote.") from error
        if found.version != 1 or not len(found.positions) == len(found.labels) == len(found.included):
            raise DataError("this plan of canaries is damaged or of a later version: plant again.")
        return found

    def apply(self, X: Rows | pd.DataFrame | ArrayLike, y: ArrayLike | None = None) -> "Planted":
        """The training data and canaries again, from the table that they were planted in."""
        X, y = _table(X, y)
        if len(y) != self.rows:
            raise DataError(f"the plan is for a table of {self.rows} rows and this one has {len(y)}.")
        labels = np.asarray(self.labels, dtype=y.dtype if y.dtype.kind != "O" else object)
        source = np.concatenate([np.arange(self.rows), np.asarray(self.positions, dtype=int)])
        order = np.asarray(self.order, dtype=int)
        return Planted(
            _take(X, source[order]), np.concatenate([y, labels])[order], np.asarray(self.included, bool),
            _take(X, np.asarray(self.positions, dtype=int)), labels, self,
        )  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """Training data with canaries: train on `X`, `y` in any framework, then score `canary_X`, `canary_y`.

    `X` and `y` are the table without the rows that the canaries replace and with the included canaries, shuffled;
    `included` (canaries, bool) is the secret; `plan` is all of it as JSON.
    """

    X: Any
    y: np.ndarray
    included: np.ndarray
    canary_X: Any
    canary_y: np.ndarray
    plan: Plan


@dataclass(frozen=True)
class CanaryResult:
    """What the scores on `canaries` planted rows prove.

    `epsilon` is the lower bound at `level` on the epsilon (at `delta`) of any guarantee that the training can have,
    from `guesses` of which `correct` were right; `cap` is the highest bound that all-correct guesses would have given,
    so a bound near it says that more canaries are needed. `auc` is of included against left-out canaries. `exposure`
    (included canaries) is in bits, `exposure_null` its mean for a model that remembers nothing. With `demonstration`
    the coins were seeded and the bound proves nothing to others.
    """

    epsilon: float
    delta: float
    level: float
    canaries: int
    guesses: int
    correct: int
    cap: float
    auc: Estimate
    exposure: np.ndarray
    exposure_null: float
    demonstration: bool


def plant(
    X: Rows | pd.DataFrame | ArrayLike,
    y: ArrayLike | None = None,
    n: int = 100,
    *,
    seed: int | None = None,
    kind: Kind = "random-label",
) -> Planted:
    """Training data with `n` canaries, each put in or left out by a fair coin.

    `X` are Rows, or a data frame or array whose first axis counts the rows (images too), with labels `y`. Kinds:
    `random-label`: rows leave the table and come back, where the coin says so, with another label drawn at random (for
    numbers: the label of another row); `duplicate-mismatch`: the same, but the row itself stays as well, so that the
    canary contradicts it and no row is lost; `natural`: the rows as they are, which measures real records and poisons
    nothing. Coins and choice come from the operating system's randomness unless a `seed` is given, which makes it a
    demonstration. Raises DataError when there are too few rows, or a single label to mislabel.
    """
    X, y = _table(X, y)
    if kind not in get_args(Kind):
        raise DataError(f"there is no kind of canary {kind!r}; choose from {', '.join(get_args(Kind))}.")
    if not 1 <= n <= len(y):
        raise DataError(f"{n} canaries cannot be made from {len(y)} rows; choose a number between 1 and {len(y)}.")
    random = np.random.default_rng(secrets.randbits(256) if seed is None else seed)
    coins = np.frombuffer(secrets.token_bytes(-(-n // 8)) if seed is None else random.bytes(-(-n // 8)), np.uint8)
    included = np.unpackbits(coins)[:n].astype(bool)
    positions = random.permutation(len(y))[:n]
    labels = y[positions] if kind == "natural" else _other_labels(y, positions, random)
    kept = np.arange(len(y)) if kind == "duplicate-mismatch" else np.setdiff1d(np.arange(len(y)), positions)
    order = random.permutation(np.concatenate([kept, len(y) + np.flatnonzero(included)]))
    plan = Plan(
        kind, len(y), positions.tolist(), labels.tolist(), included.tolist(), order.tolist(), seed is not None
    )  # fmt: skip
    return plan.apply(X, y)


def score(
    planted: Planted | Plan | str,
    scores: ArrayLike,
    *,
    delta: float = 0.0,
    level: float = 0.95,
    guesses: int | None = None,
) -> CanaryResult:
    """What the trained model's `scores` on the canaries (n, in order; higher: more like a training row) prove.

    Scores are, for instance, the model's log-probability of `canary_y` or minus its loss. `planted` may be the plan or
    its JSON. The upper half of the guessed canaries is called in, the lower half out, those between are passed over.
    With `guesses`, fixed before looking, that many are guessed; else all, half, a quarter and an eighth of them, and
    the best bound counts, each at a level that makes the four hold together. Raises DataError where scores do not fit.
    """
    plan = planted.plan if isinstance(planted, Planted) else planted if isinstance(planted, Plan) else None
    plan = plan or Plan.from_json(planted)
    included = np.asarray(plan.included, bool)
    scores = checked_column(scores, "scores", len(included))
    n = len(scores)
    if guesses is not None and not 1 <= guesses <= n:
        raise DataError(f"{guesses} guesses cannot be made on {n} canaries; choose a number between 1 and {n}.")
    if included.all() or not included.any():
        raise DataError(f"all {n} coins fell alike, so nothing can be compared: plant more canaries.")
    tries = [guesses] if guesses else sorted({max(1, round(share * n)) for share in SHARES}, reverse=True)
    each = bonferroni_level(level, len(tries))
    order = np.argsort(-scores, kind="stable")
    found = []
    for r in tries:
        called_in, called_out = order[: (r + 1) // 2], order[n - r // 2 :]
        correct = int(included[called_in].sum() + (~included[called_out]).sum())
        found.append((one_run_epsilon(n, r, correct, delta, each), r, correct))
    epsilon, r, correct = max(found, key=lambda entry: (entry[0], entry[1]))
    bits, null = exposure(scores, included)
    return CanaryResult(
        epsilon, delta, level, n, r, correct, max(one_run_epsilon(n, r, r, delta, each) for r in tries),
        auc(scores, included, level=level), bits, null, plan.demonstration,
    )  # fmt: skip


def one_run_epsilon(canaries: int, guesses: int, correct: int, delta: float = 0.0, level: float = 0.95) -> float:
    """Lower bound on epsilon at `delta` from one training run: `correct` of `guesses` coins guessed right.

    Each of `canaries` rows was in the training data by its own fair coin; guesses may depend on the model only, and
    their number was fixed before. Theorem 5.2 of Steinke, Nasr & Jagielski 2023 (arXiv 2305.08846): under (epsilon,
    delta) the number of right guesses exceeds Binomial(guesses, 1 / (1 + exp(-epsilon))) by little. At delta 0 this is
    the one-sided Clopper-Pearson bound of the accuracy, in log-odds. Raises DataError for impossible counts.
    """
    if not (0 <= correct <= guesses <= canaries and guesses > 0):
        raise DataError(f"{correct} right of {guesses} guesses on {canaries} canaries is impossible.")
    if not (0.0 <= delta < 1.0 and 0.0 < level < 1.0):
        raise DataError(f"delta {delta} and level {level} must lie between 0 and 1.")
    tail = 1.0 - level
    if correct == 0 or _chance(canaries, guesses, correct, 0.0, delta) >= tail:
        return 0.0
    top = float(logit(betaincinv(correct, guesses - correct + 1.0, tail)))
    low, high = 0.0, max(top, 0.0)
    if delta == 0.0:
        return high
    while high - low > 1e-9:  # the bound stays on the safe side: `low` is always refuted
        middle = (low + high) / 2
        low, high = (middle, high) if _chance(canaries, guesses, correct, middle, delta) < tail else (low, middle)
    return low


def exposure(scores: ArrayLike, included: ArrayLike) -> tuple[np.ndarray, float]:
    """Exposure in bits of each included canary, and the mean that a model which remembers nothing would have.

    log2 of the number of candidates minus log2 of the canary's rank among them, the candidates being itself and the
    canaries left out (Carlini et al. 2019, arXiv 1802.08232, definition 1); ties count in the middle.
    """
    included = np.asarray(included, bool)
    scores = checked_column(scores, "scores", len(included))
    outside = np.sort(scores[~included])
    candidates = len(outside) + 1
    above = len(outside) - np.searchsorted(outside, scores[included], "right")
    level = len(outside) - np.searchsorted(outside, scores[included], "left")
    rank = 1 + (above + level) / 2
    return np.log2(candidates) - np.log2(rank), float(np.mean(np.log2(candidates / np.arange(1, candidates + 1))))


def _chance(canaries: int, guesses: int, correct: int, epsilon: float, delta: float) -> float:
    """The most probable that `correct` or more right guesses can be under (epsilon, delta): a p-value."""
    q = expit(epsilon)
    pure = float(binom.sf(correct - 1, guesses, q))
    if delta == 0.0:
        return pure
    below = np.cumsum(binom.pmf(np.arange(correct - 1, -1, -1), guesses, q))
    return min(1.0, pure + 2.0 * canaries * delta * float(np.max(below / np.arange(1, correct + 1))))


def _table(X: Any, y: ArrayLike | None) -> tuple[Any, np.ndarray]:
    if isinstance(X, Rows):
        X, y = X.X, X.y
    X = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else np.asarray(X)
    y = np.asarray(y)
    if y.ndim != 1 or X.ndim < 2 or len(X) != len(y):
        raise DataError(f"features have shape {X.shape} and labels {y.shape}; give one row and one label a record.")
    return X, y


def _take(X: Any, index: np.ndarray) -> Any:
    return X.iloc[index].reset_index(drop=True) if isinstance(X, pd.DataFrame) else X[index]


def _other_labels(y: np.ndarray, positions: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """For each position a label other than its own: one of the other classes; of numbers, that of another row."""
    if y.dtype.kind == "f":
        return y[(positions + random.integers(1, max(len(y), 2), len(positions))) % len(y)]
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise DataError("all labels are equal, so no row can be mislabelled: plant canaries of kind natural.")
    return classes[(codes[positions] + random.integers(1, len(classes), len(positions))) % len(classes)]
