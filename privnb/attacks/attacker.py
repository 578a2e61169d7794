"""The attacker as an object: what a query returns to him, for the target as for his own shadow models."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from privnb.errors import DataError, ModelError
from privnb.subject.contract import Model

Outputs = Literal["probabilities", "top-n", "rounded", "label"]


@dataclass(frozen=True)
class Attacker:
    """What a query returns.

    `outputs`: all `probabilities`; those of the `top_n` likeliest classes (`top-n`); all, `rounded` to `digits`
    decimals; or the `label` alone. A regressor's value is whole, or rounded to `digits` decimals under `rounded` and
    `label`. Raises DataError for other outputs or counts below 1 (digits: 0).
    """

    outputs: Outputs = "probabilities"
    top_n: int = 3
    digits: int = 2

    def __post_init__(self):
        if self.outputs not in get_args(Outputs):
            raise DataError(f"attacker {self.outputs!r} is none that privnb knows; use {', '.join(get_args(Outputs))}.")
        if self.top_n < 1 or self.digits < 0:
            raise DataError(f"top_n is {self.top_n} and digits {self.digits}; give at least 1 and 0.")

    @classmethod
    def of(cls, given: "Attacker | str") -> "Attacker":
        """An attacker by the name of his outputs; `top3` and `round2` give the number as well."""
        if isinstance(given, Attacker):
            return given
        for word, outputs, number in (("top", "top-n", "top_n"), ("round", "rounded", "digits")):
            if given.startswith(word) and given.removeprefix(word).isdigit():
                return cls(outputs, **{number: int(given.removeprefix(word))})
        return cls(given)

    @property
    def key(self) -> dict[str, Any]:
        """What decides his answers, as plain JSON for the keys of units."""
        return {
            "outputs": self.outputs,
            **({"top_n": self.top_n} if self.outputs == "top-n" else {}),
            **({"digits": self.digits} if self.outputs in ("rounded", "label") else {}),
        }

    @property
    def words(self) -> str:
        """What he sees, for a sentence."""
        return {
            "probabilities": "the model's answers",
            "top-n": f"the model's answers for the {self.top_n} likeliest classes",
            "rounded": f"the model's answers rounded to {self.digits} decimals",
            "label": "the model's decisions alone, without any probability",
        }[self.outputs]

    def sees(self, model: Model) -> Model:
        """The model as he sees it."""
        if self.outputs == "probabilities" or (model.classes is None and self.outputs == "top-n"):
            return model
        return _Seen(model, self)


class _Seen:
    """A model behind an interface that withholds."""

    def __init__(self, model: Model, attacker: Attacker):
        self._model = model
        self._attacker = attacker
        self.classes = model.classes

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Labels as they are; a regressor's values rounded."""
        predicted = self._model.predict(X)
        return predicted if self.classes is not None else np.round(np.asarray(predicted, float), self._attacker.digits)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """What is shown of the probabilities (n x classes).

        What is withheld is filled in as an attacker would: under top-n the rest is spread evenly over the classes not
        shown; a rounded probability is kept half a step away from 0 and 1. Raises ModelError for label-only access.
        """
        if self._attacker.outputs == "label":
            raise ModelError("this attacker sees labels only.")
        probabilities = np.asarray(self._model.predict_proba(X), dtype=float)
        if self._attacker.outputs == "rounded":
            half = 0.5 * 10.0**-self._attacker.digits
            return np.clip(np.round(probabilities, self._attacker.digits), half, 1.0 - half)
        withheld = probabilities.shape[1] - self._attacker.top_n
        if withheld < 1:
            return probabilities
        order = np.argsort(-probabilities, axis=1, kind="stable")
        hidden = order[:, self._attacker.top_n :]
        rest = np.take_along_axis(probabilities, hidden, axis=1).mean(axis=1, keepdims=True)
        shown = probabilities.copy()
        np.put_along_axis(shown, hidden, np.broadcast_to(rest, hidden.shape), axis=1)
        return shown


SEES_ALL = Attacker()
