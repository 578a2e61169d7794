"""Whatever a user gives becomes a trainer that is deterministic, works in threads, and says what it cannot do."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from privnb.errors import ModelError
from privnb.subject import EstimatorTrainer, FactoryTrainer, Rows, as_trainer, infer, load_builtin, with_params

FOREST = "sklearn.ensemble.RandomForestClassifier"


@pytest.fixture(scope="module")
def adult():
    frame, dictionary = load_builtin("adult")
    frame = frame.iloc[:1_500]
    X = frame.drop(columns="income")
    return Rows(X, frame["income"].to_numpy(str), pd.DataFrame(index=X.index), dictionary)


def numeric_rows(classes=2, n=120, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    return Rows(X, rng.integers(0, classes, n), pd.DataFrame(index=X.index), infer(X))


@pytest.mark.parametrize(
    "name",
    [
        FOREST,
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "sklearn.linear_model.LogisticRegression",
        "sklearn.neighbors.KNeighborsClassifier",
        "sklearn.tree.DecisionTreeClassifier",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.dummy.DummyClassifier",
    ],
)
def test_any_classifier_takes_adult_as_it_is(adult, name):
    params = {"n_estimators": 10} if name == FOREST else {"max_iter": 20} if "Hist" in name else {}
    trainer = EstimatorTrainer(name, params)
    assert trainer.task == "classification"
    model = trainer.fit(adult, seed=1)
    probabilities = model.predict_proba(adult.X)
    assert model.classes.tolist() == ["<=50K", ">50K"]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities.dtype == np.float64
    np.testing.assert_array_equal(probabilities, trainer.fit(adult, seed=1).predict_proba(adult.X))


def test_unseen_categories_and_missing_values_are_answered(adult):
    model = EstimatorTrainer(FOREST, {"n_estimators": 10}).fit(adult, seed=1)
    strange = adult.X.copy()
    strange["workclass"], strange["race"] = "never heard of", None
    strange["age"] = np.nan
    assert np.isfinite(model.predict_proba(strange)).all()
    assert set(model.predict(strange)) <= {"<=50K", ">50K"}


def test_confident_answers_keep_their_logit(adult):
    """Attacks take the logit of probabilities: single precision would round the surest ones to exactly 1."""
    trainer = EstimatorTrainer("sklearn.linear_model.LogisticRegression", {"C": 100.0, "max_iter": 500})
    model = trainer.fit(adult, seed=1)
    probabilities = model.predict_proba(adult.X)
    assert (probabilities > 0).all() and probabilities.max() > 1 - 1e-6
    logit = np.log(probabilities[:, 1]) - np.log(probabilities[:, 0])
    np.testing.assert_allclose(logit, model.decision_function(adult.X), atol=5e-3)  # machine epsilon times exp(30)


def test_column_order_and_extra_columns_do_not_matter(adult):
    model = EstimatorTrainer("sklearn.linear_model.LogisticRegression").fit(adult, seed=1)
    turned = adult.X[adult.X.columns[::-1]].assign(extra=1)
    np.testing.assert_array_equal(model.predict_proba(turned), model.predict_proba(adult.X))
    with pytest.raises(ModelError, match="'age', which these rows do not have"):
        model.predict(adult.X.drop(columns="age"))


def test_regressor_by_name():
    frame, dictionary = load_builtin("diabetes")
    X = frame.drop(columns="progression")
    rows = Rows(X, frame["progression"].to_numpy(), pd.DataFrame(index=X.index), dictionary)
    trainer = EstimatorTrainer("sklearn.linear_model.Ridge", {"alpha": 0.5})
    model = trainer.fit(rows, 0)
    assert (trainer.task, model.classes, model.predict(X).shape) == ("regression", None, (442,))
    scaled = StandardScaler().fit_transform(X)  # the median fills nothing here, so scaling is all that remains
    expected = Ridge(alpha=0.5).fit(scaled, rows.y).predict(scaled)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-10)
    with pytest.raises(ModelError, match="Ridge gives no probabilities, only values"):
        model.predict_proba(X)


def test_threads_give_what_one_thread_gives(adult):
    trainer = EstimatorTrainer(FOREST, {"n_estimators": 8})
    alone = [trainer.fit(adult, seed).predict_proba(adult.X) for seed in range(6)]
    fresh, barrier = EstimatorTrainer(FOREST, {"n_estimators": 8}), threading.Barrier(2)

    def fit(seed):
        if seed < 2:
            barrier.wait(timeout=60)
        return fresh.fit(adult, seed).predict_proba(adult.X)

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fit, range(6)))
    for one, other in zip(alone, together):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(alone[0], alone[1])  # the seed is used


def test_every_nested_seed_is_set_and_every_job_is_one():
    nested = make_pipeline(PCA(2, svd_solver="randomized"), BaggingClassifier(DecisionTreeClassifier(), n_jobs=2))
    fitted = as_trainer(nested).fit(numeric_rows(), seed=3).estimator
    params = fitted.get_params(deep=True)
    seeds = {name: value for name, value in params.items() if name.endswith("random_state")}
    assert len(seeds) == 3 and len(set(seeds.values())) == 3 and all(isinstance(value, int) for value in seeds.values())
    assert params["baggingclassifier__n_jobs"] == 1
    assert nested.get_params()["baggingclassifier__n_jobs"] == 2  # the user's object is left alone


def test_objects_are_used_as_they_are_on_numbers():
    rows = numeric_rows()
    X = rows.X * [1, 1, 1000]
    rows = Rows(X, rows.y, rows.context, rows.schema)
    ours = as_trainer(KNeighborsClassifier()).fit(rows, 0).predict_proba(X)
    np.testing.assert_array_equal(ours, KNeighborsClassifier().fit(X, rows.y).predict_proba(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_objects_get_an_encoder_where_columns_need_it(adult):
    model = as_trainer(LogisticRegression(max_iter=50)).fit(adult, 0)
    assert [name for name, _ in model.estimator.steps] == ["encode", "model"]


def test_identity_is_plain_stable_and_tells_apart():
    def identity(obj):
        return json.dumps(as_trainer(obj).identity, sort_keys=True, allow_nan=False)

    assert identity(RandomForestClassifier()) == identity(RandomForestClassifier())
    assert identity(RandomForestClassifier(max_depth=3)) != identity(RandomForestClassifier(max_depth=4))
    assert identity(RandomForestClassifier(n_jobs=2)) == identity(RandomForestClassifier())
    deep = [make_pipeline(StandardScaler(), CalibratedClassifierCV(LinearSVC(C=c), cv=3)) for c in (1.0, 2.0)]
    assert identity(deep[0]) != identity(deep[1])
    doubled, tripled = (make_pipeline(FunctionTransformer(f), LogisticRegression()) for f in (np.sqrt, np.exp))
    assert identity(doubled) != identity(tripled)
    assert "0x" not in identity(make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression()))
    named = [EstimatorTrainer(FOREST, {"min_samples_leaf": leaf}).identity for leaf in (5, 5, 50)]
    assert named[0] == named[1] != named[2]
    json.dumps(named[0], allow_nan=False)


def test_labels_for_people():
    assert EstimatorTrainer(FOREST, {"min_samples_leaf": 5}).label == "RandomForestClassifier(min_samples_leaf=5)"
    assert as_trainer(make_pipeline(StandardScaler(), LogisticRegression(C=2))).label == "LogisticRegression(C=2)"
    assert as_trainer(RandomForestClassifier(n_jobs=2, random_state=1)).label == "RandomForestClassifier"


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("RandomForestClassifier", {}, "is no dotted name"),
        ("sklearn.ensemble.RandomForestClasifier", {}, "did you mean RandomForestClassifier"),
        ("sklearn.ensamble.RandomForestClassifier", {}, "cannot be imported"),
        (FOREST, {"min_sample_leaf": 5}, "no parameter 'min_sample_leaf'; did you mean 'min_samples_leaf'"),
        ("sklearn.linear_model.LinearRegression", {"zzzz": 5}, "it has copy_X"),
        ("sklearn.decomposition.PCA", {}, "lacks fit, predict"),
        ("sklearn.ensemble.StackingClassifier", {}, "use a factory"),
        ("sklearn.cluster.KMeans", {}, "neither a classifier nor a regressor"),
    ],
)
def test_names_that_cannot_be_trained(name, params, message):
    with pytest.raises(ModelError, match=message):
        EstimatorTrainer(name, params)


def test_failed_fit_says_what_the_estimator_said():
    rows = numeric_rows()
    with pytest.raises(
        ModelError, match=r"RandomForestClassifier could not be trained on 120 rows: .*min_samples_leaf"
    ):
        EstimatorTrainer(FOREST, {"min_samples_leaf": -1}).fit(rows, 0)


def test_label_only_model_says_so():
    model = as_trainer(LinearSVC()).fit(numeric_rows(), 0)
    assert model.gives_decision and not model.gives_probabilities
    assert model.decision_function(numeric_rows().X).shape == (120,)
    with pytest.raises(ModelError, match="LinearSVC gives no probabilities, only labels"):
        model.predict_proba(numeric_rows().X)
    with pytest.raises(ModelError, match="no decision function"):
        as_trainer(KNeighborsClassifier()).fit(numeric_rows(), 0).decision_function(numeric_rows().X)


def test_with_params():
    changed = with_params(EstimatorTrainer(FOREST, {"max_depth": 3}), min_samples_leaf=9)
    assert changed.params == {"max_depth": 3, "min_samples_leaf": 9}
    pipeline = with_params(as_trainer(make_pipeline(StandardScaler(), LogisticRegression())), C=3.0)
    assert pipeline.estimator.get_params()["logisticregression__C"] == 3.0
    factory = with_params(as_trainer(lambda: LogisticRegression()), C=3.0)
    assert factory.fit(numeric_rows(), 0).estimator.C == 3.0
    with pytest.raises(ModelError, match="no parameter 'leaf'"):
        with_params(as_trainer(RandomForestClassifier()), leaf=3)


def test_as_trainer_takes_what_users_have():
    trainer = EstimatorTrainer(FOREST)
    assert as_trainer(trainer) is trainer
    assert as_trainer(FOREST).task == "classification"
    assert as_trainer(Ridge).task == "regression"
    assert isinstance(as_trainer(lambda: Ridge()), FactoryTrainer)
    with pytest.raises(ModelError, match="is for regression, here it has to do classification"):
        as_trainer(Ridge(), task="classification")
    with pytest.raises(ModelError, match="a int cannot be trained"):
        as_trainer(3)
    with pytest.raises(ModelError, match="no parameters that could be changed"):
        with_params(type("Own", (), {"label": "own"})(), a=1)


def test_factory_of_a_module_beside_the_spec(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    source = tmp_path / "beside_the_spec.py"
    source.write_text(
        "from sklearn.linear_model import LogisticRegression\ndef make():\n    return LogisticRegression()\n"
    )
    trainer = FactoryTrainer("beside_the_spec:make", tmp_path)
    assert (trainer.task, trainer.label) == ("classification", "LogisticRegression")
    assert trainer.fit(numeric_rows(), 0).classes.tolist() == [0, 1]
    before = trainer.identity
    source.write_text(source.read_text() + "# edited\n")
    assert FactoryTrainer("beside_the_spec:make", tmp_path).identity != before
    assert str(tmp_path) not in json.dumps(before)
    with pytest.raises(ModelError, match="no callable 'made'"):
        FactoryTrainer("beside_the_spec:made", tmp_path)


def test_factory_of_a_trainer():
    trainer = FactoryTrainer(lambda: EstimatorTrainer(FOREST, {"n_estimators": 3}))
    assert len(trainer.fit(numeric_rows(), 0).estimator[-1].estimators_) == 3


def test_factories_that_differ_only_in_what_they_close_over():
    made = [FactoryTrainer(lambda depth=depth: DecisionTreeClassifier(max_depth=depth)).identity for depth in (2, 3)]
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("nonesuch_module:make", "cannot be imported"),
        ("module", "is no factory"),
        (lambda: 3, "returned a int"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_faulty_factories(factory, message):
    with pytest.raises(ModelError, match=message):
        FactoryTrainer(factory)
