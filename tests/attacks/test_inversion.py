"""Inversion: gradients against differences, SSIM against closed forms, and portraits that are like their class."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from privnb.attacks import invert_classes
from privnb.attacks.gradients import differentiable
from privnb.attacks.similarity import class_distances, ssim
from privnb.errors import DataError, NotApplicable
from privnb.subject.datasets import load_builtin


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("classes", [2, 3])
def test_network_gradients_agree_with_differences(activation, classes):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(80, 5)), random.integers(0, classes, 80)
    model = MLPClassifier((7, 4), activation=activation, max_iter=30, random_state=0).fit(X, y)
    _agrees(model, X[:6], y[:6])


@pytest.mark.parametrize("classes", [2, 4])
def test_linear_gradients_agree_with_differences(classes):
    random = np.random.default_rng(1)
    X, y = random.normal(size=(80, 5)), random.integers(0, classes, 80)
    _agrees(LogisticRegression().fit(X, y), X[:6], y[:6])


def _agrees(model, Z, k):
    found = differentiable(model)
    value, slope = found.log_probability(Z, k)
    assert np.allclose(value, np.log(model.predict_proba(Z)[np.arange(len(Z)), k]), atol=1e-12)
    step = 1e-6
    for j in range(Z.shape[1]):
        up, down = Z.copy(), Z.copy()
        up[:, j] += step
        down[:, j] -= step
        rise = (found.log_probability(up, k)[0] - found.log_probability(down, k)[0]) / (2 * step)
        assert np.allclose(rise, slope[:, j], atol=1e-6)  # second-order differences of step 1e-6


def test_models_without_gradients_have_none():
    X, y = load_breast_cancer(return_X_y=True)
    assert differentiable(RandomForestClassifier(3).fit(X, y)) is None
    assert differentiable(LinearRegression().fit(X, y)) is None
    assert differentiable(RidgeClassifier().fit(X, y)) is not None


def test_ssim_has_its_closed_forms():
    random = np.random.default_rng(0)
    a, b = random.random((2, 3, 16, 16))
    assert ssim(a, a, 1.0) == pytest.approx(np.ones(3))
    assert ssim(a, b, 1.0) == pytest.approx(ssim(b, a, 1.0))
    # constant pictures: no structure, so the luminance term alone: (2 m n + c1) / (m^2 + n^2 + c1)
    dark, light = np.full((1, 8, 8), 0.2), np.full((1, 8, 8), 0.6)
    c1, c2 = 0.01**2, 0.03**2
    assert ssim(dark, light, 1.0)[0] == pytest.approx((2 * 0.12 + c1) / (0.04 + 0.36 + c1))
    # the same structure turned upside down, around mean 0: contrast term (-2 v + c2) / (2 v + c2), luminance 1
    wave = np.tile([[1.0, -1.0], [-1.0, 1.0]], (1, 8, 8))
    assert -1 <= ssim(wave, -wave, 2.0)[0] < -0.97
    # scaling span and pictures together changes nothing
    assert ssim(16 * a, 16 * b, 16.0) == pytest.approx(ssim(a, b, 1.0))
    # a single window, 3 x 3: by hand from Wang et al. 2004, equations 13 to 16
    x, y = random.random((2, 1, 3, 3))
    taps = np.exp(-np.array([1.0, 0.0, 1.0]) / (2 * 1.5**2))
    w = np.outer(taps, taps) / taps.sum() ** 2
    mx, my = (w * x[0]).sum(), (w * y[0]).sum()
    vx, vy, vxy = (w * (x[0] - mx) ** 2).sum(), (w * (y[0] - my) ** 2).sum(), (w * (x[0] - mx) * (y[0] - my)).sum()
    by_hand = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    assert ssim(x, y, 1.0)[0] == pytest.approx(by_hand)
    with pytest.raises(DataError, match="range of the pictures"):
        ssim(a, b, 0.0)


def test_distances_count_standard_deviations_and_shares():
    frame = load_builtin("adult")[0].iloc[:500]
    rows, labels = frame[["age", "sex"]], frame["income"].to_numpy(str)
    classes = np.unique(labels)
    ages = np.array([rows["age"][labels == c].mean() for c in classes])
    found = rows.iloc[:2].assign(age=ages + rows["age"].std(ddof=0), sex="Male")
    women = np.array([(rows["sex"][labels == c] != "Male").mean() for c in classes])
    assert class_distances(found, rows, labels, classes) == pytest.approx(np.sqrt((1 + women) / 2))


def test_gradients_alone_match_the_published_attack(digits):
    X, y = digits
    model = LogisticRegression(max_iter=2000).fit(X[:1000], y[:1000])
    found = invert_classes(model, shape=(8, 8), bounds=(0, 1), confidence=0.998)
    means = np.array([X[:1000][y[:1000] == c].mean(0) for c in range(10)])
    likeness = [np.corrcoef(found.representatives[c], means[c])[0, 1] for c in range(10)]
    assert found.method == "gradient"
    assert (model.predict(found.representatives) == np.arange(10)).all()
    # MIFace of ART on this model: 10 of 10 classes, confidence .998, mean correlation .65
    assert found.confidence.mean() >= 0.998 and np.mean(likeness) >= 0.65


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(max_iter=2000),
        MLPClassifier((64,), max_iter=200, random_state=0),
        GaussianNB(),
        RandomForestClassifier(50, random_state=0),
    ],
)
def test_reference_rows_give_portraits_that_are_like_the_class(digits, model):
    X, y = digits
    model.fit(X[:1000], y[:1000])
    found = invert_classes(model, X[1000:], shape=(8, 8), bounds=(0, 1)).judge(X[:1000], y[:1000], shape=(8, 8))
    assert (model.predict(found.representatives) == np.arange(10)).all()
    assert found.confidence.min() >= 0.9
    assert found.similarity.mean() >= 0.93 > 0.6 > found.prior_similarity.mean()
    # the reference rows' own class means differ from those of the training rows by a tenth of the prior guess's error
    assert found.mse.mean() <= 0.25 * found.prior_mse.mean()


def test_a_black_box_is_asked_and_never_differentiated(digits):
    X, y = digits
    model = LogisticRegression(max_iter=2000).fit(X[:1000], y[:1000])
    found = invert_classes(model, X[1000:], bounds=(0, 1), white_box=False, queries=1000)
    assert found.method == "queries"
    assert found.queries <= 1000 * 10
    assert (found.confidence >= 0.9).all()


def test_tables_with_categories_and_scalers():
    frame = load_builtin("adult")[0].iloc[:3000]
    X, y = frame[["age", "education-num", "sex", "relationship"]], frame["income"].to_numpy(str)
    encode = ColumnTransformer(
        [("hot", OneHotEncoder(), ["sex", "relationship"]), ("num", StandardScaler(), ["age", "education-num"])]
    )
    for model, method in (
        (LogisticRegression(), "gradient"),
        (RandomForestClassifier(min_samples_leaf=20, random_state=0), "queries"),
    ):
        pipeline = make_pipeline(encode, model).fit(X[:2000], y[:2000])
        found = invert_classes(pipeline, X[2000:], confidence=0.6).judge(X[:2000], y[:2000])
        assert found.method == method
        assert list(found.representatives.columns) == list(X.columns)
        assert set(found.representatives["sex"]) <= {"Male", "Female"}
        assert (pipeline.predict(found.representatives) == found.classes).all()
        assert found.distance.mean() < found.prior_distance.mean()
        assert list(found.table()["class"]) == list(found.classes)


def test_without_rows_the_limits_come_from_the_model_or_are_an_assumption():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    found = invert_classes(model)
    assert found.limits == "what the model's preprocessing keeps"
    assert (model.predict(found.representatives) == [0, 1]).all()
    low, high = X.mean(0) - 3 * X.std(0), X.mean(0) + 3 * X.std(0)
    assert ((found.representatives >= low - 1e-6) & (found.representatives <= high + 1e-6)).all()
    assert "assumption" in invert_classes(LogisticRegression(max_iter=5000).fit(X, y)).limits


def test_what_has_no_meaning_is_refused():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(NotApplicable, match="no classes"):
        invert_classes(LinearRegression().fit(X, y))
    model = GaussianNB().fit(X, y > 100)
    with pytest.raises(DataError, match="64 values, the rows 10"):
        invert_classes(model, X, shape=(8, 8))
    with pytest.raises(DataError, match="bounds have shape"):
        invert_classes(model, bounds=[(0, 1)] * 3)
