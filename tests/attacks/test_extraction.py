"""Copies of a model: a linear one comes back whole, intervals by person, what is chosen where, what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from privnb.attacks import extract_model
from privnb.attacks.surrogates import Answers, fit_copy
from privnb.errors import DataError, NotApplicable
from privnb.stats import clopper_pearson
from privnb.subject.dictionary import infer
from privnb.subject.fitted import SklearnModel
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X[:600], y[:600])
    return model, X[600:1200], X[1200:]


@pytest.fixture(scope="module")
def copied(digits):
    model, queries, test = digits
    return extract_model(model, queries, LogisticRegression(C=100.0, max_iter=500), X_test=test)


def test_fidelity_is_the_share_of_equal_labels_with_the_exact_interval(digits, copied):
    model, _, test = digits
    alike = copied.model.predict(pd.DataFrame(test, columns=[f"x{i}" for i in range(64)])) == model.predict(test)
    assert copied.fidelity.value == alike.mean() > 0.95
    assert (copied.fidelity.low, copied.fidelity.high) == pytest.approx(clopper_pearson(alike.sum(), len(alike)))
    _, counts = np.unique(model.predict(test), return_counts=True)
    assert copied.chance.value == counts.max() / counts.sum()


def test_probabilities_teach_more_than_labels_and_queries_help(digits, copied):
    model, queries, test = digits
    labels = extract_model(model, queries, LogisticRegression(C=100.0, max_iter=500), X_test=test, outputs="label")
    assert copied.fidelity.value > labels.fidelity.value + 0.02
    table = copied.table()
    assert list(table["queries"]) == [37, 75, 150, 300, 600]
    assert table["fidelity"].iloc[-1] == copied.fidelity.value > table["fidelity"].iloc[0] + 0.1
    assert (table["low"] <= table["fidelity"]).all() and (table["fidelity"] <= table["high"]).all()


def test_weights_are_the_probabilities():
    """Repeating each row by a whole-number weight gives the same fit of an unpenalized logistic regression."""
    X, _ = load_breast_cancer(return_X_y=True)
    frame = pd.DataFrame(StandardScaler().fit_transform(X)[:, :3], columns=list("abc"))
    p = softmax(np.random.default_rng(0).normal(size=(len(frame), 2)), axis=1).round(1).clip(0.1, 0.9)
    p[:, 1] = 1 - p[:, 0]
    answers = Answers(p.argmax(axis=1), p, np.array([0, 1]))
    kind = as_trainer(LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000))
    copy = fit_copy(kind, infer(frame), frame, answers, 0)
    times = np.rint(p * 10).astype(int)
    row, place = np.repeat(np.indices(p.shape)[0].ravel(), times.ravel()), np.repeat(
        np.indices(p.shape)[1].ravel(), times.ravel()
    )  # fmt: skip
    same = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(frame.to_numpy()[row], place)
    # solver tolerance on the gradient: probabilities agree to 1e-5
    assert copy.predict_proba(frame) == pytest.approx(same.predict_proba(frame.to_numpy()), abs=1e-5)


def test_a_linear_regression_comes_back_whole():
    X, y = load_diabetes(return_X_y=True)
    found = extract_model(LinearRegression().fit(X[:200], y[:200]), X[200:], LinearRegression())
    # as many equations as queries in eleven unknowns; limited by rounding
    assert found.fidelity.value == pytest.approx(1.0, abs=1e-12) and found.chance is None
    assert found.outputs == "value"


def test_the_most_faithful_kind_on_held_queries_is_taken(digits):
    model, queries, test = digits
    found = extract_model(model, queries, X_test=test, points=1)
    assert set(found.choice) == {"logistic regression", "random forest", "boosted trees"}
    assert found.surrogate == max(found.choice, key=found.choice.get) == "logistic regression"
    again = extract_model(model, queries, X_test=test, points=1)
    assert again.fidelity == found.fidelity and again.choice == found.choice


def test_labels_of_the_test_rows_and_their_number_change_no_copy(digits):
    model, queries, test = digits
    frame = pd.DataFrame(queries, columns=[f"x{i}" for i in range(64)])
    forest = RandomForestClassifier(10)
    copies = [extract_model(model, queries, forest, X_test=part, points=1).model for part in (test, test[:50])]
    assert (copies[0].predict_proba(frame) == copies[1].predict_proba(frame)).all()


def test_a_surrogate_without_weights_learns_labels(digits):
    model, queries, test = digits
    found = extract_model(model, queries, KNeighborsClassifier(3), X_test=test, points=1)
    assert found.outputs == "label" and found.fidelity.value > 0.8


def test_intervals_and_splits_go_by_person(digits):
    model, queries, test = digits
    rows = np.concatenate([np.arange(600) // 6, 1000 + np.arange(len(test)) // 3])
    found = extract_model(model, queries, RandomForestClassifier(10), X_test=test, points=1, persons=rows)
    assert found.fidelity.n == len(np.unique(rows[600:]))
    with pytest.raises(DataError, match="one person"):
        extract_model(model, queries, points=1, persons=np.zeros(600, int))


def test_mixed_columns_and_missing_values_are_copied():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=400), "b": random.choice(["x", "y", "z"], 400)})
    frame.loc[::7, "a"] = np.nan
    label = ((frame["b"] == "x") | (frame["a"] > 1)).astype(int).to_numpy()
    trainer = as_trainer("sklearn.tree.DecisionTreeClassifier")
    model = trainer.fit(Rows(frame, label, pd.DataFrame(index=frame.index), infer(frame)), 0)
    found = extract_model(model, frame)
    assert found.tested == 100 and found.fidelity.value > 0.9 > found.chance.value


def test_a_model_that_always_says_the_same(digits):
    _, queries, test = digits
    constant = LogisticRegression(C=1e-9).fit(queries, np.arange(600) % 100 == 0)
    found = extract_model(SklearnModel(constant), queries, X_test=test, outputs="label", points=1)
    assert found.fidelity.value == found.chance.value == 1.0 and found.fidelity.low < 1.0
    with pytest.raises(NotApplicable, match="same value"):
        extract_model(LinearRegression().fit(queries, np.ones(600)), queries)


def test_what_does_not_fit_is_refused(digits):
    model, queries, _ = digits
    with pytest.raises(DataError, match="at least 20"):
        extract_model(model, queries[:5])
    with pytest.raises(DataError, match="the same"):
        extract_model(model, queries, X_test=pd.DataFrame(queries))
