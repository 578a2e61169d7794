"""The missing row by search, where no formula is known: which candidate, added and refitted, gives the same answers?"""

from typing import Any

import numpy as np
from scipy.optimize import least_squares
from sklearn.base import clone

from privnb.attacks.closed_forms import Solved

MOST_ROWS = 500  # a search refits the model for each candidate; beyond this one row also moves the answers too little
_STEP = 1e-3  # of a standard deviation, for differences: above the tolerance at which most solvers stop


class _Spent(Exception):
    """The budget of refits is used up."""


class _Refits:
    """Answers of the target, and of refits with a candidate added, to the same probes; remembers the best candidate."""

    def __init__(self, core: Any, Z: np.ndarray, y: np.ndarray, budget: int):
        self.core, self.Z, self.y, self.left = core, Z, y, budget
        self.target = _answers(core, Z)
        self.best: tuple[float, np.ndarray, Any] = (np.inf, Z.mean(axis=0), y[0])
        self.tried: list[tuple[float, np.ndarray, Any]] = []

    def gap(self, z: np.ndarray, label: Any) -> np.ndarray:
        """Answers of the refit minus those of the target (probes x outputs, flat)."""
        if self.left <= 0:
            raise _Spent
        self.left -= 1
        refit = clone(self.core).fit(np.vstack([self.Z, z]), np.append(self.y, label))
        answers = _answers(refit, self.Z)
        # a label that the refit doesn't know leaves outputs out: the worst candidate
        gap = answers - self.target if answers.shape == self.target.shape else np.full(self.target.shape, 1e3)
        size = float(np.sqrt((gap**2).mean()))
        self.tried.append((size, z.copy(), label))
        if size < self.best[0]:
            self.best = self.tried[-1]
        return gap

    def rival(self, scale: np.ndarray) -> bool:
        """Whether a quite different candidate (another class, or a tenth of an SD away) answers nearly as well."""
        size, z, label = self.best
        alike = 10 * size + 1e-6 * float(np.abs(self.target).max())
        classes = getattr(self.core, "classes_", None)
        return any(
            other <= alike and ((classes is not None and name != label) or np.abs((point - z) / scale).max() > 0.1)
            for other, point, name in self.tried
        )


def search_record(core: Any, Z: np.ndarray, y: np.ndarray, refits: int, seed: int) -> Solved | None:
    """The candidate whose refit answers most like the target; None for more than 500 known rows or a refit that fails.

    `Z` (n - 1 x p) and `y` are the known rows, `refits` the budget. First every label at its class mean and at known
    rows, then least squares on the answers' differences (smooth fits), then random steps (trees). The bound is what
    the answers' derivatives leave open; a fit that does not move smoothly gives none, and so no claim. After the
    informed adversary of Balle, Cherubin & Hayes 2022, with the refit in place of their reconstruction network.
    """
    if len(Z) > MOST_ROWS:
        return None
    random = np.random.default_rng(seed)
    scale = np.where(Z.std(axis=0) > 0, Z.std(axis=0), 1.0)
    refitted = _Refits(core, Z, y, refits)
    classes = getattr(core, "classes_", None)
    p = Z.shape[1]
    bound, condition = np.full(p + 1, np.inf), np.inf
    try:
        _starts(refitted, classes, random, max(refits // 3, 2))
        bound, condition = _descend(refitted, scale, classes is None)
        _wander(refitted, scale, random, classes)
    except _Spent:
        pass
    size, z, label = refitted.best
    if not np.isfinite(size):
        return None
    near = size <= 1e-4 * max(float(np.abs(refitted.target).max()), 1e-300)
    unique = near and bool((bound[:p] <= 0.1 * scale).all()) and not refitted.rival(scale)
    problem = "" if unique else "no candidate gives the target's answers within the budget of refits"
    if near and not unique:
        problem = "several candidates may give the same answers"
    return Solved(
        z, bound[:p] if unique else np.full(p, np.inf), label, "numeric search", condition, label_sure=unique,
        label_bound=float(bound[p]) if unique else np.inf, problem=problem,
    )  # fmt: skip


def label_of(core: Any, Z: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[Any, bool] | None:
    """The label of a record whose features `z` (p) are known: the one whose refit answers like the target.

    Sure when that refit's answers are the target's and no other label's are. None for a regressor, more than 500 known
    rows, or more than 20 classes.
    """
    classes = getattr(core, "classes_", None)
    if classes is None or len(Z) > MOST_ROWS or len(classes) > 20:
        return None
    refitted = _Refits(core, Z, y, len(classes))
    gaps = np.array([np.sqrt((refitted.gap(z, label) ** 2).mean()) for label in classes])
    best, second = np.argsort(gaps, kind="stable")[:2]
    size = max(float(np.abs(refitted.target).max()), 1e-300)
    return classes[best], bool(gaps[best] <= 1e-6 * size and gaps[second] > 100 * gaps[best] + 1e-6 * size)


def _answers(core: Any, Z: np.ndarray) -> np.ndarray:
    """What the model answers to the known rows, as smoothly as it can be asked."""
    for name in ("decision_function", "predict_proba", "predict"):
        if hasattr(core, name):
            answers = np.asarray(getattr(core, name)(Z))
            return answers.ravel().astype(np.float64) if answers.dtype.kind in "fiub" else np.zeros(answers.size)
    raise TypeError(f"a {type(core).__name__} answers nothing")


def _starts(refitted: _Refits, classes: np.ndarray | None, random: np.random.Generator, budget: int) -> None:
    """Every label at its mean, then known rows of the better labels."""
    Z, y = refitted.Z, refitted.y
    floor = refitted.left - budget
    labels = list(classes) if classes is not None else list(np.quantile(y, [0.1, 0.5, 0.9]))
    for label in labels:
        of = y == label if classes is not None and (y == label).any() else np.ones(len(y), bool)
        refitted.gap(Z[of].mean(axis=0), label)
    order = random.permutation(len(Z))
    for row in order:
        if refitted.left <= floor:
            return
        if classes is None or y[row] == refitted.best[2] or row % 3 == 0:
            refitted.gap(Z[row], y[row])


def _descend(refitted: _Refits, scale: np.ndarray, regression: bool) -> tuple[np.ndarray, float]:
    """Least squares from the best start; returns the bounds of features and label, and the condition number."""
    p = len(scale)
    nothing = np.full(p + 1, np.inf), np.inf
    if refitted.left < 2 * (p + 2):
        return nothing
    _, z, label = refitted.best
    spread = float(np.std(refitted.y)) if regression else 1.0

    def gap(t: np.ndarray) -> np.ndarray:
        return refitted.gap(t[:p] * scale, label if not regression else t[p] * spread)

    start = np.append(z / scale, float(label) / spread) if regression else z / scale
    most = max(1, refitted.left // (len(start) + 1) - 1)
    found = least_squares(gap, start, diff_step=_STEP / np.maximum(np.abs(start), _STEP), max_nfev=most, xtol=1e-10)
    values = np.linalg.svd(found.jac, compute_uv=False)
    if not len(values) or values[-1] <= 1e-9 * values[0] or len(values) < len(start):
        return nothing
    left = np.linalg.norm(found.fun) + 1e-7 * np.linalg.norm(refitted.target)
    error = np.linalg.norm(np.linalg.pinv(found.jac), axis=1) * left
    label_error = error[p] * spread if regression else 0.0  # a class is right when the answers are the target's
    return np.append(error[:p] * scale, label_error), float(values[0] / values[-1])


def _wander(refitted: _Refits, scale: np.ndarray, random: np.random.Generator, classes: np.ndarray | None) -> None:
    """Random steps from the best candidate: some features take a known row's values, or move by a share of an SD."""
    size = 1.0
    while refitted.best[0] > 0:
        before, z, label = refitted.best
        moved = random.random(len(scale)) < max(0.2, 1.0 / len(scale))
        donor = random.integers(len(refitted.Z))
        step = refitted.Z[donor] if random.random() < 0.5 else z + size * scale * random.normal(size=len(scale))
        if classes is None and random.random() < 0.3:
            label = label + size * np.std(refitted.y) * random.normal()
        refitted.gap(np.where(moved, step, z), label)
        size = min(1.0, size * 1.5) if refitted.best[0] < before else max(size * 0.95, 0.01)
