"""The one training row that an adversary lacks, by algebra: from class means, and from stationarity of a fit."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.class_weight import compute_class_weight

# A mismatch beyond this share of a check's own scale is no rounding: the rows are not all but one of the training rows.
MISMATCH = 1e-6


@dataclass(frozen=True)
class Solved:
    """A record in the estimator's input space.

    `z` (p) and `bound` (p), the largest error that rounding and the solver's tolerance leave possible (infinite: none
    is known); `label` with `label_sure`, or for a regression `label_bound`; `condition` says by how much the equations
    amplify an error in the parameters; `problem` says why nothing can be claimed.
    """

    z: np.ndarray
    bound: np.ndarray
    label: Any
    method: str
    condition: float
    label_sure: bool = True
    label_bound: float = 0.0
    problem: str = ""
    extra: dict = field(default_factory=dict)


def closed_form(core: Any, Z: np.ndarray, y: np.ndarray) -> Solved | None:
    """The missing row of a fitted estimator whose other training rows are `Z` (n - 1 x p) and `y`; None: no formula.

    Balle, Cherubin & Hayes 2022 (arXiv 2201.04845), section 3: an informed adversary and a convex model. Means for
    GaussianNB and discriminant analysis; stationarity for LinearRegression, Ridge and LogisticRegression.
    """
    if isinstance(core, (GaussianNB, LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis)):
        return from_means(core, Z, y)
    if type(core) in (LinearRegression, Ridge) and np.ndim(core.coef_) == 1 and not core.positive:
        return from_residuals(core, Z, y) if core.fit_intercept else None
    if type(core) is LogisticRegression and core.fit_intercept and _ridge_penalty(core) is not None:
        return from_gradients(core, Z, y)
    return None


def from_means(core: Any, Z: np.ndarray, y: np.ndarray) -> Solved:
    """A class mean times its count, minus the rows of that class that are known.

    The class is the one whose count is one short. Where discriminant analysis was given its priors, counts are unknown:
    then it is the class whose mean the known rows do not explain.
    """
    means = np.asarray(core.theta_ if isinstance(core, GaussianNB) else core.means_)
    code = np.searchsorted(core.classes_, y)
    known = np.bincount(code, minlength=len(means))
    sums = np.zeros(means.shape)
    np.add.at(sums, code, Z) if len(means) > 64 else _class_sums(sums, code, Z)
    problem = ""
    if isinstance(core, GaussianNB):
        short = core.class_count_ - known
    elif core.priors is None:
        short = core.priors_ * (len(y) + 1) - known
    else:
        apart = np.abs(means * np.maximum(known, 1)[:, None] - sums) / (np.abs(sums) + np.abs(means) + 1e-300)
        short = (np.arange(len(means)) == np.argmax(apart.max(axis=1))).astype(float)
    k = int(np.argmax(short))
    if np.abs(short - (np.arange(len(means)) == k)).max() > 1e-6 * (len(y) + 1):
        problem = "class counts of the model are not those of the known rows plus one (or rows were weighted)"
    count, rows = known[k] + 1, Z[code == k]
    z = count * means[k] - sums[k]
    precision = np.finfo(means.dtype).eps
    bound = 2 * precision * (count + 2) * (np.abs(rows).sum(axis=0) + np.abs(z))
    if not problem and isinstance(core, GaussianNB):
        spread = count * (core.var_[k] - core.epsilon_)
        found = ((rows - means[k]) ** 2).sum(axis=0) + (z - means[k]) ** 2
        if (np.abs(found - spread) > MISMATCH * (np.abs(spread) + count * core.epsilon_ + bound)).any():
            problem = "class variances of the model are not those of the known rows and the row found"
    return Solved(z, bound, core.classes_[k], "class mean", float(count), problem=problem)


def from_residuals(core: Any, Z: np.ndarray, y: np.ndarray) -> Solved:
    """OLS and Ridge: residuals sum to 0 and, times the features, to the penalty; the missing row supplies the rest."""
    y = np.asarray(y, dtype=np.float64)
    weights, penalty = core.coef_, float(np.ravel(getattr(core, "alpha", 0.0))[0])
    centre = Z.mean(axis=0)
    away = Z - centre
    residual = y - Z @ weights - core.intercept_
    missing = -residual.sum()
    rest = penalty * weights - away.T @ residual
    with np.errstate(divide="ignore", invalid="ignore"):
        z = centre + rest / missing
        label = float(z @ weights + core.intercept_ + missing)
        terms = np.abs(y) + np.abs(Z) @ np.abs(weights) + abs(core.intercept_)
        rounding = np.finfo(weights.dtype).eps * (len(y) + len(weights))
        error = rounding * (np.abs(away).T @ terms + penalty * np.abs(weights))
        error_sum = rounding * terms.sum()
        problem = ""
        if isinstance(core, Ridge) and core.solver_ not in ("cholesky", "svd"):
            if core.solver_ in ("lsqr", "sparse_cg"):
                error = error + core.tol * np.linalg.norm(away.T @ y)
            else:
                problem = f"the solver {core.solver_} does not say how near to the optimum it stopped"
                error_sum = np.inf
        left = abs(missing) - error_sum
        bound = (error + np.abs(z - centre) * error_sum) / left if left > 0 else np.full(len(z), np.inf)
        label_bound = float(np.abs(weights) @ bound + 2 * error_sum)
        condition = float(np.abs(residual).sum() / abs(missing)) if missing else np.inf
    bound, z = np.where(np.isfinite(bound) & np.isfinite(z), bound, np.inf), np.where(np.isfinite(z), z, centre)
    if not problem and (values := getattr(core, "singular_", None)) is not None and np.isfinite(bound).all():
        squares = (away**2).sum() + ((z - centre) ** 2).sum() * len(y) / (len(y) + 1)
        if abs(squares - (values**2).sum()) > MISMATCH * squares + 2 * (np.abs(z - centre) * bound).sum():
            problem = "singular values of the model are not those of the known rows and the row found"
    return Solved(z, bound, label if np.isfinite(label) else float(y.mean()), "stationarity", condition,
                  label_bound=label_bound if np.isfinite(label_bound) else np.inf, problem=problem)  # fmt: skip


def from_gradients(core: LogisticRegression, Z: np.ndarray, y: np.ndarray) -> Solved:
    """Logistic regression, two classes or more: the gradients of all rows and the penalty's sum to 0.

    What the known rows leave open is (p - onehot) times the missing row, a matrix of rank one; the intercept's
    equation gives p - onehot, whose one negative entry is the label. With `class_weight: balanced` each label is
    tried, and the one kept that agrees with itself best.
    """
    if core.class_weight is None or isinstance(core.class_weight, dict):
        return _gradients(core, Z, y, core.class_weight)
    tried = []
    for label in core.classes_:
        all_labels = np.append(y, label)
        weights = compute_class_weight("balanced", classes=core.classes_, y=all_labels)
        found = _gradients(core, Z, y, dict(zip(core.classes_.tolist(), weights)))
        tried.append((found.label != label, found.extra["inconsistency"], len(tried), found))
    return min(tried, key=lambda each: each[:3])[3]


def label_given(core: Any, Z: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[Any, bool] | None:
    """The label of a record whose features `z` (p) are known, and whether it is sure; None where there is no formula.

    In logistic regression p - onehot of the missing row is what the intercept's equation lacks. It differs by more than
    1 between two labels, so a solver that stopped far from the optimum still tells them apart.
    """
    if type(core) is not LogisticRegression or not core.fit_intercept or core.solver == "liblinear":
        return None
    if core.class_weight is not None:
        return None
    missing = -_known_error(core, Z, np.searchsorted(core.classes_, y)).sum(axis=0)
    apart = np.array([np.abs(missing - _own_error(core, z, k)).max() for k in range(len(core.classes_))])
    best, second = np.argsort(apart, kind="stable")[:2]
    return core.classes_[best], bool(apart[best] < 0.25 and apart[second] > 0.5)


def _known_error(core: LogisticRegression, Z: np.ndarray, code: np.ndarray) -> np.ndarray:
    """p - onehot of each row (n x 1, or classes), without the cancellation of 1 - p for rows the model is sure of."""
    margins = Z @ core.coef_.T + core.intercept_
    if len(core.coef_) == 1:
        return np.where(code == 1, -expit(-margins[:, 0]), expit(margins[:, 0]))[:, None]
    return _softmax_error(margins, code)


def _gradients(core: LogisticRegression, Z: np.ndarray, y: np.ndarray, class_weight: dict | None) -> Solved:
    classes, W, b = core.classes_, core.coef_, core.intercept_
    strength = _ridge_penalty(core)
    weight = np.array([1.0 if class_weight is None else class_weight.get(c, 1.0) for c in classes.tolist()])
    code = np.searchsorted(classes, y)
    error = _known_error(core, Z, code) * weight[code][:, None]
    centre = Z.mean(axis=0)
    away = Z - centre
    # the intercept of liblinear is penalised, as the weight of a constant feature
    held = strength * b / core.intercept_scaling**2 if core.solver == "liblinear" else np.zeros(len(b))
    missing = -(error.sum(axis=0) + held)
    rest = -(error.T @ away + strength * W) + np.outer(held, centre)
    size = float(missing @ missing)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = missing @ rest / size
    solved = np.isfinite(step).all()
    z = centre + (step if solved else 0.0)
    k = int(missing[0] < 0) if len(W) == 1 else int(np.argmin(missing))
    noise, problem = _solver_noise(core, away, error, strength, len(y) + 1)
    wrong = missing / weight[k] - _own_error(core, z, k)
    apart = rest - np.outer(missing, step if solved else np.zeros(len(z)))
    freedom = max(1, (len(W) - 1) * len(z))
    seen = max(float(np.abs(wrong).max()) * weight[k], np.sqrt((apart**2).sum() / freedom) if len(W) > 1 else 0.0)
    # of the centred row the intercept's share is small; 4 covers that the check sees one direction of many
    noise = max(noise, 4 * seen if len(W) > 1 else seen)
    norm = np.sqrt(size)
    left = norm - np.sqrt(len(W)) * noise
    if solved and np.isfinite(left) and left > 0:
        bound = np.sqrt(len(W)) * noise * (1 + np.abs(z - centre)) / left
        sure = bool(np.abs(missing[k if len(W) > 1 else 0]) > noise)
    else:
        bound, sure = np.full(len(z), np.inf), False
    return Solved(z, bound, classes[k], "stationarity", float(np.abs(error).sum() / norm) if norm else np.inf,
                  label_sure=sure, label_bound=0.0 if sure else np.inf, problem=problem,
                  extra={"inconsistency": seen / norm if norm else np.inf})  # fmt: skip


def _solver_noise(core: LogisticRegression, away: np.ndarray, error: np.ndarray, strength: float, rows: int):
    """Largest entry of the gradient (summed over rows) that the solver may have left, and why nobody can tell.

    lbfgs and newton stop when no entry of the mean gradient exceeds tol; lbfgs also when the loss falls by less than
    64 roundings, which leaves a gradient of sqrt(2 x curvature x fall).
    """
    spread = np.sqrt((away**2).sum(axis=0).max())
    rounding = np.finfo(core.coef_.dtype).eps * np.sqrt(rows) * max(float(np.abs(error).sum()), 1.0) * max(1.0, spread)
    if (np.ravel(core.n_iter_) >= core.max_iter).any():
        return np.inf, "the solver stopped before it converged (max_iter)"
    if core.solver in ("lbfgs", "newton-cg", "newton-cholesky"):
        noise = max(rows * core.tol, rounding)
        if core.solver == "lbfgs":
            curvature = 0.25 * (1.0 + (away**2).sum(axis=1).mean()) + strength / rows
            noise = max(noise, rows * np.sqrt(2 * curvature * 64 * np.finfo(float).eps))
        return noise, ""
    return np.inf, f"the solver {core.solver} does not say how near to the optimum it stopped"


def _ridge_penalty(core: LogisticRegression) -> float | None:
    """Factor of the weights in the summed gradient; None for a penalty that has a kink."""
    if core.penalty is None or np.isinf(core.C):
        return 0.0
    if core.penalty not in ("deprecated", "l2") or core.l1_ratio not in (None, 0, 0.0):
        return None
    return 1.0 / core.C


def _own_error(core: LogisticRegression, z: np.ndarray, k: int) -> np.ndarray:
    """p - onehot of a row of class `k` at `z`, as the fitted model gives it."""
    margins = z @ core.coef_.T + core.intercept_
    if len(margins) == 1:
        return np.array([-expit(-margins[0]) if k else expit(margins[0])])
    return _softmax_error(margins[None], np.array([k]))[0]


def _softmax_error(margins: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Softmax minus one-hot (n x classes); the entry of the own class is minus the sum of the others."""
    p = np.exp(margins - margins.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    own = (np.arange(len(p)), code)
    p[own] = 0.0
    p[own] = -p.sum(axis=1)
    return p


def _class_sums(sums: np.ndarray, code: np.ndarray, Z: np.ndarray) -> None:
    for k in range(len(sums)):
        sums[k] = Z[code == k].sum(axis=0)
