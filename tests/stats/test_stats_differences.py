"""Paired differences: published examples, and pairing that pays."""

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import mean_absolute_error, r2_score

from privnb.errors import DataError
from privnb.stats import (
    NotResolvable,
    accuracy_difference,
    mae_difference,
    r2,
    r2_difference,
    tpr_at_fpr,
    tpr_difference_at_fpr,
)


@pytest.mark.parametrize(
    "table, value, low, high",
    [
        ((59, 6, 16, 80), -0.0621, -0.1195, -0.0032),  # complete response, Cavo et al. 2012
        ((1, 1, 7, 12), -0.2857, -0.5084, -0.0134),  # airway hyper-responsiveness, Bentur et al. 2009
    ],
)
def test_bonett_price_interval_of_fagerlands_examples(table, value, low, high):
    """Fagerland, Lydersen & Laake 2017, chapter 8; the first as in their R package, the second by the formula."""
    both, only_a, only_b, neither = table
    right_a = np.repeat([1, 1, 0, 0], [both, only_a, only_b, neither])
    right_b = np.repeat([1, 0, 1, 0], [both, only_a, only_b, neither])
    assert tuple(accuracy_difference(right_a, right_b)) == pytest.approx((value, low, high, sum(table)), abs=5e-5)


@pytest.mark.parametrize("right", [np.ones(50), np.zeros(50), np.arange(50) < 25])
def test_models_that_never_differ_keep_a_width(right):
    found = accuracy_difference(right, right)
    assert found.value == 0.0
    assert 0.02 < found.high == -found.low < 0.12


def test_models_that_always_differ_stay_within_one():
    found = accuracy_difference(np.ones(50), np.zeros(50))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.8 < found.low < 1


def test_regression_differences_are_those_of_the_models():
    rng = np.random.default_rng(0)
    labels = rng.normal(size=200)
    close, far = labels + 0.3 * rng.normal(size=200), labels + 0.8 * rng.normal(size=200)
    gain = r2_difference(labels, close, far)
    assert gain.value == pytest.approx(r2_score(labels, close) - r2_score(labels, far), abs=1e-12)
    assert 0 < gain.low < gain.value < gain.high
    error = mae_difference(labels, close, far)
    expected = mean_absolute_error(labels, close) - mean_absolute_error(labels, far)
    each = np.abs(labels - close) - np.abs(labels - far)
    half = student.ppf(0.975, 199) * each.std(ddof=1) / np.sqrt(200)
    assert tuple(error)[:3] == pytest.approx((expected, expected - half, expected + half), abs=1e-12)


def test_pairing_shortens_the_interval_of_similar_models():
    rng = np.random.default_rng(1)
    labels = rng.normal(size=300)
    predicted = labels + 0.5 * rng.normal(size=300)
    nearly = predicted + 0.02 * rng.normal(size=300)
    paired, single = r2_difference(labels, predicted, nearly), r2(labels, predicted)
    assert paired.high - paired.low < 0.3 * (single.high - single.low)


def test_equal_regressors_keep_a_width():
    rng = np.random.default_rng(1)
    labels = rng.normal(size=100)
    for difference in (r2_difference, mae_difference):
        found = difference(labels, labels + 1, labels + 1)
        assert found.value == 0.0
        assert 0.01 < found.high == -found.low < 0.1


def test_rate_difference_is_paired():
    rng = np.random.default_rng(2)
    member = np.repeat([True, False], 1000)
    common = rng.normal(size=2000) + 2 * member
    ours, theirs = common, common + 0.05 * rng.normal(size=2000)
    found = tpr_difference_at_fpr(ours, theirs, member, 0.01, draws=200)
    alone = [tpr_at_fpr(scores, member, 0.01, draws=200) for scores in (ours, theirs)]
    assert found.value == pytest.approx(alone[0].value - alone[1].value, abs=1e-12)
    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.6 * (alone[0].high - alone[0].low)


def test_rate_difference_finds_a_mitigation_and_keeps_a_width_without_one():
    rng = np.random.default_rng(3)
    member = np.repeat([True, False], 1000)
    strong, weak = rng.normal(size=2000) + 3 * member, rng.normal(size=2000)
    assert tpr_difference_at_fpr(weak, strong, member, 0.01, draws=100).high < -0.4
    same = tpr_difference_at_fpr(strong, strong, member, 0.01, draws=100)
    assert same.value == 0.0
    assert same.high == -same.low > 0.001


def test_mistakes_are_named():
    with pytest.raises(DataError, match="2 rows but 3"):
        accuracy_difference([1, 0, 1], [1, 0])
    with pytest.raises(NotResolvable, match="at least 100 people"):
        tpr_difference_at_fpr(np.arange(20.0), np.arange(20.0), np.arange(20) > 9, 0.01)
