"""Leave-one-out weights: equal to refits, with and without intercept, penalty and preprocessing."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from privnb.attacks.leave_one_out import weight_changes, weight_distances
from privnb.errors import DataError, NotApplicable


@pytest.mark.parametrize(
    "estimator",
    [LinearRegression(), LinearRegression(fit_intercept=False), Ridge(0.7), Ridge(30.0, fit_intercept=False)],
)
def test_equal_to_refits(estimator):
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:80] * 10, y[:80]
    model = estimator.fit(X, y)
    whole = np.append(model.coef_, model.intercept_)
    found = weight_changes(model, X, y)
    for i in (0, 7, 79):
        refit = type(estimator)(**estimator.get_params()).fit(np.delete(X, i, 0), np.delete(y, i))
        # two solvers of one linear system: rounding times its condition
        assert found[i] == pytest.approx(whole - np.append(refit.coef_, refit.intercept_), rel=1e-7, abs=1e-8)
    assert weight_distances(model, X, y) == pytest.approx(np.sqrt((found**2).sum(axis=1)))


def test_preprocessing_is_kept_as_fitted():
    X, y = load_diabetes(return_X_y=True)
    scaler = StandardScaler().fit(X)
    inside = weight_changes(make_pipeline(StandardScaler(), Ridge(2.0)).fit(X, y), X, y)
    assert inside == pytest.approx(weight_changes(Ridge(2.0).fit(scaler.transform(X), y), scaler.transform(X), y))


def test_a_row_that_alone_decides_a_weight_pulls_without_limit():
    X = np.column_stack([np.arange(10.0), np.r_[np.zeros(9), 1.0]])
    assert np.isinf(weight_distances(LinearRegression().fit(X, np.arange(10.0) ** 2), X, np.arange(10.0) ** 2)[-1])


def test_other_models_and_other_rows_are_refused():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(NotApplicable, match="not for Lasso"):
        weight_changes(Lasso().fit(X, y), X, y)
    with pytest.raises(DataError, match="trained on"):
        weight_changes(Ridge().fit(X[:100], y[:100]), X, y)
