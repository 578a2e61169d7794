"""Membership audit for people without a spec: an estimator and four arrays in, findings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.adapt import rows_of, trainer_and_model
from privnb.attacks.attacker import Attacker
from privnb.attacks.exposure import most_exposed
from privnb.attacks.groups import group_findings
from privnb.attacks.membership import Attack, attack_membership
from privnb.attacks.metrics import membership_metrics
from privnb.findings import Finding
from privnb.stats.roc import step_roc
from privnb.units import ThreadUnits, derive_seed


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    `findings` are those of the selected attack by key, `by_method` those of each attack, `by_group` true and false
    positives of the selected attack by group, at its one threshold (empty where no groups were given).
    """

    attack: Attack
    by_method: dict[str, dict[str, Finding]]
    by_group: Sequence[Finding] = ()

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
        """The `top` members most exposed: row in X and estimated false-positive rate (see `most_exposed`)."""
        scores = self.attack.scores[method or self.attack.selected]
        positions = np.arange(len(scores))  # members come first, so a member's place is its row in X
        table = most_exposed(scores, self.attack.member, positions, top, persons=self.attack.persons)
        return pd.DataFrame(table.rows, columns=table.columns)


def audit_membership(
    trainer_or_model: Any,
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    X_out: ArrayLike | pd.DataFrame,
    y_out: ArrayLike,
    *,
    attacker: Attacker | str = "probabilities",
    methods: Sequence[str] | Literal["auto"] = "auto",
    shadows: int = 16,
    groups: ArrayLike | None = None,
    persons: ArrayLike | None = None,
    seed: int = 0,
    jobs: int = 1,
) -> Audit:
    """Can a model's answers tell who was in its training data?

    `trainer_or_model` is a fitted estimator that was trained on exactly `X`, `y` (its unfitted clone trains the
    shadows), or an unfitted one, a factory, a dotted name or a Trainer, which is trained on them first. `X_out`,
    `y_out` are rows it never saw. `attacker` is an Attacker, or the name of what a query returns: probabilities,
    label, top3, round2 (any number). `persons` and `groups` say whose row each is and which group it belongs to, of X
    and then of X_out. The attacker holds the records in question. Raises DataError for rows that don't fit together or
    are fewer than 30, ModelError for what can't be trained or queried.
    """
    attacker = Attacker.of(attacker)
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
        attacker=attacker,
    )
    by_method = {
        method: membership_metrics(
            scores, attack.member, persons=attack.persons, seed=seed, threshold=attack.thresholds[method]
        )
        for method, scores in attack.scores.items()
    }
    by_group = (
        ()
        if groups is None
        else group_findings(
            attack.scores[attack.selected],
            attack.member,
            groups,
            attack.thresholds[attack.selected],
            persons=attack.persons,
            name=getattr(groups, "name", None) or "group",
        )
    )
    return Audit(attack, by_method, by_group)
