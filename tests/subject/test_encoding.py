"""The encoder gives what scikit-learn's own encoders give, over the declared categories, and survives strange rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from privnb.errors import ModelError
from privnb.subject import infer, load_builtin
from privnb.subject.dictionary import Column, Dictionary
from privnb.subject.encoding import TableEncoder, encoding_plan

SCHEMA = Dictionary(
    {
        "age": Column("integer", bounds=(0, 120)),
        "pay": Column("number", missing=True),
        "sex": Column("categorical", ("f", "m", "x")),
        "born": Column("date"),
        "smoker": Column("boolean", (False, True)),
    },
    "declared",
)
TRAINING = pd.DataFrame(
    {
        "age": [20, 30, 40, 50],
        "pay": [1.0, np.nan, 3.0, 8.0],
        "sex": ["f", "m", None, "m"],
        "born": pd.to_datetime(["1970-01-02", "1970-01-03", None, "1970-01-05"]),
        "smoker": [True, False, True, True],
    }
)


def encoder(schema=SCHEMA, frame=TRAINING):
    return TableEncoder(encoding_plan(schema, frame.columns)).fit(frame)


def test_agrees_with_scikit_learn_on_adult():
    frame, dictionary = load_builtin("adult")
    frame = frame.drop(columns="income").head(3_000)
    frame.loc[::7, "age"] = np.nan
    numbers = [name for name in frame if dictionary[name].type == "integer"]
    words = [name for name in frame if name not in numbers]
    categories = [[*dictionary[name].categories, np.nan] for name in words]
    peer = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("words", OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False), words),
        ]
    )
    ours = encoder(dictionary, frame)
    matrix, expected = ours.transform(frame), peer.fit_transform(frame)
    names = ours.get_feature_names_out().tolist()
    columns = [names.index(name) for name in numbers]
    for name, levels in zip(words, categories):
        columns += [names.index(f"{name} (missing)" if level is np.nan else f"{name}={level}") for level in levels]
    np.testing.assert_allclose(matrix[:, columns], expected, rtol=1e-12, atol=1e-12)
    rest = sorted(set(range(len(names))) - set(columns))
    assert [names[at] for at in rest] == ["age (missing)"]
    assert np.array_equal(matrix[:, rest[0]], frame["age"].isna())


def test_names_and_shape_follow_the_dictionary():
    assert encoder().get_feature_names_out().tolist() == [
        "age", "pay", "pay (missing)", "sex=f", "sex=m", "sex=x", "sex (missing)", "born", "born (missing)", "smoker",
    ]  # fmt: skip
    matrix = encoder().transform(TRAINING)
    assert matrix.dtype == np.float64 and matrix.shape == (4, 10)


def test_unseen_category_is_all_zeros_and_missing_is_its_own():
    strange = TRAINING.assign(sex=["unheard", None, "x", "f"])
    assert encoder().transform(strange)[:, 3:7].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]]


def test_missing_number_is_the_training_median():
    fitted = encoder()
    only_missing = TRAINING.assign(pay=np.nan, age=np.nan)
    assert np.isfinite(fitted.transform(only_missing)).all()
    with_medians = TRAINING.assign(pay=3.0, age=35)
    same = [0, 1]  # age and pay; the indicator beside pay differs
    np.testing.assert_array_equal(fitted.transform(only_missing)[:, same], fitted.transform(with_medians)[:, same])


@pytest.mark.parametrize("strange", ["text", np.inf, -np.inf, None])
def test_what_is_no_number_counts_as_missing(strange):
    frame = TRAINING.assign(pay=pd.Series([strange, 1.0, 2.0, 3.0], dtype=object))
    matrix = encoder().transform(frame)
    assert np.isfinite(matrix).all() and matrix[:, 2].tolist() == [1, 0, 0, 0]


def test_constant_and_empty_columns_do_no_harm():
    frame = pd.DataFrame({"same": [1.0] * 5, "none": [np.nan] * 5})
    assert np.isfinite(encoder(infer(frame), frame).transform(frame)).all()


@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_storage_of_words_does_not_matter(dtype):
    frame = TRAINING.assign(sex=pd.Series(["f", "m", None, "m"], dtype=dtype))
    np.testing.assert_array_equal(encoder().transform(frame), encoder().transform(TRAINING))


def test_whole_number_categories_survive_missing_values():
    schema = Dictionary({"code": Column("categorical", (1, 2, 3))}, "declared")
    frame = pd.DataFrame({"code": [1.0, np.nan, 3.0]})
    assert encoder(schema, frame).transform(frame).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]


def test_text_and_absent_columns_are_refused():
    with pytest.raises(ModelError, match="'note' is free text"):
        encoding_plan(Dictionary({"note": Column("text")}, "declared"), ["note"])
    with pytest.raises(ModelError, match="'born'"):
        encoder().transform(TRAINING.drop(columns="born"))


def test_is_a_scikit_learn_transformer():
    fresh = clone(encoder())
    assert not hasattr(fresh, "medians_")
    assert fresh.columns == encoder().columns
