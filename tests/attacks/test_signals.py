"""The signal matrix: what is read off a model, and which rows each shadow model saw."""

import json

import numpy as np
import pytest
from plain_rows import Spy, parts_of, rows_of, seed
from scipy.stats import entropy
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from privnb.attacks.membership import attack_membership
from privnb.attacks.signals import query, shadow_signals
from privnb.errors import ModelError
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits


@pytest.fixture(scope="module")
def digits():
    return parts_of(*load_digits(return_X_y=True), 300, 200, 500, 100)


def test_signals_agree_with_their_definitions(digits):
    members = digits[0]
    model = as_trainer(LogisticRegression(max_iter=50)).fit(members, 0)
    found = query(model, members, "classification")
    p = model.predict_proba(members.X)
    true = p[np.arange(len(members)), members.y]
    odds = np.log(true) - np.log1p(-true)
    near = np.abs(odds) < 12  # beyond, 1 - p loses digits in the expected value
    assert np.allclose(found["log_odds"][near], odds[near], atol=1e-3)
    assert np.allclose(found["entropy"], entropy(p, axis=1), atol=1e-9)
    q = np.clip(p[0], 1e-12, 1 - 1e-12)
    others = np.arange(10) != members.y[0]
    expected = -(1 - q[~others][0]) * np.log(q[~others][0]) - (q[others] * np.log(1 - q[others])).sum()
    assert found["modified_entropy"][0] == pytest.approx(expected, abs=1e-9)
    assert np.array_equal(found["correct"] == 1, model.predict(members.X) == members.y)
    assert all(values.dtype == np.float64 for values in found.values())


def test_a_class_the_model_never_saw_has_no_confidence(digits):
    members = digits[0]
    model = as_trainer(GaussianNB()).fit(members.take(np.flatnonzero(members.y < 9)), 0)
    found = query(model, members, "classification")
    assert (found["log_odds"][members.y == 9] < -20).all()
    assert not found["correct"][members.y == 9].any()
    assert np.isfinite(found["log_odds"]).all()


def test_string_labels_give_the_same_signals(digits):
    members = digits[0]
    names = np.array([f"class-{label:02d}" for label in members.y], dtype=object)
    named = rows_of(members.X.to_numpy(), names)
    plain = query(as_trainer(GaussianNB()).fit(members, 0), members, "classification")
    strings = query(as_trainer(GaussianNB()).fit(named, 0), named, "classification")
    assert all(np.allclose(plain[name], strings[name]) for name in plain)


def test_a_model_with_labels_only_gives_correctness_only():
    members = parts_of(*load_breast_cancer(return_X_y=True), 200)[0]
    assert set(query(as_trainer(LinearSVC()).fit(members, 0), members, "classification")) == {"correct"}


def test_answers_that_are_not_finite_are_refused(digits):
    class Broken:
        classes = np.arange(10)

        def predict_proba(self, X):
            return np.full((len(X), 10), np.nan)

    with pytest.raises(ModelError, match="not finite on 300 of 300 rows"):
        query(Broken(), digits[0], "classification")


@pytest.mark.parametrize("data", ["actual", "same-distribution"])
def test_shadows_see_what_the_attacker_holds_and_nothing_else(digits, data):
    members, non_members, pool, validation = digits
    spy = Spy(GaussianNB())
    target = spy.fit(members, 0)
    spy.seen.clear()
    attack_membership(
        target, spy, members, non_members, pool, shadows=6, data=data, units=ThreadUnits(), seed=seed, data_key="d"
    )
    assert len(spy.seen) == 6
    universe = np.union1d(spy.seen[0], spy.seen[1])
    candidates = np.concatenate([members.position, non_members.position])
    assert not np.isin(universe, validation.position).any()
    if data == "actual":
        assert np.isin(candidates, universe).all()
        assert len(universe) == 2 * len(members)
        assert (sum(np.isin(candidates, seen) for seen in spy.seen) == 3).all()
    else:
        assert not np.isin(universe, candidates).any()
        assert np.array_equal(universe, np.sort(pool.position))
    for i in range(0, 6, 2):
        assert not np.intersect1d(spy.seen[i], spy.seen[i + 1]).size
        assert np.array_equal(np.union1d(spy.seen[i], spy.seen[i + 1]), universe)


def test_rows_of_one_person_stay_together_in_shadows():
    X, y = load_breast_cancer(return_X_y=True)
    persons = np.repeat(np.arange(190), 3)[: len(X)]
    table = rows_of(X, y, persons)
    members, non_members = table.take(np.arange(285)), table.take(np.arange(285, 569))
    spy = Spy(GaussianNB())
    found = shadow_signals(
        query(as_trainer(GaussianNB()).fit(members, 0), table, "classification"),
        spy, members, non_members, None,
        shadows=4, data="actual", units=ThreadUnits(), seed=seed, data_key="d",
    )  # fmt: skip
    for seen, keep in zip(spy.seen, found.keep):
        assert not np.intersect1d(persons[seen], np.setdiff1d(persons, persons[seen])).size
        assert np.isin(persons[~keep], persons[seen]).sum() == 0


def test_units_are_named_by_plain_inputs_and_can_be_answered_from_a_store(digits):
    members, non_members, pool, _ = digits
    store, computed = {}, []

    class Stored:
        def map(self, compute, units):
            for unit in units:
                key = json.dumps([unit.name, dict(unit.inputs)], sort_keys=True)
                if key not in store:
                    computed.append(unit.name)
                    store[key] = compute(unit)
            return [store[json.dumps([unit.name, dict(unit.inputs)], sort_keys=True)] for unit in units]

    trainer = as_trainer(GaussianNB())
    target = trainer.fit(members, 0)

    def attack(shadows, data_key="d"):
        return attack_membership(
            target, trainer, members, non_members, pool,
            shadows=shadows, data="actual", units=Stored(), seed=seed, data_key=data_key,
        )  # fmt: skip

    first = attack(4)
    assert computed == ["shadow-0", "shadow-1", "shadow-2", "shadow-3"]
    again = attack(4)
    assert len(computed) == 4
    assert all(np.array_equal(first.scores[name], again.scores[name]) for name in first.scores)
    attack(6)
    assert computed[4:] == ["shadow-4", "shadow-5"]  # more shadows are added to those there are
    attack(4, "other data")
    assert len(computed) == 10
    assert all(value.dtype == np.float64 for result in store.values() for value in result.values())
