"""Membership audit for people without a spec: an estimator and four arrays in, findings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.adapt import rows_of, trainer_and_model
from privnb.attacks.membership import Attack, attack_membership
from privnb.attacks.metrics import membership_metrics
from privnb.errors import DataError
from privnb.findings import Finding
from privnb.stats.roc import step_roc
from privnb.units import ThreadUnits, derive_seed


@dataclass(frozen=True)
class Audit:
    """What an audit found. `findings` are those of the selected attack by key; `by_method` those of each attack."""

    attack: Attack
    by_method: dict[str, dict[str, Finding]]

    @property
    def scores(self) -> dict[str, np.ndarray]:
        """One score a record by method: members first, then non-members; higher means more like a member."""
        return dict(self.attack.scores)

    @property
    def member(self) -> np.ndarray:
        """Which records (bool) were in the training data."""
        return self.attack.member

    @property
    def findings(self) -> dict[str, Finding]:
        """Findings of the attack that shadow models selected, by key (auc, tpr_at_fpr_1pct, ...)."""
        return self.by_method[self.attack.selected]

    def table(self) -> pd.DataFrame:
        """One line an attack and figure: attack, figure, value, low, high, n, status."""
        lines = [
            (method, key, found.value, found.low, found.high, found.n, found.status)
            for method, findings in self.by_method.items()
            for key, found in findings.items()
        ]
        return pd.DataFrame(lines, columns=["attack", "figure", "value", "low", "high", "n", "status"])

    def roc(self, method: str | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Step ROC (fpr, tpr, thresholds) of a method, of the selected one when None is named."""
        return step_roc(self.attack.scores[method or self.attack.selected], self.attack.member)

    def records(self, top: int = 20, method: str | None = None) -> pd.DataFrame:
        """The `top` members most exposed: row in X, score, and the share of non-members that score as high (FPR)."""
        scores = self.attack.scores[method or self.attack.selected]
        inside, outside = scores[self.attack.member], np.sort(scores[~self.attack.member])
        order = np.argsort(-inside, kind="stable")[:top]
        fpr = 1 - np.searchsorted(outside, inside[order], side="left") / len(outside)
        return pd.DataFrame({"row": order, "score": inside[order], "estimated_fpr": fpr})


def audit_membership(
    trainer_or_model: Any,
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    X_out: ArrayLike | pd.DataFrame,
    y_out: ArrayLike,
    *,
    attacker: Literal["probabilities"] = "probabilities",
    methods: Sequence[str] | Literal["auto"] = "auto",
    shadows: int = 16,
    persons: ArrayLike | None = None,
    seed: int = 0,
    jobs: int = 1,
) -> Audit:
    """Can a model's answers tell who was in its training data?

    `trainer_or_model` is a fitted estimator that was trained on exactly `X`, `y` (its unfitted clone trains the
    shadows), or an unfitted one, a factory, a dotted name or a Trainer, which is trained on them first. `X_out`,
    `y_out` are rows it never saw. `persons` says whose row each is, of X and then of X_out. The attacker sees
    probabilities and holds the records in question. Raises DataError for rows that don't fit together or are fewer
    than 30, ModelError for what can't be trained or queried.
    """
    if attacker != "probabilities":
        raise DataError(f"attacker {attacker!r} is not available yet in this version of privnb; use 'probabilities'.")
    members, non_members = rows_of(X, y, X_out, y_out, persons)
    seeds = partial(derive_seed, seed)
    trainer, model = trainer_and_model(trainer_or_model, members, seeds("target"))
    attack = attack_membership(
        model,
        trainer,
        members,
        non_members,
        None,
        shadows=shadows,
        data="actual",
        methods=methods,
        units=ThreadUnits(jobs),
        seed=seeds,
        data_key="audit",
    )
    by_method = {
        method: membership_metrics(
            scores, attack.member, persons=attack.persons, seed=seed, threshold=attack.thresholds[method]
        )
        for method, scores in attack.scores.items()
    }
    return Audit(attack, by_method)
