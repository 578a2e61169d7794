"""Influence: against scikit-learn's permutation importance, coverage by simulation, and flips that can be counted."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from privnb.errors import DataError, ModelError
from privnb.factors import flip_rate, permutation_influence
from privnb.stats import clopper_pearson
from privnb.subject.dictionary import Column, Dictionary, infer
from privnb.subject.models import SklearnModel
from privnb.subject.rows import Rows
from privnb.units import derive_seed


def seed(*path):
    return derive_seed(7, *path)


def rows_of(X, y, persons=None):
    context = pd.DataFrame(index=X.index) if persons is None else pd.DataFrame({"person": persons})
    return Rows(X, np.asarray(y), context, infer(X))


class Rule:
    """A model whose answer is a function of the table."""

    def __init__(self, answer, classes=None):
        self.answer, self.classes = answer, classes

    def predict(self, X):
        return np.asarray(self.answer(X))

    def predict_proba(self, X):
        if self.classes is None:
            raise ModelError("values only")
        return (self.predict(X)[:, None] == self.classes[None, :]).astype(float)


def threshold(X):
    return (X["a"].to_numpy() > 0).astype(int)


def test_losses_agree_with_scikit_learn():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(1500, 4)), columns=list("abcd"))
    y = (X.a + 0.5 * X.b + random.normal(0, 0.5, 1500) > 0).astype(int)
    forest = RandomForestClassifier(30, min_samples_leaf=5, random_state=0).fit(X[:500], y[:500])
    found, left_out = permutation_influence(SklearnModel(forest), rows_of(X[500:], y[500:]), seed=seed, repeats=20)
    reference = permutation_importance(forest, X[500:], y[500:], n_repeats=20, random_state=1)
    expected = dict(zip(X.columns, reference.importances_mean))
    assert not left_out and [each.feature for each in found][:2] == ["a", "b"]
    for each in found:  # both average 20 shuffles; scikit-learn tells the spread of one
        assert each.loss.value == pytest.approx(
            expected[each.feature], abs=5 * reference.importances_std.max() / 20**0.5
        )


def test_loss_of_r2_agrees_with_scikit_learn():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(800, 2)), columns=["a", "b"])
    y = 2 * X.a + random.normal(size=800)
    line = LinearRegression().fit(X, y)
    found, _ = permutation_influence(SklearnModel(line), rows_of(X, y), seed=seed, repeats=20)
    reference = permutation_importance(line, X, y, n_repeats=20, random_state=1)
    assert found[0].feature == "a"
    assert found[0].loss.value == pytest.approx(reference.importances_mean[0], rel=0.03)


@pytest.mark.parametrize("repeats", [1, 5])
def test_intervals_cover_the_true_loss(repeats):
    # y = 1 where a > 0, seen through 10 % noise; somebody else's a is wrong half of the time: from .9 to .5
    random, covered = np.random.default_rng(3), 0
    for _ in range(300):
        X = pd.DataFrame({"a": random.normal(size=120), "b": random.normal(size=120)})
        y = np.where(random.random(120) < 0.1, 1 - threshold(X), threshold(X))
        found, _ = permutation_influence(
            Rule(threshold, np.array([0, 1])), rows_of(X, y), seed=lambda *path: int(random.integers(2**31)),
            repeats=repeats, simultaneous=False,
        )  # fmt: skip
        by_name = {each.feature: each.loss for each in found}
        assert by_name["b"].value == 0 and by_name["b"].low < 0 < by_name["b"].high
        covered += by_name["a"].low <= 0.4 <= by_name["a"].high
    assert 270 <= covered <= 297  # nominal 285; both ends lie over three standard errors away


def test_intervals_count_people_and_are_wider_for_the_largest_of_many():
    random = np.random.default_rng(4)
    X = pd.DataFrame({"a": random.normal(size=100), "b": random.normal(size=100)})
    model = Rule(threshold, np.array([0, 1]))
    copies = X.loc[np.repeat(np.arange(100), 20)].reset_index(drop=True)
    plain, _ = permutation_influence(model, rows_of(X, threshold(X)), seed=seed, repeats=30, simultaneous=False)
    many, _ = permutation_influence(
        model, rows_of(copies, threshold(copies), np.repeat(np.arange(100), 20)), seed=seed, repeats=30,
        simultaneous=False,
    )  # fmt: skip
    assert many[0].loss.n == 100
    assert many[0].loss.high - many[0].loss.low > 0.7 * (plain[0].loss.high - plain[0].loss.low)
    both, _ = permutation_influence(model, rows_of(X, threshold(X)), seed=seed, repeats=30)
    assert both[0].loss.value == plain[0].loss.value and both[0].loss.low < plain[0].loss.low


def test_too_few_people_and_equal_labels_are_refused():
    X = pd.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(DataError, match="two people"):
        permutation_influence(Rule(threshold, np.array([0, 1])), rows_of(X, [0, 1], [3, 3]), seed=seed)
    with pytest.raises(DataError, match="all 2 labels are equal"):
        permutation_influence(Rule(lambda X: X["a"]), rows_of(X, [1.0, 1.0]), seed=seed)


def people():
    X = pd.DataFrame({"sex": ["f", "m"] * 50, "age": np.arange(100.0), "race": ["r1", "r2", "r3", "r1"] * 25})
    schema = Dictionary(
        {
            "sex": Column("categorical", categories=("f", "m")),
            "age": Column("number"),
            "race": Column("categorical", categories=("r1", "r2", "r3", "r4")),
        },
        "declared",
    )
    return Rows(X, np.zeros(100, int), pd.DataFrame(index=X.index), schema)


def test_flips_are_counted_by_person_with_clopper_pearson():
    model = Rule(lambda X: ((X["sex"] == "f") & (X["age"] < 20)).astype(int), np.array([0, 1]))
    found = flip_rate(model, people(), "sex")
    assert found.rate.value == 0.2 and found.values == 1 and found.rate.n == 100
    assert (found.rate.low, found.rate.high) == pytest.approx(clopper_pearson(20, 100))


def test_any_other_declared_category_counts_also_one_that_nobody_has():
    model = Rule(lambda X: ((X["race"] == "r4") & (X["age"] < 10)).astype(int), np.array([0, 1]))
    found = flip_rate(model, people(), "race")
    assert (found.rate.value, found.values) == (0.1, 3)
    still = Rule(lambda X: np.zeros(len(X), int), np.array([0, 1]))
    none = flip_rate(still, people(), "race").rate
    assert none.value == none.low == 0 and none.high == pytest.approx(clopper_pearson(0, 100)[1])


def test_numbers_are_set_to_their_tenths_and_values_move_by_a_tenth_of_an_sd():
    rows = people()
    assert flip_rate(Rule(lambda X: (X["age"] > 50).astype(int), np.array([0, 1])), rows, "age").rate.value == 1.0
    small = Rule(lambda X: X["age"] + 0.01 * (X["sex"] == "f"))
    large = Rule(lambda X: X["age"] + 10.0 * (X["sex"] == "f"))
    assert flip_rate(small, rows, "sex").rate.value == 0.0
    assert flip_rate(large, rows, "sex").rate.value == 1.0


def test_a_column_that_the_model_does_not_see_is_refused():
    with pytest.raises(ModelError, match="does not see income"):
        flip_rate(Rule(threshold, np.array([0, 1])), people(), "income")
