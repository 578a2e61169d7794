"""SHAPr: the Shapley value by enumeration, the efficiency axiom, ties, ranks of harmful and copied records."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from privnb.attacks import shapr
from privnb.attacks.shapley import neighbour_shapley
from privnb.errors import DataError, NotApplicable


def by_enumeration(points, y, others, y_others):
    """Mean over all orders of the accuracy that each point adds; equal distances are broken by the order itself."""
    n = len(points)
    value, orders = np.zeros(n), list(permutations(range(n)))
    distance = ((others[:, None] - points[None]) ** 2).sum(axis=2)
    ties = [np.random.default_rng(k).permutation(n) for k in range(200)]
    for tie in ties:
        for order in orders:
            before = 0.0
            for size in range(1, n + 1):
                inside = np.array(order[:size])
                nearest = inside[np.lexsort(np.stack([np.broadcast_to(tie[inside], (len(others), size)),
                                                      distance[:, inside]]), axis=1)[:, 0]]  # fmt: skip
                now = (y[nearest] == y_others).mean()
                value[order[size - 1]] += now - before
                before = now
        if len(np.unique(points, axis=0)) == n:
            return n * value / len(orders)
    return n * value / len(orders) / len(ties)


def test_it_is_the_shapley_value():
    random = np.random.default_rng(0)
    points, others = random.random((6, 2)), random.random((4, 2))
    y, y_others = np.array([0, 1, 2, 0, 1, 1]), np.array([0, 1, 1, 3])  # nobody has label 3
    found = neighbour_shapley(points, y, others, y_others)
    assert found == pytest.approx(by_enumeration(points, y, others, y_others), abs=1e-12)


def test_equal_answers_share_by_the_mean_over_their_orders():
    points = np.array([[0.0], [0.0], [0.0], [1.0]])
    y, others, y_others = np.array([0, 1, 0, 1]), np.array([[0.1], [0.7], [0.2]]), np.array([0, 1, 1])
    # 200 random orders of ties: standard error of a value below 0.05
    assert neighbour_shapley(points, y, others, y_others) == pytest.approx(
        by_enumeration(points, y, others, y_others), abs=0.15
    )
    # two records with one answer and labels 0 and 1, asked for 0: alone each has 1 and 0, together 1/2
    exact = neighbour_shapley(np.zeros((2, 1)), np.array([0, 1]), np.zeros((1, 1)), np.array([0]))
    assert exact == pytest.approx(2 * np.array([0.75, -0.25]))


@pytest.mark.parametrize("n", [200, 800])
def test_the_mean_is_the_accuracy_of_the_nearest_neighbour(n):
    X, y = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=500).fit(X[:n], y[:n])
    neighbour = KNeighborsClassifier(1, algorithm="brute").fit(model.predict_proba(X[:n]), y[:n])
    out = slice(1000, 1000 + n // 2)
    accuracy = neighbour.score(model.predict_proba(X[out]), y[out])
    # scikit-learn's brute force expands the square; no distances here are so near that it matters
    assert shapr(model, X[:n], y[:n], X[out], y[out]).mean() == pytest.approx(accuracy, abs=1e-12)


def test_the_order_of_rows_does_not_matter_even_with_ties():
    X, y = load_digits(return_X_y=True)
    model = RandomForestClassifier(3, max_depth=3, random_state=0).fit(X[:300], y[:300])
    assert len(np.unique(model.predict_proba(X[:300]), axis=0)) < 250
    found = shapr(model, X[:300], y[:300], X[300:500], y[300:500])
    order = np.random.default_rng(1).permutation(300)
    again = shapr(model, X[order], y[order], X[300:500][::-1], y[300:500][::-1])
    assert again == pytest.approx(found[order], abs=1e-12)


def test_wrongly_labelled_records_stand_last():
    X, y = load_digits(return_X_y=True)
    wrong = y[:400].copy()
    wrong[:20] = (wrong[:20] + 5) % 10
    model = LogisticRegression(max_iter=1000, C=0.01).fit(X[:400] / 16, wrong)
    found = shapr(model, X[:400] / 16, wrong, X[600:900] / 16, y[600:900])
    assert found[:20].mean() < 0 < found[20:].mean()


def test_a_block_at_a_time_gives_the_same(monkeypatch):
    random = np.random.default_rng(2)
    points, others = random.random((50, 3)), random.random((40, 3))
    y, y_others = random.integers(0, 3, 50), random.integers(0, 3, 40)
    whole = neighbour_shapley(points, y, others, y_others)
    monkeypatch.setattr("privnb.attacks.shapley._CELLS", 120)
    assert neighbour_shapley(points, y, others, y_others) == pytest.approx(whole, abs=1e-13)


def test_what_has_no_probabilities_is_refused():
    X, y = load_digits(return_X_y=True)
    for model in (LinearRegression().fit(X[:100], y[:100]), LinearSVC(max_iter=50).fit(X[:100] / 16, y[:100])):
        with pytest.raises(NotApplicable, match="probabilities"):
            shapr(model, X[:100], y[:100], X[:50], y[:50])
    with pytest.raises(DataError, match="one label a row"):
        shapr(LogisticRegression(max_iter=50).fit(X[:99] / 16, y[:99]), X[:10], y[:9], X, y)
