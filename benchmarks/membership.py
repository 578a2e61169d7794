"""Membership attacks of privnb beside those of the Adversarial Robustness Toolbox (ART), on the same targets.

    python benchmarks/membership.py [--shadows 16] [--targets 8] [digits-forest adult-forest adult-mlp cancer-forest]

Each of the first targets is one of N + 2 models trained on a random half of the table; the other half are its
non-members. privnb's attacks use the other N models, without the target's twin, and no membership label. ART, where
it is installed (extra `peers`), is trained on half of the target's true membership labels and scored on the rest; its
best of three attack models is taken for each figure, which flatters it.
"""

import argparse
import functools
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from privnb.attacks.methods import SCORES, Game
from privnb.attacks.selection import choose, rank_auc
from privnb.attacks.signals import query, shadow_signals
from privnb.attacks.universe import balanced_halves, stack
from privnb.stats.roc import step_roc
from privnb.subject.datasets import load_builtin
from privnb.subject.dictionary import Dictionary, infer
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits, derive_seed

TARGETS = {
    "cancer-forest": ("breast_cancer", RandomForestClassifier(100)),
    "digits-forest": ("digits", RandomForestClassifier(100)),
    "adult-forest": ("adult", RandomForestClassifier(100, min_samples_leaf=5)),
    "adult-mlp": ("adult", MLPClassifier((64,), max_iter=100, alpha=0)),
}
METHODS = ["confidence", "rmia", "lira"]


def table_of(name: str) -> Rows:
    """The table of a target: standardised, shuffled, an even number of rows; of Adult 4,000 training rows, one-hot."""
    frame, _ = load_builtin(name)
    target = {"adult": "income"}.get(name, frame.columns[-1])
    if name == "adult":
        frame = frame.iloc[:32_561].drop_duplicates().drop(columns=["fnlwgt", "education"]).sample(4000, random_state=0)
    y = frame.pop(target).to_numpy()
    X = pd.get_dummies(frame.fillna("?") if name == "adult" else frame).to_numpy(dtype=float)
    X = StandardScaler().fit_transform(X[:, X.std(axis=0) > 0])
    order = np.random.default_rng(7).permutation(len(X))[: len(X) // 2 * 2]
    X = pd.DataFrame(X[order], columns=[f"x{i}" for i in range(X.shape[1])])
    schema: Dictionary = infer(X)
    return Rows(X, y[order], pd.DataFrame(index=X.index), schema)


def tpr_at(scores: np.ndarray, member: np.ndarray, fpr: float) -> float:
    """TPR at the largest achievable FPR not above `fpr` (step ROC)."""
    rates, tpr, _ = step_roc(scores, member)
    return float(tpr[rates <= fpr + 1e-12].max())


def figures(scores: np.ndarray, member: np.ndarray) -> list[float]:
    """AUC, TPR at 1 % FPR, TPR at 0.1 % FPR."""
    return [rank_auc(scores, member), tpr_at(scores, member, 0.01), tpr_at(scores, member, 0.001)]


def privnb_figures(
    name: str, shadows: int, targets: int, jobs: int = 2
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Mean figures (3) by method over the targets; seconds for all models (`fit`) and for one target (`score`)."""
    dataset, estimator = TARGETS[name]
    rows, trainer = table_of(dataset), as_trainer(estimator)
    half = len(rows) // 2
    members, others = rows.take(np.arange(half)), rows.take(np.arange(half, len(rows)))
    target = query(trainer.fit(members, 0), stack([members, others]), "classification")
    started = time.perf_counter()
    signals = shadow_signals(
        target, trainer, members, others, None,
        shadows=shadows + 2, data="actual", units=ThreadUnits(jobs),
        seed=functools.partial(derive_seed, 1), data_key=name,
    )  # fmt: skip
    fitted = time.perf_counter()
    found = {method: [] for method in METHODS}
    for i in range(min(targets, signals.count)):
        game = Game.against_shadow(signals, i, 0.5)
        for method in METHODS:
            found[method].append(figures(SCORES[method](game), signals.trial_keep[i]))
    scored = time.perf_counter()
    choice = choose(signals, METHODS)
    means = {method: np.mean(values, axis=0) for method, values in found.items()}
    means[f"selected: {choice.selected}"] = means[choice.selected]
    return means, {"fit": fitted - started, "score": (scored - fitted) / min(targets, signals.count)}


def art_figures(name: str, targets: int) -> tuple[np.ndarray, float] | None:
    """ART's mean figures (3), best attack model for each, and seconds a target; None where ART is missing."""
    try:
        from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
        from art.estimators.classification.scikitlearn import SklearnClassifier
    except ImportError:
        return None
    dataset, estimator = TARGETS[name]
    rows, trainer = table_of(dataset), as_trainer(estimator)
    labels = np.unique(rows.y, return_inverse=True)[1]
    keep = balanced_halves(rows.persons, rows.y, 2 * ((targets + 1) // 2), functools.partial(derive_seed, 1))
    X, found, started = rows.X.to_numpy(dtype=np.float32), [], time.perf_counter()
    for i in range(targets):
        model = trainer.fit(rows.take(np.flatnonzero(keep[i])), i).estimator
        known = np.random.default_rng(i).random(len(rows)) < 0.5
        best = []
        for kind in ("rf", "gb", "lr"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                attack = MembershipInferenceBlackBox(SklearnClassifier(model), attack_model_type=kind)
                inside, outside = known & keep[i], known & ~keep[i]
                attack.fit(X[inside], labels[inside], X[outside], labels[outside])
                scores = np.asarray(attack.infer(X[~known], labels[~known], probabilities=True))
            scores = scores.reshape(len(scores), -1)[:, -1]
            best.append(figures(scores, keep[i][~known]))
        found.append(np.max(best, axis=0))
    return np.mean(found, axis=0), (time.perf_counter() - started) / targets


def main() -> None:
    """Print a table of figures, and the ratio of privnb's selected attack to ART."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(TARGETS))
    parser.add_argument("--shadows", type=int, default=16)
    parser.add_argument("--targets", type=int, default=8)
    options = parser.parse_args()
    print(
        f"{'target':15s} {'attack':20s} {'AUC':>6s} {'TPR@1%':>7s} {'TPR@0.1%':>9s}   mean of {options.targets} targets"
    )
    for name in options.names:
        means, seconds = privnb_figures(name, options.shadows, options.targets)
        for method, (area, one, tenth) in means.items():
            print(f"{name:15s} {method:20s} {area:6.3f} {one:7.3f} {tenth:9.3f}")
        print(f"{name:15s} {options.shadows + 2} models {seconds['fit']:.1f} s, one target {seconds['score']:.3f} s")
        art = art_figures(name, options.targets)
        if art is None:
            print(f"{name:15s} ART is not installed (pip install 'privnb[peers]'): no comparison")
            continue
        (area, one, tenth), each = art
        print(f"{name:15s} {'ART, best of three':20s} {area:6.3f} {one:7.3f} {tenth:9.3f}   {each:.1f} s a target")
        ours = list(means.values())[-1]
        gain = (ours[0] - 0.5) / max(area - 0.5, 1e-9)
        print(f"{name:15s} privnb : ART = {gain:.1f} in AUC above .5, {ours[1] / max(one, 1e-9):.1f} in TPR at 1 % FPR")


if __name__ == "__main__":
    main()
