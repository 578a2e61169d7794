"""Means, mean absolute error and R2: scikit-learn's values, textbook intervals, people instead of rows."""

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import mean_absolute_error, r2_score

from privnb.errors import DataError
from privnb.stats import mae, mean_interval, r2


def regression(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.normal(50, 10, rows)
    return labels, labels + rng.normal(0, 4, rows)


def test_mean_interval_is_students_for_independent_rows():
    values = np.random.default_rng(0).exponential(size=40)
    found = mean_interval(values)
    half = student.ppf(0.975, 39) * values.std(ddof=1) / np.sqrt(40)
    assert tuple(found) == pytest.approx((values.mean(), values.mean() - half, values.mean() + half, 40), abs=1e-12)


def test_mean_interval_of_equal_clusters_is_students_for_their_means():
    values = np.random.default_rng(0).normal(size=(15, 4)) + np.arange(15)[:, None]
    found = mean_interval(values.ravel(), np.repeat(np.arange(15), 4))
    assert tuple(found) == pytest.approx((*list(mean_interval(values.mean(axis=1)))[:3], 15), abs=1e-12)


def test_constant_values_keep_the_width_of_a_declared_span():
    found = mean_interval(np.full(100, 3.0), span=2.0)
    assert (found.high - 3.0, 3.0 - found.low) == pytest.approx((2 * (1 - 0.025**0.01),) * 2, abs=1e-12)


def test_values_are_those_of_scikit_learn():
    labels, predicted = regression()
    assert mae(labels, predicted).value == pytest.approx(mean_absolute_error(labels, predicted), rel=1e-12)
    assert r2(labels, predicted).value == pytest.approx(r2_score(labels, predicted), abs=1e-12)


def test_r2_error_agrees_with_a_jackknife_over_people():
    labels, predicted = regression(300)
    persons = np.repeat(np.arange(100), 3)
    left_out = np.array([r2_score(labels[persons != person], predicted[persons != person]) for person in range(100)])
    jackknife = np.sqrt(99 / 100 * np.sum((left_out - left_out.mean()) ** 2))
    found = r2(labels, predicted, persons)
    ours = np.log((1 - found.low) / (1 - found.high)) / 2 / student.ppf(0.975, 99) * (1 - found.value)
    assert ours == pytest.approx(jackknife, rel=0.05)  # the two agree to first order


def test_perfect_predictions_keep_a_width():
    labels, _ = regression(100)
    assert r2(labels, labels).value == 1.0
    assert r2(labels, labels).low == pytest.approx(0.025**0.01, abs=1e-12)
    assert mae(labels, labels).value == mae(labels, labels).low == 0.0
    assert 0 < mae(labels, labels).high < 1


def test_worse_than_the_mean_is_negative():
    labels, _ = regression(100)
    found = r2(labels, labels[::-1].copy())
    assert found.low < found.value < 0


def test_one_person_bounds_neither():
    labels, predicted = regression(10)
    found = r2(labels, predicted, np.zeros(10))
    assert found.n == 1
    assert found.high - found.low > 2 * (1 - found.value)


def test_constant_labels_have_no_r2():
    with pytest.raises(DataError, match="all labels are equal"):
        r2([1, 1, 1], [1, 2, 3])
