"""What a model gives away about single records: a hidden attribute, its value for others, a whole missing row."""

import argparse
import functools
import importlib.util
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from against_art.tables import Line, spent
from privnb.subject.datasets import load_builtin

HAS_ART = importlib.util.find_spec("art") is not None


def attribute(options: argparse.Namespace) -> Iterator[Line]:
    """Whether somebody is married, on Adult: how much better it is guessed of members than of others, mean of 4 splits.

    ART's black-box attack is trained on 1,000 further records with the attribute, as its authors do.
    """
    from privnb.attacks.attribute import infer_attribute

    for name, estimator, asked in (
        ("tree", DecisionTreeClassifier(), ">= .10"),
        ("forest", RandomForestClassifier(100), ">= .05"),
    ):
        gaps, peer = [], []
        for split in range(4):
            X, y = married_table(split)
            members, known, others = slice(0, 2000), slice(2000, 3000), slice(3000, 4000)
            model = clone(estimator).set_params(random_state=split).fit(X[members], y[members])
            found = infer_attribute(model, X[members], y[members], X[2000:], y[2000:], "married")
            gaps.append(found.member_gap.value)
            if HAS_ART:
                right = art_married(model, X, y, known)
                peer.append(right(members) - right(others))
        art = float(np.mean(peer)) if peer else None
        yield Line(f"{name}: member gap", asked, float(np.mean(gaps)), art)


@functools.cache
def married_table(split: int) -> tuple[pd.DataFrame, np.ndarray]:
    """4,000 rows of Adult, all numbers, `married` (0 or 1) first; without the columns that tell it."""
    frame, _ = load_builtin("adult")
    frame = frame.iloc[:32_561].drop_duplicates().drop(columns=["fnlwgt", "education", "relationship"])
    frame = frame.sample(4000, random_state=split)
    y = (frame.pop("income").astype(str).str.contains(">50K")).to_numpy().astype(int)
    married = (frame.pop("marital-status").astype(str) == "Married-civ-spouse").to_numpy().astype(float)
    X = pd.get_dummies(frame.fillna("?")).astype(float).reset_index(drop=True)
    X.columns = [f"x{i}" for i in range(X.shape[1])]
    X.insert(0, "married", married)
    return X, y


def art_married(model: object, X: pd.DataFrame, y: np.ndarray, known: slice) -> Callable[[slice], float]:
    """ART's black-box attack on `married`, taught on the `known` rows: how often it is right on others."""
    from art.attacks.inference.attribute_inference import AttributeInferenceBlackBox
    from art.estimators.classification.scikitlearn import SklearnClassifier

    table = X.to_numpy(dtype=np.float32)
    attack = AttributeInferenceBlackBox(SklearnClassifier(model), attack_feature=0, attack_model_type="rf")
    attack.fit(table[known], y[known])

    def right(rows: slice) -> float:
        guessed = model.predict(table[rows]).reshape(-1, 1)
        hidden = np.delete(table[rows], 0, axis=1)
        return float(np.mean(attack.infer(hidden, y[rows], pred=guessed, values=[0.0, 1.0]).ravel() == table[rows, 0]))

    return right


def shapr(options: argparse.Namespace) -> Iterator[Line]:
    """SHAPr of 800 training digits judged by 400 others: seconds, and the largest difference from ART's."""
    from privnb.attacks.leakage import shapr as ours

    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    model = LogisticRegression(max_iter=2000).fit(X[:800], y[:800])
    mine = ours(model, X[:800], y[:800], X[-400:], y[-400:])
    seconds = min(spent(lambda: ours(model, X[:800], y[:800], X[-400:], y[-400:])) for _ in range(5))
    if not HAS_ART:
        yield Line("seconds", ">= 60x", seconds)
        return
    from art.estimators.classification.scikitlearn import SklearnClassifier
    from art.metrics import SHAPr

    started = time.perf_counter()
    theirs = SHAPr(SklearnClassifier(model), X[:800], y[:800], X[-400:], y[-400:])
    art = time.perf_counter() - started
    yield Line("seconds", ">= 60x", seconds, art, art / seconds)
    values = np.asarray(getattr(mine, "values", mine), dtype=float)
    yield Line("largest difference from ART", "<= 1e-6", float(np.abs(values - theirs).max()))


def reconstruction(options: argparse.Namespace) -> Iterator[Line]:
    """One missing row of 20: the largest error of its features, and milliseconds a row (ART: of 2 rows)."""
    X, y = load_digits(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(y))[:300]
    digits, labels = X[chosen] / 16.0, y[chosen]
    cancer, benign = load_breast_cancer(return_X_y=True)
    numbers = digits @ np.linspace(-1, 1, 64) + np.random.default_rng(1).normal(size=300)
    for name, estimator, features, targets in (
        ("GNB, digits 300 x 64", GaussianNB(), digits, labels),
        ("GNB, breast_cancer 569 x 30", GaussianNB(), StandardScaler().fit_transform(cancer), benign),
        ("LDA, digits", LinearDiscriminantAnalysis(), digits, labels),
        ("OLS, digits", LinearRegression(), digits, numbers),
        ("Ridge, digits", Ridge(1.0), digits, numbers),
    ):
        model = estimator.fit(features, targets)
        error, each = ours_missing(model, features, targets)
        art_error, art_each = art_missing(model, features, targets) if isinstance(model, GaussianNB) else (None, None)
        yield Line(f"{name}: error", "<= 1e-9", error, art_error, art_error and art_error / error)
        yield Line(f"{name}: ms", "<= 1", 1e3 * each, art_each and 1e3 * art_each, art_each and art_each / each)


def ours_missing(model: object, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Largest error over 20 rows and median seconds a row."""
    from privnb.attacks.reconstruction import reconstruct_record

    errors, seconds = [], []
    for i in range(20):
        known, labels = np.delete(X, i, axis=0), np.delete(y, i)
        started = time.perf_counter()
        found = reconstruct_record(model, known, labels)
        seconds.append(time.perf_counter() - started)
        errors.append(np.abs(np.asarray(found.x).ravel() - X[i]).max())
    return float(np.max(errors)), float(np.median(seconds))


def art_missing(model: object, X: np.ndarray, y: np.ndarray) -> tuple[float | None, float | None]:
    """The same of ART's numeric search over 2 rows; None where it is missing."""
    if not HAS_ART:
        return None, None
    from art.attacks.inference.reconstruction import DatabaseReconstruction
    from art.estimators.classification.scikitlearn import SklearnClassifier

    started, errors = time.perf_counter(), []
    for i in range(2):
        attack = DatabaseReconstruction(SklearnClassifier(model))
        found, _ = attack.reconstruct(np.delete(X, i, axis=0), np.delete(y, i))
        errors.append(np.abs(found[0] - X[i]).max())
    return float(np.max(errors)), (time.perf_counter() - started) / 2
