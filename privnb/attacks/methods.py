"""The membership attacks by name: each turns one game (a target and what is held against it) into a score a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from privnb.attacks.lira import lira_offline, lira_online
from privnb.attacks.rmia import rmia_offline, rmia_online
from privnb.attacks.signals import Signals

LOG_ODDS_BOUND = float(np.log(0.99 / 0.01))  # LiRA's log-odds are clipped: beyond it lies the resolution of 100 trees


@dataclass(frozen=True)
class Game:
    """A target's signals (records) with shadows' signals (shadows x records) on them and on the trial records.

    `offline_a` is RMIA's constant for shadows that saw no candidate, `trial_people` how many people the trial records
    are of.
    """

    target: Mapping[str, np.ndarray]
    shadows: Mapping[str, np.ndarray]
    keep: np.ndarray
    trial: Mapping[str, np.ndarray]
    trial_keep: np.ndarray
    online: bool
    offline_a: float = 0.5
    trial_people: int | None = None

    @classmethod
    def against_target(cls, signals: Signals, offline_a: float) -> "Game":
        """The game that counts: all shadows against the target."""
        return cls(
            signals.target,
            signals.shadows,
            signals.keep,
            signals.trial,
            signals.trial_keep,
            signals.online,
            offline_a,
            signals.trial_people,
        )

    @classmethod
    def against_shadow(cls, signals: Signals, i: int, offline_a: float) -> "Game":
        """Shadow `i` plays target on the trial records; it and its twin, which saw exactly the rest, are left out."""
        others = [j for j in range(signals.count) if j // 2 != i // 2]
        trial = {name: values[others] for name, values in signals.trial.items()}
        keep = signals.trial_keep[others]
        target = {name: values[i] for name, values in signals.trial.items()}
        return cls(target, trial, keep, trial, keep, signals.online, offline_a, signals.trial_people)


def confidence(game: Game) -> np.ndarray:
    """Log-odds of the true class (the loss threshold of Yeom et al. 2018, arXiv 1709.01604)."""
    return game.target["log_odds"]


def entropy(game: Game) -> np.ndarray:
    """Minus the entropy of the answer, label unused (Salem et al. 2019, arXiv 1806.01246)."""
    return -game.target["entropy"]


def modified_entropy(game: Game) -> np.ndarray:
    """Minus the entropy that knows the label (Song and Mittal 2021, arXiv 2003.10595)."""
    return -game.target["modified_entropy"]


def gap(game: Game) -> np.ndarray:
    """1 where the answer is right, else 0 (Yeom et al. 2018): needs labels only."""
    return game.target["correct"]


def residual(game: Game) -> np.ndarray:
    """Minus the squared residual of a regressor, the loss threshold of Yeom et al. 2018."""
    return -(game.target["residual"] ** 2)


def rmia(game: Game) -> np.ndarray:
    """Relative membership: confidence of the target against that of its shadows (Zarifzadeh et al. 2024)."""
    target, shadows = likelihoods(game)
    if game.online:
        return rmia_online(target, shadows, game.keep)
    return rmia_offline(target, shadows, game.keep, game.offline_a)


def lira(game: Game) -> np.ndarray:
    """Likelihood ratio of the target's answer (Carlini et al. 2022)."""
    if "residual" in game.target:
        target, shadows, trial = _oriented_residuals(game)
    else:
        target, shadows, trial = (
            np.clip(values["log_odds"], -LOG_ODDS_BOUND, LOG_ODDS_BOUND)
            for values in (game.target, game.shadows, game.trial)
        )
    if game.online:
        return lira_online(target, shadows, game.keep, game.trial_people)
    return lira_offline(target, shadows, game.keep, trial, game.trial_keep, game.trial_people)


def likelihoods(game: Game, trial: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Target's and shadows' confidence in the true class; for a regressor, in the true value.

    There the error is taken as normal and as large as the shadows' is on records they did not see. With `trial`, the
    shadows' are those on the trial records.
    """
    shadows = game.trial if trial else game.shadows
    if "residual" not in game.target:
        return expit(game.target["log_odds"]), expit(shadows["log_odds"])
    unseen = game.trial["residual"][~game.trial_keep]
    scale = 2 * max(float(np.mean(unseen**2)), np.finfo(float).tiny)
    return np.exp(-(game.target["residual"] ** 2) / scale), np.exp(-(shadows["residual"] ** 2) / scale)


def calibrated(game: Game) -> np.ndarray:
    """Log-odds of the true class less their mean over shadows that did not see the record (Watson et al. 2022)."""
    return _above_reference(game, "log_odds", LOG_ODDS_BOUND)


def robustness(game: Game) -> np.ndarray:
    """Share of changed copies that are still decided rightly: labels only (Choquette-Choo et al. 2021)."""
    return game.target["robustness"]


def calibrated_robustness(game: Game) -> np.ndarray:
    """The same, less its mean over shadows that did not see the record."""
    return _above_reference(game, "robustness", np.inf)


def _above_reference(game: Game, name: str, bound: float) -> np.ndarray:
    target, shadows = (np.clip(values[name], -bound, bound) for values in (game.target, game.shadows))
    unseen = ~game.keep if game.online else np.ones_like(game.keep)
    return target - np.where(unseen, shadows, 0.0).sum(axis=0) / np.maximum(unseen.sum(axis=0), 1)


SCORES: dict[str, Callable[[Game], np.ndarray]] = {
    "confidence": confidence,
    "entropy": entropy,
    "modified_entropy": modified_entropy,
    "gap": gap,
    "robustness": robustness,
    "residual": residual,
    "rmia": rmia,
    "lira": lira,
    "calibrated": calibrated,
    "calibrated_robustness": calibrated_robustness,
}
NEEDS_SHADOWS = frozenset({"rmia", "lira", "calibrated", "calibrated_robustness"})


def _oriented_residuals(game: Game) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals in units of the shadows' error, turned so that each record's typical one is positive.

    Offline the typical residual is that of the shadows which did not see the record.
    """
    unseen = game.trial["residual"][~game.trial_keep]
    scale = max(float(np.sqrt(np.mean(unseen**2))), np.finfo(float).tiny)
    signs = []
    for values, keep in ((game.shadows, game.keep), (game.trial, game.trial_keep)):
        counted = np.ones_like(keep) if game.online else ~keep
        signs.append(np.where(np.where(counted, values["residual"], 0.0).sum(axis=0) < 0, -1.0, 1.0) / scale)
    sign, trial_sign = signs
    return game.target["residual"] * sign, game.shadows["residual"] * sign, game.trial["residual"] * trial_sign
