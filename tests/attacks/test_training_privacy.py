"""PDTP: closed forms of memorizing and counting models, the noise of training, people, units."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from privnb.attacks import pdtp
from privnb.attacks.training_privacy import FLOOR
from privnb.errors import DataError, NotApplicable


def test_a_model_that_counts_moves_by_one_count():
    y = np.array([0] * 10 + [1] * 30)
    found = pdtp(DummyClassifier(strategy="prior"), np.zeros((40, 1)), y, records=40)
    one, other = np.log((10 / 40) / (9 / 39)), np.log((30 / 39) / (30 / 40))
    assert found.moved[y[found.rows] == 0] == pytest.approx(max(one, other))
    assert found.moved[y[found.rows] == 1] == pytest.approx(np.log((10 / 39) / (10 / 40)))
    assert (found.noise == 0).all() and found.excess == pytest.approx(found.moved)


def test_a_record_that_is_remembered_alone_moves_as_far_as_can_be_told():
    X = np.r_[np.arange(10.0), 100.0][:, None]
    y = np.array([0] * 10 + [1])
    found = pdtp(KNeighborsClassifier(1), X, y, records=11)
    assert found.table()["row"][0] == 10
    assert found.table()["moved"][0] == pytest.approx(-np.log(FLOOR))
    assert (found.table()["moved"][1:] == 0).all()


def test_refits_match_those_made_by_hand():
    X, y = load_iris(return_X_y=True)
    found = pdtp(GaussianNB(), X, y, records=10, seed=1)
    whole = GaussianNB().fit(X, y).predict_proba(X)
    for row, moved in zip(found.rows, found.moved):
        rest = GaussianNB().fit(np.delete(X, row, 0), np.delete(y, row))
        pair = np.maximum(whole[row], FLOOR), np.maximum(rest.predict_proba(X[row : row + 1])[0], FLOOR)
        assert moved == pytest.approx(np.abs(np.log(pair[0] / pair[1])).max(), abs=1e-12)
    assert found.moved.max() > 0


def test_what_another_seed_does_as_well_is_no_leak():
    X, y = load_breast_cancer(return_X_y=True)
    forest = pdtp(RandomForestClassifier(10, min_samples_leaf=20), X, y, records=25, controls=6)
    assert forest.noise.mean() > 0.01
    assert abs(forest.mean.value) < 0.5 * forest.noise.mean() and forest.mean.low < 0 < forest.mean.high


def test_the_same_seed_gives_the_same_and_units_are_named_by_what_decides():
    X, y = load_iris(return_X_y=True)
    seen = []

    class Runner:
        def map(self, compute, units):
            seen.append([(unit.name, dict(unit.inputs)) for unit in units])
            return [compute(unit) for unit in units]

    first, again = (
        pdtp(RandomForestClassifier(5), X, y, records=3, controls=2, seed=4, units=Runner()) for _ in range(2)
    )
    assert (first.moved == again.moved).all() and (first.noise == again.noise).all()
    assert seen[0] == seen[1] and [name for name, _ in seen[0]] == ["control"] * 3 + ["without"] * 3
    assert len({str(sorted(inputs.items())) for _, inputs in seen[0]}) == 6


def test_a_class_of_one_record_is_gone_without_it():
    y = np.r_[np.zeros(10), np.ones(10), 2.0]
    found = pdtp(DummyClassifier(strategy="prior"), np.zeros((21, 1)), y, records=21).table()
    assert found["row"][0] == 20
    assert found["moved"][0] == pytest.approx(np.log(1 / 21 / FLOOR))


def test_what_has_no_probabilities_is_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(NotApplicable, match="regressor"):
        pdtp(Ridge(), X, y)
    with pytest.raises(NotApplicable, match="probabilities"):
        pdtp(LinearSVC(), X, y, records=1)
    with pytest.raises(DataError, match="three rows"):
        pdtp(LogisticRegression(), X[:2], y[:2])
