"""Membership: privnb's attacks and ART's on the same models."""

import argparse
import functools
from collections.abc import Iterator

import numpy as np

from against_art.tables import SEEDS, TARGETS, Line, halves, table_of
from privnb.attacks.methods import SCORES, Game
from privnb.attacks.selection import choose, rank_auc
from privnb.attacks.signals import Signals, query, shadow_signals
from privnb.attacks.universe import balanced_halves, stack
from privnb.stats.roc import step_roc
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits

METHODS = ["confidence", "rmia", "lira"]


@functools.cache
def models_of(name: str, models: int, jobs: int = 2) -> Signals:
    """The signals of `models` models, each trained on a random half of the table, in complementary pairs."""
    dataset, estimator = TARGETS[name]
    trainer, (members, others) = as_trainer(estimator), halves(table_of(dataset))
    target = query(trainer.fit(members, 0), stack([members, others]), "classification")
    return shadow_signals(
        target, trainer, members, others, None,
        shadows=models, data="actual", units=ThreadUnits(jobs), seed=SEEDS, data_key=name,
    )  # fmt: skip


def attacked(signals: Signals, i: int, shadows: int, online: bool = True) -> Signals:
    """Model `i` as the target of an attacker with the next `shadows` models; its twin is never among them."""
    pairs = signals.count // 2
    next_pairs = [(i // 2 + 1 + step) % pairs for step in range(shadows // 2)]
    others = [j for pair in next_pairs for j in (2 * pair, 2 * pair + 1)]
    answers, keep = {name: values[others] for name, values in signals.trial.items()}, signals.trial_keep[others]
    return Signals(
        {name: values[i] for name, values in signals.trial.items()}, answers, keep, answers, keep,
        online, signals.shadow_rows, signals.extra_rows, signals.trial_people,
    )  # fmt: skip


def figures(scores: np.ndarray, member: np.ndarray) -> list[float]:
    """AUC, TPR at 1 % FPR, TPR at 0.1 % FPR (step ROC: the largest achievable FPR not above the stated one)."""
    rates, tpr, _ = step_roc(scores, member)
    return [rank_auc(scores, member), *(float(tpr[rates <= fpr + 1e-12].max()) for fpr in (0.01, 0.001))]


def privnb_figures(name: str, shadows: int, targets: int, online: bool = True, models: int = 0) -> dict:
    """Mean figures (3) over the targets, by method and for `selected`: the method that each target's shadows chose."""
    signals = models_of(name, max(models, shadows + 2, targets + targets % 2))
    found: dict[str, list] = {method: [] for method in [*METHODS, "selected"]}
    for i in range(min(targets, signals.count)):
        held = attacked(signals, i, shadows, online)
        choice = choose(held, METHODS)
        game = Game.against_target(held, choice.offline_a)
        for method in METHODS:
            found[method].append(figures(SCORES[method](game), signals.trial_keep[i]))
        found["selected"].append(found[choice.selected][-1])
    return {method: np.mean(values, axis=0) for method, values in found.items()}


@functools.cache
def art_figures(name: str, targets: int) -> np.ndarray | None:
    """ART's mean figures (3) on the same models, best of three attack models for each; None where it is missing."""
    try:
        from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
        from art.estimators.classification.scikitlearn import SklearnClassifier
    except ImportError:
        return None
    dataset, estimator = TARGETS[name]
    rows, trainer = table_of(dataset), as_trainer(estimator)
    labels = np.unique(rows.y, return_inverse=True)[1]
    keep = balanced_halves(rows.persons, rows.y, targets + targets % 2, SEEDS)
    X, found = rows.X.to_numpy(dtype=np.float32), []
    for i in range(targets):
        model = trainer.fit(rows.take(np.flatnonzero(keep[i])), SEEDS("shadow", i)).estimator
        known = np.random.default_rng(i).random(len(rows)) < 0.5
        best = []
        for kind in ("rf", "gb", "lr"):
            attack = MembershipInferenceBlackBox(SklearnClassifier(model), attack_model_type=kind)
            inside, outside = known & keep[i], known & ~keep[i]
            attack.fit(X[inside], labels[inside], X[outside], labels[outside])
            scores = np.asarray(attack.infer(X[~known], labels[~known], probabilities=True))
            best.append(figures(scores.reshape(len(scores), -1)[:, -1], keep[i][~known]))
        found.append(np.max(best, axis=0))
    return np.mean(found, axis=0)


def membership(name: str, area: str, one: str, options: argparse.Namespace) -> Iterator[Line]:
    """Figures of the selected attack and of each method beside ART's best."""
    ours, art = privnb_figures(name, options.shadows, options.targets), art_figures(name, options.targets)
    a, b, c = art if art is not None else (None, None, None)
    for method, (auc, low, lowest) in sorted(ours.items(), key=lambda entry: entry[0] != "selected"):
        asked = (area, one) if method == "selected" else ("", "")
        yield Line(f"{method}: AUC", asked[0], auc, a, a and (auc - 0.5) / max(a - 0.5, 1e-9))
        yield Line(f"{method}: TPR at 1 % FPR", asked[1], low, b, b and low / b)
        yield Line(f"{method}: TPR at 0.1 % FPR", "", lowest, c, c and lowest / c)


def budget(options: argparse.Namespace) -> Iterator[Line]:
    """Two shadow models only."""
    auc, low, _ = privnb_figures("digits", 2, options.targets, models=options.shadows + 2)["selected"]
    art = art_figures("digits", options.targets)
    area = None if art is None else art[0]
    yield Line("digits, N=2: AUC", ">= .955", auc, area, area and (auc - 0.5) / (area - 0.5))
    yield Line("digits, N=2: TPR at 1 % FPR", "", low, None if art is None else art[1])


def offline(options: argparse.Namespace) -> Iterator[Line]:
    """Shadows that never saw the record, with the constant tuned on them, against shadows of which half did."""
    for name in ("digits", "adult", "cancer", "mlp"):
        on, off = (
            privnb_figures(name, options.shadows, options.targets, online=online)["selected"][0]
            for online in (True, False)
        )
        yield Line(f"{name}: AUC offline", "", off)
        yield Line(f"{name}: AUC online minus offline", "<= .015", on - off)
