"""The attacker as an object: what a query returns, what data and knowledge it has; target and shadows alike."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from privnb.errors import DataError, ModelError
from privnb.subject.contract import Model

Access = Literal["black-box", "white-box"]
Outputs = Literal["probabilities", "top-n", "rounded", "label"]
Data = Literal["actual", "same-distribution", "none"]


@dataclass(frozen=True)
class Attacker:
    """What an attacker sees, has and knows.

    `outputs` is what a query returns: all `probabilities`, the `n` largest (`top-n`), probabilities `rounded` to
    `digits` decimals (a regressor's value likewise), or the `label` alone. With `white-box` access the model's inside
    is open, so nothing is withheld. `data`: the candidate records (`actual`), others like them (`same-distribution`),
    or none. Raises DataError for a value that does not exist.
    """

    access: Access = "black-box"
    outputs: Outputs = "probabilities"
    n: int = 3
    digits: int = 2
    data: Data = "actual"
    knows_architecture: bool = True

    def __post_init__(self):
        for name, kinds in (("access", Access), ("outputs", Outputs), ("data", Data)):
            if getattr(self, name) not in kinds.__args__:
                raise DataError(
                    f"an attacker's {name} is {getattr(self, name)!r}; choose from {', '.join(kinds.__args__)}."
                )
        if self.n < 1 or self.digits < 0:
            raise DataError(
                f"top-n needs n of 1 or more and rounding 0 digits or more; got {self.n} and {self.digits}."
            )

    @classmethod
    def of(cls, given: Any) -> "Attacker":
        """An Attacker from an Attacker, a spec's threat model, or a name.

        Names: `probabilities`, `label`, `top3` (any number), `rounded2` (any number of digits), `white-box`.
        """
        if isinstance(given, cls):
            return given
        if not isinstance(given, str):
            return cls(
                given.access,
                given.outputs,
                given.top_n,
                given.digits,
                given.data,
                given.knows_architecture,
            )
        if given in ("probabilities", "label"):
            return cls(outputs=given)
        if given == "white-box":
            return cls(access=given)
        if found := re.fullmatch(r"top-?(\d+)", given):
            return cls(outputs="top-n", n=int(found[1]))
        if found := re.fullmatch(r"rounded-?(\d+)", given):
            return cls(outputs="rounded", digits=int(found[1]))
        raise DataError(
            f"there is no attacker {given!r}; use probabilities, top3, rounded2, label, white-box or an Attacker."
        )

    @property
    def white_box(self) -> bool:
        """Whether the model's inside is open."""
        return self.access == "white-box"

    @property
    def labels_only(self) -> bool:
        """Whether a query returns no more than the predicted label."""
        return self.outputs == "label" and not self.white_box

    @property
    def identity(self) -> dict[str, Any]:
        """Plain JSON that decides what a query returns."""
        return {name: value for name, value in asdict(self).items() if name in ("access", "outputs", "n", "digits")}

    @property
    def sees(self) -> str:
        """What it sees of an answer, in words."""
        if self.white_box:
            return "the model’s inside and all its answers"
        return {
            "probabilities": "the model’s answers",
            "top-n": f"the {self.n} largest probabilities of an answer (what remains is taken as spread evenly)",
            "rounded": f"the model’s answers rounded to {self.digits} decimals",
            "label": "the predicted value alone",
        }[self.outputs]


def seen(attacker: Attacker, model: Model) -> Model:
    """The model as it answers to this attacker; the model itself where nothing is withheld.

    `top-n` keeps the n largest probabilities of a row (ties at the edge: the earlier class) and spreads what remains
    evenly over the other classes; `rounded` rounds probabilities and a regressor's values to decimals; with `label`,
    `predict_proba` raises ModelError. A regressor's value is its label.
    """
    whole = attacker.outputs == "probabilities" or attacker.white_box
    regressor = model.classes is None and attacker.outputs in ("top-n", "label")
    return model if whole or regressor else SeenModel(attacker, model)


class SeenModel:
    """A model that answers as one attacker sees it; `classes` are the model's own."""

    def __init__(self, attacker: Attacker, model: Model):
        self.attacker, self._model = attacker, model
        self.classes = model.classes

    @property
    def gives_probabilities(self) -> bool:
        """Whether `predict_proba` can be asked."""
        return self.attacker.outputs != "label" and getattr(
            self._model, "gives_probabilities", self.classes is not None
        )

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Predicted labels, or values rounded as the attacker sees them (n)."""
        predicted = self._model.predict(X)
        if self.classes is None and self.attacker.outputs == "rounded":
            return np.round(np.asarray(predicted, dtype=float), self.attacker.digits)
        return predicted

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Class probabilities (n x classes) as far as they are shown; ModelError for labels only."""
        if self.attacker.outputs == "label":
            raise ModelError("this attacker sees the predicted label alone, so there are no probabilities")
        probabilities = np.asarray(self._model.predict_proba(X), dtype=float)
        if self.attacker.outputs == "rounded":
            return np.round(probabilities, self.attacker.digits)
        return largest_shown(probabilities, self.attacker.n)


def largest_shown(probabilities: np.ndarray, n: int) -> np.ndarray:
    """Each row's `n` largest probabilities; the others share what remains evenly (rows x classes)."""
    classes = probabilities.shape[1]
    if n >= classes:
        return probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :n]
    shown = np.take_along_axis(probabilities, order, axis=1)
    rest = np.clip(1 - shown.sum(axis=1), 0, None) / (classes - n)
    answer = np.repeat(rest[:, None], classes, axis=1)
    np.put_along_axis(answer, order, shown, axis=1)
    return answer


SEES_ALL = Attacker()
