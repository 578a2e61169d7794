"""Updates: a memory is found, a model that learns nothing shows nothing, and the earlier half is drawn by person."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from privnb.attacks.signals import query
from privnb.attacks.universe import stack
from privnb.errors import DataError
from privnb.factors import attack_gain, earlier_half, simulated_earlier_answers, update_risk, update_scores
from privnb.subject import as_trainer
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.units import ThreadUnits


def made(n, seed, regression=False, position=0):
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(n, 3)), columns=list("abc"))
    y = X.a.to_numpy() + random.normal(size=n)
    labels = y if regression else np.where(y > 0, "yes", "no").astype(object)
    return Rows(X, labels, pd.DataFrame(index=X.index), infer(X), np.arange(position, position + n))


def versions(estimator, regression=False):
    old, added, never = (made(200, i, regression, 200 * i) for i in range(3))
    trainer = as_trainer(estimator)
    return trainer.fit(old, 1), trainer.fit(stack([old, added]), 1), added, never


def risk(estimator, regression=False):
    before, after, added, never = versions(estimator, regression)
    task = "regression" if regression else "classification"
    return update_risk(query(before, stack([added, never]), task), after, added, never, task)


def test_a_full_tree_gives_added_people_away_and_more_by_two_versions_than_by_one():
    found = risk(DecisionTreeClassifier(random_state=0))
    # the new tree is right on all added rows: the scores are 0 or 1 for them, -1, 0 or 1 for others
    before, after, added, never = versions(DecisionTreeClassifier(random_state=0))
    right = [(model.predict(rows.X) == rows.y).astype(int) for rows in (added, never) for model in (before, after)]
    reference = mannwhitneyu(right[1] - right[0], right[3] - right[2]).statistic / 200**2
    assert right[1].all()
    assert found.with_it.value == pytest.approx(reference)
    assert found.with_it.low > 0.55
    assert found.difference.value == pytest.approx(found.with_it.value - found.without.value)


def test_a_model_that_learns_nothing_shows_nothing():
    found = risk(DummyClassifier(strategy="uniform", random_state=0))
    assert found.with_it.value == 0.5 == found.without.value
    assert found.with_it.low < 0.5 < found.with_it.high


def test_regressors_and_models_with_labels_only_have_scores_too():
    tree, line = (risk(each, True).with_it for each in (DecisionTreeRegressor(random_state=0), LinearRegression()))
    assert tree.low > 0.55 and tree.low > line.value  # four coefficients remember less than a tree of 400 leaves
    assert 0 <= risk(LinearSVC()).with_it.value <= 1


def test_scores_are_in_the_measure_that_both_versions_give():
    rows = made(50, 1)
    tree = as_trainer(DecisionTreeClassifier(max_depth=2, random_state=0)).fit(rows, 0)
    labels = as_trainer(LinearSVC()).fit(rows, 0)
    scores, alone = update_scores(query(labels, rows, "classification"), query(tree, rows, "classification"))
    right = [(model.predict(rows.X) == rows.y).astype(float) for model in (labels, tree)]
    assert (scores == right[1] - right[0]).all() and (alone == right[1]).all()
    scores, alone = update_scores(query(tree, rows, "classification"), query(tree, rows, "classification"))
    sure = tree.predict_proba(rows.X)[np.arange(50), (rows.y == "yes").astype(int)]
    assert (scores == 0).all() and alone == pytest.approx(sure, abs=1e-9)


def test_the_earlier_half_keeps_people_together():
    rows = made(300, 0)
    rows = Rows(rows.X, rows.y, pd.DataFrame({"person": np.repeat(np.arange(101), 3)[:300]}), rows.schema)
    half = earlier_half(rows, 4)
    by_person = pd.Series(half).groupby(rows.persons).nunique()
    assert (by_person == 1).all() and len(np.unique(rows.persons[half])) == 50
    assert (earlier_half(rows, 4) == half).all() and (earlier_half(rows, 5) != half).any()


def test_the_earlier_version_never_sees_what_was_added():
    class Spy:
        task, label, identity = "classification", "spy", {"kind": "spy"}
        seen = []

        def fit(self, rows, seed):
            self.seen += rows.position.tolist()
            return as_trainer(DecisionTreeClassifier(random_state=0)).fit(rows, seed)

    train, never = made(200, 0), made(60, 1, position=500)
    earlier = earlier_half(train, 1)
    spy = Spy()
    answers = simulated_earlier_answers(
        spy, train, earlier, stack([train.take(np.flatnonzero(~earlier)), never]), units=ThreadUnits(), seed=1,
        data_key="x",
    )  # fmt: skip
    assert spy.seen == train.position[earlier].tolist()
    assert len(answers["correct"]) == 100 + 60


def test_few_people_are_refused():
    scores, member = np.arange(60.0), np.arange(60) < 30
    attack_gain(scores, scores, member, np.arange(60))
    with pytest.raises(DataError, match="30 people who were never used or more and has 15"):
        attack_gain(scores, scores, member, np.where(member, np.arange(60), 100 + np.arange(60) // 2))
