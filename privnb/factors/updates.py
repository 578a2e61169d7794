"""Updates: can somebody who kept the earlier release of a model tell who was added to the training data since?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from privnb.attacks.signals import SIGNALS_VERSION, query
from privnb.attacks.universe import stack
from privnb.errors import DataError
from privnb.stats.estimate import Estimate
from privnb.stats.people import checked_scores, person_codes
from privnb.stats.ranking import auc, auc_difference
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.units import Unit, UnitRunner

LEAST_PEOPLE = 30


@dataclass(frozen=True)
class Gain:
    """AUC of an attack that has something more, AUC of the same attack without it, and their paired difference."""

    with_it: Estimate
    without: Estimate
    difference: Estimate


def update_scores(old: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """How much surer of each record the new version is than the old one (n), and how sure it is by itself (n).

    `old` and `new` are what `privnb.attacks.signals.query` found for the two versions on the same records. Higher: more
    likely added by the update. The measure is the probability of the true class, being right where a version gives
    labels only, minus the squared residual of a regressor. On two forests, boosted trees and a linear model of Adult
    the difference of probabilities told added people from others by AUC .609, .747, .540 and .512, that of log-odds by
    .588, .759, .534 and .507. After Salem et al. 2020 (arXiv 1904.01067) and Jagielski et al. 2022 (arXiv 2205.06369).
    """
    alone = _belief(new, old)
    return alone - _belief(old, new), alone


def attack_gain(
    scores: np.ndarray, without: np.ndarray, member: np.ndarray, persons: np.ndarray, level: float = 0.95
) -> Gain:
    """AUC of two score vectors on the same records (n) and their paired difference, all by person (DeLong 1988).

    `member` (n) is 1 for those whom the attack looks for. Raises DataError for fewer than 30 people on a side.
    """
    scores, member = checked_scores(scores, member)
    codes, _ = person_codes(persons, len(scores))
    for side, name in ((member, "whom the attack looks for"), (~member, "who were never used")):
        people = len(np.unique(codes[side]))
        if people < LEAST_PEOPLE:
            raise DataError(f"this needs {LEAST_PEOPLE} people {name} or more and has {people}.")
    return Gain(
        auc(scores, member, codes, level),
        auc(without, member, codes, level),
        auc_difference(scores, without, member, codes, level),
    )


def update_risk(
    old: Mapping[str, np.ndarray], model: Model, added: Rows, never: Rows, task: str, level: float = 0.95
) -> Gain:
    """AUC of telling people `added` by an update from people `never` used, with both versions and with the new alone.

    `old` is what `query` found for the earlier version on the added rows, then on the others; `model` is the new one.
    """
    rows = stack([added, never])
    scores, alone = update_scores(old, query(model, rows, task))
    return attack_gain(scores, alone, np.arange(len(rows)) < len(added), rows.persons, level)


def simulated_earlier_answers(
    trainer: Trainer, train: Rows, earlier: np.ndarray, rows: Rows, *, units: UnitRunner, seed: int, data_key: str
) -> Mapping[str, np.ndarray]:
    """What a version trained on the `earlier` rows (n bools) of `train` answers about `rows`, as `query` gives it.

    One unit: one training on a part of the people. `data_key` names the data in its inputs.
    """

    def compute(unit: Unit) -> dict[str, np.ndarray]:
        before = trainer.fit(train.take(np.flatnonzero(earlier)), unit.inputs["seed"])
        return query(before, rows, trainer.task)

    inputs = {
        "signals": SIGNALS_VERSION,
        "trainer": dict(trainer.identity),
        "data": data_key,
        "seed": seed,
        "earlier": hashlib.sha256(train.position[earlier].astype(np.int64).tobytes()).hexdigest(),
        "rows": hashlib.sha256(rows.position.astype(np.int64).tobytes()).hexdigest(),
    }
    return units.map(compute, [Unit("update", inputs)])[0]


def earlier_half(rows: Rows, seed: int) -> np.ndarray:
    """Which rows (n bools) an earlier release could have been trained on: those of a random half of the people."""
    people, code = np.unique(rows.persons, return_inverse=True)
    chosen = np.random.default_rng(seed).permutation(len(people)) < (len(people) + 1) // 2
    return chosen[code]


def _belief(answer: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> np.ndarray:
    """How sure an answer is of the truth, in the finest measure that both versions give."""
    if "residual" in answer:
        return -(answer["residual"] ** 2)
    return expit(answer["log_odds"]) if "log_odds" in answer and "log_odds" in other else answer["correct"]
