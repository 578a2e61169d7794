"""What-if sweeps: the parameter that limits memory, values around it, gaps that a hand fit gives too."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from privnb.attacks.adapt import rows_of
from privnb.factors import overfitting_gap
from privnb.factors.whatif import (
    Point,
    capacity_parameter,
    capacity_values,
    some_people,
    sweep_all,
    sweep_gap,
    sweep_points,
    tried_augmentation,
)
from privnb.subject import as_trainer
from privnb.subject.models import SklearnModel
from privnb.units import ThreadUnits, derive_seed


def seed(*path):
    return derive_seed(1, *path)


@pytest.fixture(scope="module")
def tumours():
    X, y = load_breast_cancer(return_X_y=True)
    return rows_of(X[:300], y[:300], X[300:], y[300:])


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (RandomForestClassifier(min_samples_leaf=5), ("min_samples_leaf", 5)),
        (make_pipeline(StandardScaler(), LogisticRegression(C=2.0)), ("C", 2.0)),
        (Ridge(alpha=3), ("alpha", 3)),
        (KNeighborsClassifier(), ("n_neighbors", 5)),
        (GaussianNB(), None),
    ],
)
def test_the_parameter_that_limits_memory_is_found(estimator, expected, tumours):
    model = SklearnModel(estimator.fit(tumours[0].X, tumours[0].y))
    assert capacity_parameter(model) == expected


@pytest.mark.parametrize(
    ("name", "present", "expected"),
    [
        ("min_samples_leaf", 5, [1, 5, 20, 80]),
        ("min_samples_leaf", 1, [1, 4, 16]),
        ("min_samples_leaf", 0.01, [0.0025, 0.01, 0.04, 0.16]),
        ("C", 1.0, [0.01, 0.1, 1, 10]),
        ("alpha", 0, [1e-5, 1e-4, 1e-3, 1e-2]),
    ],
)
def test_values_lie_around_the_present_one(name, present, expected):
    assert capacity_values(name, present) == pytest.approx(expected)


def test_a_point_is_the_gap_of_a_training_by_hand(tumours):
    rows, unseen = tumours
    trainer = as_trainer(DecisionTreeClassifier())
    found = sweep_gap(trainer, rows, unseen, Point("min_samples_leaf", 20.0), seed)
    fit = seed("whatif", "fit")
    model = as_trainer(DecisionTreeClassifier(min_samples_leaf=20)).fit(rows, fit)
    expected = overfitting_gap(
        "classification", (rows.y, model.predict(rows.X)), (unseen.y, model.predict(unseen.X)), rows.persons,
        unseen.persons,
    )  # fmt: skip
    assert found == expected


def test_smaller_draws_of_people_are_parts_of_larger_ones(tumours):
    small, large = (set(some_people(tumours[0], n, 3).position) for n in (40, 90))
    assert len(small) == 40 and small < large and len(large) == 90
    assert len(some_people(tumours[0], 10_000, 3)) == 300


def test_a_sweep_gives_series_and_says_what_failed(tumours):
    rows, unseen = tumours
    trainer = as_trainer(KNeighborsClassifier(n_neighbors=60))
    work = {"units": ThreadUnits(), "seed": seed, "data_key": "x"}
    series, failed = sweep_all(trainer, trainer.fit(rows, 1), rows, unseen, **work)
    assert series["whatif.people"]["x"] == [75, 150, 300]  # 37 people are fewer than the 60 neighbours asked for
    assert "people 37" in failed and "n_neighbors 960" in failed
    assert series["whatif.n_neighbors"]["x"] == [15, 60, 240]
    for curve in series.values():
        assert all(low <= gap <= high for low, gap, high in zip(curve["low"], curve["gap"], curve["high"]))
    assert [point.value for point in sweep_points(trainer.fit(rows, 1), 100)][:2] == [50, 100]


def test_a_full_tree_overfits_more_than_a_small_one(tumours):
    trainer = as_trainer(DecisionTreeClassifier())
    series, failed = sweep_all(
        trainer, trainer.fit(tumours[0], 1), *tumours, units=ThreadUnits(), seed=seed, data_key="x"
    )
    gaps = series["whatif.min_samples_leaf"]["gap"]
    assert gaps[0] > gaps[-1] and not failed


def test_augmentation_is_tried_on_the_same_rows(tumours):
    trainer = as_trainer(DecisionTreeClassifier())
    table = tried_augmentation(trainer, None, *tumours, units=ThreadUnits(), seed=seed, data_key="x")
    assert [row[0] for row in table.rows] == ["with augmentation", "without"]
    model = trainer.fit(tumours[0], seed("whatif", "fit"))
    accuracy = np.mean(model.predict(tumours[1].X) == tumours[1].y)
    assert table.rows[1][4] == pytest.approx(accuracy)
    assert "noise 0.1 SD" in table.title
