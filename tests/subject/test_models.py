"""Model files open when they hold nothing foreign or are trusted; our own store gives back the same answers."""

import hashlib

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from privnb.errors import ModelError
from privnb.subject import EstimatorTrainer, Rows, SklearnModel, load_builtin, load_model, load_saved, save_model

X = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 3)), columns=["a", "b", "c"])
Y = np.where(X["a"] > 0, "yes", "no")


def shout(values):
    """A function of this module, which no skops file may call without trust."""
    return values


@pytest.fixture(scope="module")
def adult():
    frame, dictionary = load_builtin("adult")
    frame = frame.iloc[:800]
    features = frame.drop(columns="income")
    return Rows(features, frame["income"].to_numpy(str), pd.DataFrame(index=features.index), dictionary)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 10}),
        ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 10}),
        ("sklearn.linear_model.LogisticRegression", {"max_iter": 500}),
        ("sklearn.neural_network.MLPClassifier", {"max_iter": 5, "hidden_layer_sizes": [8]}),
        ("sklearn.neighbors.KNeighborsClassifier", {}),
        ("sklearn.svm.LinearSVC", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_store_gives_back_the_same_answers(adult, tmp_path, name, params):
    model = EstimatorTrainer(name, params).fit(adult, 1)
    save_model(model, tmp_path / "deep" / "model.skops")
    again = load_saved(tmp_path / "deep" / "model.skops")
    strange = adult.X.assign(race="unheard", age=np.nan)
    for rows in (adult.X, strange):
        ask = "predict_proba" if model.gives_probabilities else "decision_function"
        np.testing.assert_array_equal(getattr(again, ask)(rows), getattr(model, ask)(rows))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.skops"]


def test_what_cannot_be_stored_is_refused(tmp_path):
    own = make_pipeline(FunctionTransformer(shout), LogisticRegression()).fit(X, Y)
    with pytest.raises(ModelError, match=r"shout.* cannot be stored; it has to be refitted"):
        save_model(SklearnModel(own), tmp_path / "m.skops")
    with pytest.raises(ModelError, match="a int cannot be stored"):
        save_model(3, tmp_path / "m.skops")
    assert not list(tmp_path.iterdir())


def test_damaged_missing_and_foreign_store_files(tmp_path):
    (tmp_path / "m.skops").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="no skops file"):
        load_saved(tmp_path / "m.skops")
    with pytest.raises(ModelError, match="cannot be read"):
        load_saved(tmp_path / "none.skops")
    skops.io.dump(make_pipeline(FunctionTransformer(shout), Ridge()), tmp_path / "f.skops")
    with pytest.raises(ModelError, match=r"privnb never writes: .*shout"):
        load_saved(tmp_path / "f.skops")


def test_user_file_in_skops(tmp_path):
    fitted = RandomForestClassifier(5, random_state=0).fit(X, Y)
    skops.io.dump(fitted, tmp_path / "m.skops")
    model, trainer, digest = load_model(tmp_path / "m.skops")
    np.testing.assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    assert digest == hashlib.sha256((tmp_path / "m.skops").read_bytes()).hexdigest()
    assert (trainer.task, trainer.encode) == ("classification", "never")
    again = trainer.fit(Rows(X, Y, pd.DataFrame(index=X.index), None), 3)  # a clone, taking X as the file's model did
    assert again.predict(X).shape == (90,)


def test_user_file_with_foreign_types_needs_trust(tmp_path):
    skops.io.dump(make_pipeline(FunctionTransformer(shout), LogisticRegression()).fit(X, Y), tmp_path / "m.skops")
    with pytest.raises(ModelError, match=r"does not know: .*shout.*SHA-256 [0-9a-f]{64}.*model.trust: true"):
        load_model(tmp_path / "m.skops")
    assert load_model(tmp_path / "m.skops", trust=True)[0].classes.tolist() == ["no", "yes"]


def test_pickles_need_trust(tmp_path):
    joblib.dump(LogisticRegression().fit(X, Y), tmp_path / "m.joblib")
    digest = hashlib.sha256((tmp_path / "m.joblib").read_bytes()).hexdigest()
    with pytest.raises(ModelError, match=rf"runs whatever code.*{digest}"):
        load_model(tmp_path / "m.joblib")
    assert load_model(tmp_path / "m.joblib", trust=True)[2] == digest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LogisticRegression(), "never fitted"),
        (StandardScaler().fit(X), "cannot predict"),
    ],
)
def test_files_that_hold_no_model(tmp_path, content, message):
    skops.io.dump(content, tmp_path / "m.skops")
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / "m.skops")


def test_files_of_no_known_kind(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"x")
    (tmp_path / "m.pkl").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"opens \.skops"):
        load_model(tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="cannot be opened"):
        load_model(tmp_path / "m.pkl", trust=True)


def test_model_trained_on_plain_arrays_takes_tables():
    fitted = Ridge().fit(X.to_numpy(), X["a"])
    model = SklearnModel(fitted)
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X.to_numpy()))
    with pytest.raises(ModelError, match="trained with 3 columns, these rows have 2"):
        model.predict(X[["a", "b"]])


def test_model_trained_on_tables_takes_plain_arrays():
    model = SklearnModel(LogisticRegression().fit(X, Y))
    np.testing.assert_array_equal(model.predict(X.to_numpy()), model.predict(X))


def test_failure_to_answer_is_a_sentence():
    model = SklearnModel(LogisticRegression().fit(X, Y))
    with pytest.raises(ModelError, match=r"LogisticRegression could not answer: .*NaN"):
        model.predict(X.assign(a=np.nan))


def test_model_without_scikit_learn_fitting_rules(tmp_path):
    class Constant:
        def predict(self, X):
            return np.zeros(len(X))

    model = SklearnModel(Constant())
    assert model.classes is None and model.predict(X).shape == (90,)


def test_a_pipeline_with_the_commonest_preprocessing_opens_without_trust(tmp_path):
    frame = pd.DataFrame({"job": ["a", "b", "a", "c"] * 10, "age": np.arange(40.0)})
    columns = make_column_transformer((OneHotEncoder(), ["job"]), (StandardScaler(), ["age"]))
    fitted = make_pipeline(columns, LogisticRegression()).fit(frame, np.arange(40) % 2)
    skops.io.dump(fitted, tmp_path / "pipeline.skops")
    model, trainer, _ = load_model(tmp_path / "pipeline.skops")
    assert np.array_equal(model.predict(frame), fitted.predict(frame)) and trainer is not None
