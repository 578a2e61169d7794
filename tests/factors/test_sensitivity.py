"""Sensitivity: linear models move by their slope, logistic ones as the closed form says, categories by others."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LinearRegression, LogisticRegression

from privnb.errors import DataError
from privnb.factors import answer_sensitivity
from privnb.factors.changes import nudge, other_category
from privnb.subject.dictionary import Column, Dictionary
from privnb.subject.models import SklearnModel
from privnb.subject.rows import Rows
from privnb.units import derive_seed


def seed(*path):
    return derive_seed(5, *path)


def numbers(n=400, persons=None, bounds=None):
    random = np.random.default_rng(1)
    X = pd.DataFrame({"a": random.normal(0, 2, n), "b": random.normal(3, 1, n)})
    schema = Dictionary({"a": Column("number", bounds=bounds), "b": Column("number")}, "declared")
    context = pd.DataFrame(index=X.index) if persons is None else pd.DataFrame({"person": persons})
    return Rows(X, (X.a > 0).astype(int).to_numpy(), context, schema)


def test_a_linear_model_moves_by_slope_times_the_feature_in_sds_of_its_predictions():
    rows = numbers()
    model = SklearnModel(LinearRegression().fit(rows.X, 3 * rows.X.a - rows.X.b))
    found = answer_sensitivity(model, rows, seed=seed)
    predicted = model.predict(rows.X)
    expected = {"a": 3 * rows.X.a.std(ddof=0), "b": rows.X.b.std(ddof=0)}
    assert found.unit == "SD"
    for move in found.moves:
        assert move.mean.value == pytest.approx(expected[move.feature] / predicted.std())  # the same for every row
        assert move.p95 == pytest.approx(move.mean.value)
    assert found.mean.value == pytest.approx(np.mean(list(expected.values())) / predicted.std())


def test_a_logistic_model_moves_by_the_difference_of_two_sigmoids():
    rows = numbers()
    model = SklearnModel(LogisticRegression().fit(rows.X, rows.y))
    found = answer_sensitivity(model, rows, seed=seed, draws=400)
    score, step = model.decision_function(rows.X), rows.X.a.std(ddof=0)
    slope = model.estimator.coef_[0, 0]
    both = [np.abs(expit(score + sign * slope * step) - expit(score)) for sign in (1, -1)]
    by_name = {move.feature: move for move in found.moves}
    # up and down are equally likely: 400 draws of 400 rows leave .5 / 400 of a standard error
    assert by_name["a"].mean.value == pytest.approx(np.mean(both), abs=0.005)
    assert by_name["a"].mean.low <= by_name["a"].mean.value <= by_name["a"].mean.high
    assert 0 <= found.mean.low <= found.mean.value <= found.p95 <= 1


def test_the_interval_counts_people():
    once = numbers(200)
    tenfold = numbers(200).take(np.repeat(np.arange(200), 10))
    tenfold = Rows(tenfold.X, tenfold.y, pd.DataFrame({"person": np.repeat(np.arange(200), 10)}), once.schema)
    model = SklearnModel(LogisticRegression().fit(once.X, once.y))
    one, ten = (answer_sensitivity(model, rows, seed=seed, draws=200).mean for rows in (once, tenfold))
    assert one.n == ten.n == 200
    # with 200 draws the random direction hardly counts any more, so copies add nothing
    assert ten.high - ten.low == pytest.approx(one.high - one.low, rel=0.1)


def test_a_nudge_stays_within_declared_bounds_and_leaves_missing_values():
    rows = numbers(300, bounds=(-4.0, 4.0))
    X = rows.X.assign(a=np.clip(rows.X.a, -4, 4))
    X.loc[:9, "a"] = np.nan
    rows = Rows(X, rows.y, rows.context, rows.schema)
    change = nudge(rows, "a", 2.0, 3)
    assert change.values.iloc[:10].isna().all() and not change.changed[:10].any()
    assert change.values.iloc[10:].between(-4, 4).all()
    assert np.abs(change.values - X.a).iloc[10:].to_numpy() == pytest.approx(2.0)
    assert {-1, 1} == set(np.sign(change.values - X.a).dropna())


def test_whole_numbers_stay_whole_and_dates_move_by_days():
    X = pd.DataFrame({"age": np.arange(20, 60), "seen": pd.date_range("2020-01-01", periods=40)})
    schema = Dictionary({"age": Column("integer", bounds=(20, 59)), "seen": Column("date")}, "declared")
    rows = Rows(X, np.zeros(40), pd.DataFrame(index=X.index), schema)
    ages = nudge(rows, "age", 11.5, 1).values
    assert ages.dtype == X.age.dtype and ages.between(20, 59).all() and set(abs(ages - X.age)) == {12}
    days = nudge(rows, "seen", 3.0, 1).values
    assert set(abs(days - X.seen).dt.days) == {3}


def test_a_category_becomes_any_other_declared_one():
    X = pd.DataFrame({"c": ["x", "y", None] * 1000})
    schema = Dictionary({"c": Column("categorical", categories=("x", "y", "z", "never seen"))}, "declared")
    rows = Rows(X, np.zeros(3000), pd.DataFrame(index=X.index), schema)
    change = other_category(rows, "c", 0)
    assert change.changed.all() and not (change.values == X.c).any()
    shares = change.values[X.c == "x"].value_counts(normalize=True)
    assert set(shares.index) == {"y", "z", "never seen"}
    assert shares.to_numpy() == pytest.approx(1 / 3, abs=0.06)  # 1,000 draws: four standard errors are .06


def test_what_cannot_be_changed_is_left_out_with_the_reason():
    rows = numbers(50)
    constant = Rows(rows.X.assign(b=1.0), rows.y, rows.context, rows.schema)
    model = SklearnModel(LogisticRegression().fit(constant.X, rows.y))
    found = answer_sensitivity(model, constant, seed=seed)
    assert [move.feature for move in found.moves] == ["a"]
    assert "same value" in found.left_out["b"]
    with pytest.raises(DataError, match="no feature can be changed"):
        answer_sensitivity(model, Rows(constant.X.assign(a=0.0), rows.y, rows.context, rows.schema), seed=seed)
    flat = SklearnModel(LinearRegression().fit(rows.X, np.ones(50)))
    with pytest.raises(DataError, match="same answer"):
        answer_sensitivity(flat, rows, seed=seed)
