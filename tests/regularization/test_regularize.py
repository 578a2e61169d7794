"""Regularized trainers: the estimator's own parameters, splits by person inside each fit, and less leakage."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from privnb.errors import ModelError
from privnb.regularization import control_trainer, regularization_changes, regularize
from privnb.regularization.early_stopping import round_grid
from privnb.regularization.estimators import final_estimator
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.subject.trainers import EstimatorTrainer, as_trainer


def rows_of(X, y, persons=None):
    frame = pd.DataFrame(np.asarray(X, float), columns=[f"x{i}" for i in range(X.shape[1])])
    context = pd.DataFrame(index=frame.index) if persons is None else pd.DataFrame({"person": persons})
    return Rows(frame, np.asarray(y), context, infer(frame))


class Spy:
    """Remembers the rows of every fit."""

    task, label, identity = "classification", "spy", {"kind": "spy"}

    def __init__(self):
        self.seen = []

    def fit(self, rows, seed):
        self.seen.append(rows)
        return as_trainer(GaussianNB()).fit(rows, seed)


@pytest.fixture(scope="module")
def cancer():
    return rows_of(*load_breast_cancer(return_X_y=True))


@pytest.mark.parametrize(
    ("estimator", "penalty", "expected"),
    [
        (LogisticRegression(), {"l2": 4.0}, {"C": 0.25}),
        (LogisticRegression(), {"l1": 3.0, "l2": 1.0}, {"C": 0.25, "l1_ratio": 0.75, "solver": "saga"}),
        (LogisticRegression(), {"l2": 0.0}, {"C": np.inf}),
        (Ridge(), {"l2": 2.0}, {"alpha": 2.0}),
        (Lasso(), {"l1": 2.0}, {"alpha": 2.0}),
        (ElasticNet(), {"l1": 1.0, "l2": 3.0}, {"alpha": 4.0, "l1_ratio": 0.25}),
        (SGDClassifier(), {"l1": 0.1}, {"alpha": 0.1, "penalty": "l1"}),
        (MLPClassifier(), {"l2": 0.5}, {"alpha": 0.5}),
        (HistGradientBoostingClassifier(), {"l2": 9.0}, {"l2_regularization": 9.0}),
        (SVC(), {"l2": 10.0}, {"C": 0.1}),
        (LinearSVC(), {"l1": 10.0}, {"C": 0.1, "penalty": "l1", "dual": False}),
        (make_pipeline(StandardScaler(), Ridge()), {"l2": 2.0}, {"alpha": 2.0}),
    ],
)
def test_penalties_reach_the_estimators_own_parameters(estimator, penalty, expected):
    params = final_estimator(regularize(as_trainer(estimator), **penalty)).get_params()
    assert {name: params[name] for name in expected} == expected


def test_a_stronger_penalty_shrinks_the_weights(cancer):
    norms, zeros = [], []
    for strength in (0.1, 10.0, 100.0):
        for penalty, found in (({"l2": strength}, norms), ({"l1": strength}, zeros)):
            trainer = regularize(EstimatorTrainer("sklearn.linear_model.LogisticRegression"), **penalty)
            model = trainer.fit(cancer, 0).estimator.steps[-1][1]
            found.append(np.abs(model.coef_).sum() if found is norms else (model.coef_ == 0).sum())
    assert norms == sorted(norms, reverse=True)
    assert zeros == sorted(zeros)
    assert zeros[-1] > zeros[0]


@pytest.mark.parametrize(
    ("estimator", "asked", "message"),
    [
        (RandomForestClassifier(), {"l2": 1}, "RandomForestClassifier has no l1 or l2 penalty; set one of ccp_alpha"),
        (LinearRegression(), {"l2": 1}, "LinearRegression has no l1 or l2 penalty."),
        (Ridge(), {"l1": 1}, "Ridge has no l1 penalty, only l2"),
        (Ridge(), {"l2": -1}, "l2 is -1"),
        (RandomForestClassifier(), {"early_stopping": True}, "not trained in rounds"),
        (Ridge(), {"params": {"alhpa": 1}}, "did you mean 'alpha'"),
        (Ridge(), {"estimator": "sklearn.tree.DecisionTreeClassifier"}, "is for classification"),
        (Ridge(), {"ensemble": {"member": 3}}, "ensemble has no part 'member'"),
        (Ridge(), {"ensemble": {"members": 1}}, "2 members or more"),
        (Ridge(), {"noise": {"scale": -1}}, "scale from 0"),
        (Ridge(), {"params": {}}, "changes nothing"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(estimator, asked, message):
    with pytest.raises(ModelError, match=message):
        regularize(as_trainer(estimator), **asked)


def test_the_control_is_the_new_estimator_with_its_own_defaults():
    forest = EstimatorTrainer("sklearn.ensemble.RandomForestClassifier", {"min_samples_leaf": 5})
    control = control_trainer(forest, "sklearn.linear_model.LogisticRegression")
    assert final_estimator(control).get_params() == LogisticRegression().get_params()
    assert control_trainer(forest, "sklearn.ensemble.RandomForestClassifier") is None
    assert control_trainer(forest, None) is None


def test_changes_are_told_before_and_after():
    forest = EstimatorTrainer("sklearn.ensemble.RandomForestClassifier", {"min_samples_leaf": 5})
    assert [tuple(c) for c in regularization_changes(forest, params={"min_samples_leaf": 50})] == [
        ("min_samples_leaf", "5", "50")
    ]
    changes = regularization_changes(
        forest, estimator="sklearn.linear_model.LogisticRegression", l2=2.0, ensemble={"members": 3}
    )
    found = {change.parameter: change.after for change in changes}
    assert found["estimator"] == "LogisticRegression"
    assert found["C"] == "0.5"
    assert found["ensemble.members"] == "3"


def test_identity_tells_regularized_trainers_apart():
    base = as_trainer(MLPClassifier())
    trainers = [
        base,
        regularize(base, l2=1.0),
        regularize(base, early_stopping=True),
        regularize(base, early_stopping={"patience": 5}),
        regularize(base, noise={"scale": 0.2}),
        regularize(base, ensemble={}),
        regularize(base, ensemble={"fraction": 0.5}),
    ]
    assert len({json.dumps(trainer.identity, sort_keys=True) for trainer in trainers}) == len(trainers)
    assert final_estimator(regularize(trainers[5], params={"alpha": 3})).alpha == 3


def test_early_stopping_sets_people_aside_and_stops_before_overfitting():
    random = np.random.default_rng(0)
    persons = np.repeat(np.arange(200), 3)
    X = np.repeat(random.normal(size=(200, 5)), 3, axis=0)
    y = (X[:, 0] + random.normal(size=600) > 0).astype(int)
    rows = rows_of(X, y, persons)
    trainer = regularize(as_trainer(GradientBoostingClassifier(n_estimators=300, max_depth=4)), early_stopping=True)
    model = trainer.fit(rows, 3)
    stopped = model.estimator.n_estimators if hasattr(model.estimator, "n_estimators") else None
    stopped = stopped or model.estimator.steps[-1][1].n_estimators
    assert 1 <= stopped < 100
    assert trainer.fit(rows, 3).predict_proba(rows.X) == pytest.approx(model.predict_proba(rows.X))
    assert round_grid(20) == [1, 2, 3, 4, 5, 7, 9, 12, 16, 20]

    seen = []
    inner = as_trainer(GradientBoostingClassifier(n_estimators=2))
    watched = type(trainer)(inner)
    object.__setattr__(watched, "_inner", _Watch(inner, seen))
    watched.fit(rows, 3)
    kept = {tuple(np.unique(rows.persons)) for rows in seen}
    assert len(kept) == 1
    assert len(kept.pop()) == 180
    assert all(len(rows) == 540 for rows in seen)


class _Watch:
    def __init__(self, inner, seen):
        self.inner, self.seen = inner, seen

    def with_params(self, **params):
        return _Watch(self.inner.with_params(**params), self.seen)

    def fit(self, rows, seed):
        self.seen.append(rows)
        return self.inner.fit(rows, seed)


def test_noise_changes_numbers_alone_by_the_stated_scale():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(3, 5, 4000), "job": random.choice(["x", "y"], 4000), "c": 7})
    frame.loc[0, "a"] = np.nan
    rows = Rows(frame, random.integers(0, 2, 4000), pd.DataFrame(index=frame.index), infer(frame))
    noisy = regularize(as_trainer(GaussianNB()), noise={"scale": 0.5, "copies": 3}).augmented(rows, 1)
    assert len(noisy) == 12000
    added = noisy.X["a"].to_numpy()[:4000] - frame["a"].to_numpy()
    assert np.nanstd(added) == pytest.approx(0.5 * frame["a"].std(), rel=0.05)
    assert np.isnan(noisy.X["a"][0])
    assert list(noisy.X["job"][:4000]) == list(frame["job"])
    assert (noisy.X["c"] == 7).all()
    assert np.array_equal(noisy.y[4000:8000], rows.y)


def test_ensembles_average_models_of_separate_people(cancer):
    persons = np.arange(len(cancer)) // 2
    rows = rows_of(cancer.X.to_numpy(), cancer.y, persons)
    spy = Spy()
    model = regularize(spy, ensemble={"members": 4}).fit(rows, 0)
    assert sum(len(seen) for seen in spy.seen) == len(rows)
    assert len(np.unique(np.concatenate([np.unique(seen.persons) for seen in spy.seen]))) == persons.max() + 1
    expected = np.mean([member.predict_proba(rows.X) for member in model.members], axis=0)
    assert np.allclose(model.predict_proba(rows.X), expected)
    assert (model.predict(rows.X) == rows.y).mean() > 0.9
    drawn = Spy()
    regularize(drawn, ensemble={"members": 3, "fraction": 0.5}).fit(rows, 0)
    assert all(len(np.unique(seen.persons)) == round(0.5 * (persons.max() + 1)) for seen in drawn.seen)


def test_a_class_that_a_member_never_saw_has_no_probability_there():
    X, y = load_digits(return_X_y=True)
    rows = rows_of(X[:200], np.where(np.arange(200) == 0, 10, y[:200]))  # class 10 has one person
    model = regularize(as_trainer(GaussianNB()), ensemble={"members": 3}).fit(rows, 0)
    assert list(model.classes) == list(range(11))
    assert np.allclose(model.predict_proba(rows.X).sum(axis=1), 1)
    with pytest.raises(ModelError, match="needs as many people"):
        regularize(as_trainer(GaussianNB()), ensemble={"members": 300}).fit(rows, 0)


def test_ensembles_of_regressors_average_predictions():
    rows = rows_of(*load_diabetes(return_X_y=True))
    model = regularize(as_trainer(Ridge()), ensemble={"members": 2}).fit(rows, 0)
    assert model.classes is None
    assert np.allclose(model.predict(rows.X), np.mean([m.predict(rows.X) for m in model.members], axis=0))


def test_an_ensemble_of_separate_people_narrows_the_gap_of_a_tree():
    random = np.random.default_rng(0)
    order = random.permutation(569)
    X, y = load_breast_cancer(return_X_y=True)
    y = np.where(random.random(569) < 0.2, 1 - y, y)  # labels with noise can only be memorised
    train, other = (rows_of(X[index], y[index]) for index in (order[:280], order[280:]))
    tree = as_trainer(DecisionTreeClassifier())
    gaps = []
    for trainer in (tree, regularize(tree, ensemble={"members": 5})):
        model = trainer.fit(train, 0)
        gaps.append((model.predict(train.X) == train.y).mean() - (model.predict(other.X) == other.y).mean())
    assert gaps[1] < gaps[0] - 0.1
