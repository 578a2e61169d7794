"""Proportions: exact intervals, the published tables, and people instead of rows."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score

from privnb.errors import DataError
from privnb.stats import (
    balanced_accuracy,
    clopper_pearson,
    newcombe_difference,
    proportion,
    proportion_difference,
    wilson,
)


@pytest.mark.parametrize("k, n", [(0, 10), (3, 10), (10, 10), (1, 1000), (500, 1000), (0, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_agrees_with_scipy(k, n, level):
    test = binomtest(k, n)
    for ours, method in ((clopper_pearson, "exact"), (wilson, "wilson")):
        theirs = test.proportion_ci(level, method=method)
        assert ours(k, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-9)  # scipy's root finder


@pytest.mark.parametrize("k, n", [(0, 40), (7, 40), (40, 40)])
def test_one_row_a_person_is_the_exact_interval(k, n):
    theirs = binomtest(k, n).proportion_ci(0.95, method="exact")
    found = proportion(np.arange(n) < k)
    assert tuple(found) == pytest.approx((k / n, theirs.low, theirs.high, n), abs=1e-9)


def test_rows_of_a_kind_count_as_one_person_and_independent_rows_as_several():
    rng = np.random.default_rng(3)
    people = rng.random(100) < 0.8
    persons = np.repeat(np.arange(100), 10)
    alike, singles = proportion(np.repeat(people, 10), persons), proportion(people)
    assert tuple(alike) == pytest.approx(tuple(singles), abs=1e-12)
    independent = proportion(rng.random(1000) < 0.8, persons)
    assert independent.n == 100
    assert independent.high - independent.low < 0.6 * (singles.high - singles.low)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_unanimous_rows_keep_the_width_of_their_people(share):
    found = proportion(np.full(500, share), np.repeat(np.arange(50), 10))
    assert found.value == share
    assert found.high - found.low == pytest.approx(1 - 0.025 ** (1 / 50), abs=1e-12)


def test_half_right_for_everybody_does_not_collapse():
    found = proportion(np.tile([0, 1], 30), np.repeat(np.arange(30), 2))
    assert found.low < 0.5 < found.high
    assert found.high - found.low > 0.05


def test_one_person_says_little():
    found = proportion([1, 0, 1, 1], [7, 7, 7, 7])
    assert found.n == 1
    assert found.high - found.low > 0.8


@pytest.mark.parametrize(
    "counts, low, high",
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_1998_table_2_method_10(counts, low, high):
    k1, n1, k2, n2 = counts
    found = newcombe_difference(*counts)
    assert (found.value, found.low, found.high) == pytest.approx((k1 / n1 - k2 / n2, low, high), abs=5e-5)  # 4 digits
    hits = [np.arange(n) < k for k, n in ((k1, n1), (k2, n2))]
    assert tuple(proportion_difference(*hits)) == pytest.approx((*list(found)[:3], n1 + n2), abs=1e-12)


def test_difference_counts_people():
    first, second = np.arange(56) < 50, np.arange(70) < 48
    once = proportion_difference(first, second)
    persons = [np.repeat(np.arange(len(hits)), 10) for hits in (first, second)]
    tenfold = proportion_difference(np.repeat(first, 10), np.repeat(second, 10), *persons)
    assert tuple(tenfold) == pytest.approx(tuple(once), abs=1e-12)


def test_balanced_accuracy_agrees_with_scikit_learn_and_holds_its_value():
    rng = np.random.default_rng(0)
    labels = rng.choice(["a", "b", "c"], 300, p=[0.7, 0.25, 0.05])
    predicted = np.where(rng.random(300) < 0.7, labels, rng.choice(["a", "b", "c"], 300))
    found = balanced_accuracy(labels, predicted)
    assert found.value == pytest.approx(balanced_accuracy_score(labels, predicted), abs=1e-12)
    assert found.low < found.value < found.high


def test_balanced_accuracy_of_perfect_predictions_keeps_a_width():
    labels = np.repeat([0, 1], 20)
    found = balanced_accuracy(labels, labels)
    lost = 1 - 0.025 ** (1 / 20)  # each recall's Clopper-Pearson lower end, combined over two classes
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - lost / np.sqrt(2), abs=1e-12)


def test_people_in_both_classes_widen_balanced_accuracy():
    rng = np.random.default_rng(1)
    labels = np.tile([0, 1], 100)
    right = np.repeat(rng.random(100) < 0.8, 2)
    predicted = np.where(right, labels, 1 - labels)
    together = balanced_accuracy(labels, predicted, np.repeat(np.arange(100), 2))
    apart = balanced_accuracy(labels, predicted)
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(np.sqrt(2), rel=0.03)


@pytest.mark.parametrize(
    "hits, persons, words",
    [
        ([], None, "at least one row"),
        ([0, 2], None, "only 0 and 1"),
        ([0, np.nan], None, "1 missing values"),
        ([0, 1], [1], "one person for each row"),
        ([0, 1], [1.0, np.nan], "have no person"),
        ([0, 1], ["x", None], "have no person"),
    ],
)
def test_mistakes_are_named(hits, persons, words):
    with pytest.raises(DataError, match=words):
        proportion(hits, persons)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="between 0 and"):
        clopper_pearson(3, 2)
    with pytest.raises(DataError, match="one of each"):
        balanced_accuracy([0, 1], [0])
