"""Choosing method, threshold and constants on shadow models, each in turn the target, its twin left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from privnb.attacks.methods import NEEDS_SHADOWS, SCORES, Game, likelihoods
from privnb.attacks.rmia import OFFLINE_GRID, fitted_offline_a, rmia_offline
from privnb.attacks.signals import Signals

FIXED_CHOICE = (
    "rmia",
    "confidence",
    "residual",
    "calibrated_robustness",
    "robustness",
    "gap",
)  # in this order, where shadows cannot decide


@dataclass(frozen=True)
class Choice:
    """What the shadows decided.

    `mean_auc` maps each method to its mean AUC with shadows as targets (None where no shadow could play);
    `thresholds` maps each method to the score from which a record is called a member (None where shadows cannot
    tell); `reason` says how.
    """

    selected: str
    mean_auc: dict[str, float | None]
    thresholds: dict[str, float | None]
    offline_a: float
    reason: str


def choose(signals: Signals, methods: Sequence[str]) -> Choice:
    """Method, thresholds and RMIA's offline constant, from shadow models alone.

    With two shadows a shadow target would have only its twin for reference, so methods that need references can't be
    compared: then the choice is fixed in advance (RMIA). Ties go to the method named first.
    """
    offline_a = tuned_offline_a(signals) if {"rmia"} & set(methods) and not signals.online else 0.5
    games = [Game.against_shadow(signals, i, offline_a) for i in range(signals.count)]
    member = signals.trial_keep
    mean_auc: dict[str, float | None] = {}
    thresholds: dict[str, float | None] = {}
    for method in methods:
        if method in NEEDS_SHADOWS and signals.count < 4:
            mean_auc[method] = thresholds[method] = None
            continue
        scores = np.stack([SCORES[method](game) for game in games])
        mean_auc[method] = float(np.mean([rank_auc(scores[i], member[i]) for i in range(signals.count)]))
        thresholds[method] = best_threshold(scores.ravel(), member.ravel())
    if None in mean_auc.values():
        return Choice(
            fixed_choice(methods),
            mean_auc,
            thresholds,
            offline_a,
            "fixed in advance: two shadow models leave none to compare the methods on",
        )
    selected = max(methods, key=lambda method: mean_auc[method])
    return Choice(
        selected, mean_auc, thresholds, offline_a, "highest mean AUC with each shadow model in turn as target"
    )


def fixed_choice(methods: Sequence[str]) -> str:
    """The method reported when shadows cannot decide: the strongest by experience among `methods`."""
    return next((method for method in FIXED_CHOICE if method in methods), methods[0])


def tuned_offline_a(signals: Signals) -> float:
    """The constant of offline RMIA with the highest mean AUC on shadow targets (by least squares for two shadows)."""
    if signals.count < 4:
        shadows = likelihoods(Game.against_target(signals, 0.5), trial=True)[1]
        return fitted_offline_a(shadows, signals.trial_keep)
    total = np.zeros(len(OFFLINE_GRID))
    for i in range(signals.count):
        game = Game.against_shadow(signals, i, 0.5)
        target, shadows = likelihoods(game)
        member = signals.trial_keep[i]
        total += [rank_auc(rmia_offline(target, shadows, game.keep, a), member) for a in OFFLINE_GRID]
    return float(OFFLINE_GRID[int(np.argmax(total))])


def rank_auc(scores: np.ndarray, member: np.ndarray) -> float:
    """AUC of `scores` (n) for `member` (n bool) by midranks; .5 where one side is empty."""
    members = int(member.sum())
    others = len(member) - members
    if not members or not others:
        return 0.5
    return float((rankdata(scores)[member].sum() - members * (members + 1) / 2) / (members * others))


def best_threshold(scores: np.ndarray, member: np.ndarray) -> float:
    """The score from which calling records members has the highest balanced accuracy (the highest on ties)."""
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], member[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    tpr = np.cumsum(hits)[last] / max(hits.sum(), 1)
    fpr = np.cumsum(~hits)[last] / max((~hits).sum(), 1)
    return float(ordered[last[int(np.argmax(tpr - fpr))]])
