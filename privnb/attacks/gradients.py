"""Logits of fitted estimators and their gradient by the input: linear models and MLPClassifier, by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.neural_network import MLPClassifier

_ACTIVATE = {"relu": lambda h: np.maximum(h, 0), "tanh": np.tanh, "logistic": expit, "identity": lambda h: h}
# derivative from the activation's own value
_SLOPE = {"relu": lambda a: (a > 0) * 1.0, "tanh": lambda a: 1 - a * a, "logistic": lambda a: a * (1 - a),
          "identity": np.ones_like}  # fmt: skip


@dataclass(frozen=True)
class Differentiable:
    """`logits(Z)` (m x classes) and `backward(Z, U)`, the gradient by Z of sum(U * logits), (m x p).

    Softmax of the logits are the model's probabilities (logistic regression, MLP, discriminant analysis); for models
    that give margins alone it stands in for them.
    """

    logits: Callable[[np.ndarray], np.ndarray]
    backward: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def log_probability(self, Z: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-probability (m) of class `k` (m) at each point, and its gradient (m x p)."""
        logits = self.logits(Z)
        logits = logits - logits.max(axis=1, keepdims=True)
        log_all = np.log(np.exp(logits).sum(axis=1))
        chosen = (np.arange(len(Z)), k)
        towards = -np.exp(logits - log_all[:, None])
        towards[chosen] += 1.0
        return logits[chosen] - log_all, self.backward(Z, towards)


def differentiable(core: Any) -> Differentiable | None:
    """The gradient of a fitted classifier: any with `coef_` and `intercept_`, or an MLPClassifier; None for others."""
    if not isinstance(getattr(core, "classes_", None), np.ndarray):
        return None
    if isinstance(core, MLPClassifier) and core.out_activation_ in ("softmax", "logistic"):
        several = len(core.classes_) > 2
        if several == (core.out_activation_ == "softmax"):
            return _network(core.coefs_, core.intercepts_, core.activation, several)
    weights = _weights(core)
    if weights is None:
        return None
    W, b = weights
    return Differentiable(lambda Z: Z @ W.T + b, lambda Z, U: U @ W)


def _weights(core: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights and intercepts, one line a class; a single line stands for the second of two classes."""
    try:
        W, b = np.asarray(core.coef_, dtype=np.float64), np.asarray(core.intercept_, dtype=np.float64)
    except (AttributeError, TypeError, ValueError):
        return None
    W, b, classes = np.atleast_2d(W), np.ravel(b), len(core.classes_)
    if getattr(core, "kernel", "linear") != "linear" or len(b) not in (1, len(W)):
        return None
    if len(W) == 1 and classes == 2:
        return np.vstack([np.zeros_like(W), W]), np.array([0.0, b[0]])
    if len(W) != classes:
        return None  # one line for each pair of classes (SVC)
    return W, np.broadcast_to(b, len(W)).copy()


def _network(coefs: list, intercepts: list, activation: str, several: bool) -> Differentiable:
    activate, slope = _ACTIVATE[activation], _SLOPE[activation]

    def layers(Z: np.ndarray) -> list[np.ndarray]:
        values = [Z]
        for depth, (W, b) in enumerate(zip(coefs, intercepts)):
            h = values[-1] @ W + b
            values.append(activate(h) if depth < len(coefs) - 1 else h)
        return values

    def logits(Z: np.ndarray) -> np.ndarray:
        out = layers(Z)[-1]
        return out if several else np.hstack([np.zeros_like(out), out])

    def backward(Z: np.ndarray, U: np.ndarray) -> np.ndarray:
        values = layers(Z)
        flow = U if several else U[:, 1:]
        for depth in range(len(coefs) - 1, -1, -1):
            flow = flow @ coefs[depth].T
            if depth:
                flow = flow * slope(values[depth])
        return flow

    return Differentiable(logits, backward)
