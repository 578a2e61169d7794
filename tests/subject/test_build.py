"""From data and model to the subject: membership drawn, declared or unknown; no hidden column reaches the model."""

import sys

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression, Ridge
from spec_stand_in import FOREST, data_section, spec

from privnb.errors import DataError, ModelError
from privnb.subject import PARTS, build_subject, load_builtin

PEOPLE = 300


@pytest.fixture
def people():
    """A table of people with every role: identifier, person, party, sensitive, features and a label."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "name": [f"name {number}" for number in range(PEOPLE)],
            "ssn": [f"{number:05d}" for number in rng.permutation(PEOPLE)],
            "bank": rng.choice(["north", "south"], PEOPLE),
            "age": rng.integers(18, 90, PEOPLE),
            "sex": rng.choice(["f", "m"], PEOPLE),
            "pay": rng.normal(100, 20, PEOPLE),
        }
    )
    frame["good"] = np.where(frame["pay"] + rng.normal(0, 10, PEOPLE) > 100, "yes", "no")
    return frame


def saved(frame, folder, name="people.csv"):
    frame.to_csv(folder / name, index=False)
    return name


def roles(**more):
    return {"target": "good", "identifiers": ["name"], "person_id": "ssn", "party": "bank", "sensitive": ["sex"]} | more


def persons_of(subject, part):
    return set(subject.part(part).persons)


def assert_disjoint(subject):
    assert tuple(subject.parts) == PARTS
    for first in PARTS:
        for second in PARTS:
            if first != second:
                assert not persons_of(subject, first) & persons_of(subject, second)


def test_adult_in_four_parts(tmp_path):
    section = data_section(builtin="adult", target="income", sensitive=["race", "sex"], quasi_identifiers=["age"])
    subject = build_subject(spec(section, FOREST, {"min_samples_leaf": 5}), tmp_path)
    sizes = {name: len(index) for name, index in subject.parts.items()}
    assert sizes == {"train": 17_094, "validation": 4_885, "evaluation": 12_210, "pool": 14_653, "given": 0}
    assert (subject.task, subject.membership, len(subject.rows)) == ("classification", "split", 48_842)
    assert "income" not in subject.rows.X and subject.rows.X.shape[1] == 14
    shares = [(subject.part(name).y == ">50K").mean() for name in PARTS[:4]]
    assert max(shares) - min(shares) < 1e-3  # stratified: the shares differ by rounding alone
    assert subject.facts["classes"] == ["<=50K", ">50K"] and "CC BY 4.0" in subject.facts["licence"]
    assert subject.rows.schema.source == "declared"


def test_same_seed_same_subject(tmp_path):
    section = data_section(builtin="wine", target="cultivar")
    first, again, other = (build_subject(spec(section, FOREST, seed=seed), tmp_path) for seed in (7, 7, 8))
    assert all(np.array_equal(first.parts[name], again.parts[name]) for name in PARTS)
    assert not np.array_equal(first.parts["train"], other.parts["train"])


def test_hidden_columns_never_reach_the_model(tmp_path, people):
    subject = build_subject(spec(data_section(path=saved(people, tmp_path), **roles())), tmp_path)
    assert list(subject.rows.X.columns) == ["age", "sex", "pay"]
    assert set(subject.rows.context.columns) == {"person", "party"}
    assert subject.rows.context["person"].tolist() == list(range(PEOPLE))
    assert subject.rows.context["party"].tolist() == people["bank"].tolist()
    assert subject.facts["people"] == PEOPLE


def test_quasi_identifier_that_is_no_feature_is_kept_beside(tmp_path, people):
    section = data_section(path=saved(people, tmp_path), **roles(quasi_identifiers=["age", "ssn", "bank"]))
    subject = build_subject(spec(section), tmp_path)
    assert set(subject.rows.context.columns) == {"person", "party", "ssn", "bank"}


def test_tenfold_people_fall_into_the_same_parts(tmp_path, people):
    once = build_subject(spec(data_section(path=saved(people, tmp_path), **roles())), tmp_path)
    tenfold_people = people.loc[people.index.repeat(10)]
    tenfold = build_subject(spec(data_section(path=saved(tenfold_people, tmp_path, "ten.csv"), **roles())), tmp_path)
    assert_disjoint(tenfold)
    for name in PARTS:
        assert persons_of(once, name) == persons_of(tenfold, name)
        assert len(tenfold.part(name)) == 10 * len(once.part(name))


def test_train_and_holdout_files_declare_membership(tmp_path, people):
    train, holdout = saved(people[:120], tmp_path, "train.csv"), saved(people[120:], tmp_path, "holdout.csv")
    subject = build_subject(spec(data_section(train=train, holdout=holdout, **roles())), tmp_path)
    assert subject.membership == "declared"
    assert subject.parts["train"].tolist() == list(range(120))
    assert_disjoint(subject)
    sizes = [len(subject.parts[name]) for name in ("validation", "evaluation", "pool")]
    for size, share in zip(sizes, (0.1, 0.25, 0.3)):
        assert abs(size - 180 * share / 0.65) <= 2  # the ratio of the split, rounded in each of two classes
    assert sum(sizes) == 180


def test_people_of_both_files_are_set_aside(tmp_path, people):
    train = saved(people[:120], tmp_path, "train.csv")
    holdout = saved(people[100:], tmp_path, "holdout.csv")  # 20 people are in both
    subject = build_subject(spec(data_section(train=train, holdout=holdout, **roles())), tmp_path)
    assert subject.facts["set_aside_rows"] == 20
    assert_disjoint(subject)
    assert sum(len(index) for index in subject.parts.values()) == PEOPLE


def test_files_with_other_columns_are_refused(tmp_path, people):
    train, holdout = saved(people, tmp_path, "train.csv"), saved(people.drop(columns="pay"), tmp_path, "holdout.csv")
    with pytest.raises(DataError, match="only one of them has pay"):
        build_subject(spec(data_section(train=train, holdout=holdout, **roles())), tmp_path)


@pytest.mark.parametrize("words", [(True, False), (1, 0), ("yes", "no"), ("Member", "non-member"), (1.0, 0.0)])
def test_member_column_declares_membership(tmp_path, people, words):
    people["was"] = [words[0] if number % 3 == 0 else words[1] for number in range(PEOPLE)]
    people["was"] = people["was"].astype(object)
    subject = build_subject(spec(data_section(path=saved(people, tmp_path), member="was", **roles())), tmp_path)
    assert subject.parts["train"].tolist() == list(range(0, PEOPLE, 3))
    assert subject.membership == "declared" and "was" not in subject.rows.X


@pytest.mark.parametrize(("value", "message"), [("perhaps", "300 rows say something else"), (1, "true in every row")])
def test_member_columns_that_do_not_say(tmp_path, people, value, message):
    section = data_section(path=saved(people.assign(was=value), tmp_path), member="was", **roles())
    with pytest.raises(DataError, match=message):
        build_subject(spec(section), tmp_path)


def fitted_file(people, folder, features=("age", "pay")):
    skops.io.dump(LogisticRegression().fit(people[list(features)], people["good"]), folder / "model.skops")
    return "model.skops"


def test_given_file_without_declared_membership_is_unknown(tmp_path, people):
    section = data_section(path=saved(people, tmp_path), **roles())
    subject = build_subject(spec(section, file=fitted_file(people, tmp_path)), tmp_path)
    assert subject.membership == "unknown" and len(subject.parts["given"]) == PEOPLE
    assert all(len(subject.parts[name]) == 0 for name in PARTS if name != "given")


def test_given_file_with_declared_membership_keeps_all_others_for_evaluation(tmp_path, people):
    train, holdout = saved(people[:120], tmp_path, "train.csv"), saved(people[120:], tmp_path, "holdout.csv")
    section = data_section(train=train, holdout=holdout, **roles())
    subject = build_subject(spec(section, file=fitted_file(people, tmp_path)), tmp_path)
    assert {name: len(index) for name, index in subject.parts.items()} == {
        "train": 120, "validation": 0, "evaluation": 180, "pool": 0, "given": 0,
    }  # fmt: skip


def test_given_file_that_knows_other_classes(tmp_path, people):
    file = fitted_file(people.assign(good=people["good"].map({"yes": 1, "no": 0})), tmp_path)
    with pytest.raises(DataError, match="holds 2 labels that the model file does not know; it knows 0, 1"):
        build_subject(spec(data_section(path=saved(people, tmp_path), **roles()), file=file), tmp_path)


def test_given_regressor(tmp_path, people):
    skops.io.dump(Ridge().fit(people[["age"]], people["pay"]), tmp_path / "model.skops")
    section = data_section(path=saved(people, tmp_path), **roles(target="pay"))
    assert build_subject(spec(section, file="model.skops"), tmp_path).task == "regression"


def test_factory_decides_the_task(tmp_path, people, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    source = "from sklearn.linear_model import Ridge\ndef make():\n    return Ridge()\n"
    (tmp_path / "factory_of_ridges.py").write_text(source)
    section = data_section(path=saved(people, tmp_path), **roles(target="pay"))
    subject = build_subject(spec(section, factory="factory_of_ridges:make"), tmp_path)
    assert subject.task == "regression" and subject.rows.y.dtype == np.float64


def test_regressor_on_diabetes(tmp_path):
    section = data_section(builtin="diabetes", target="progression")
    subject = build_subject(spec(section, "sklearn.linear_model.Ridge"), tmp_path)
    assert subject.task == "regression" and subject.facts["classes"] == []
    assert [len(subject.parts[name]) for name in PARTS] == [155, 44, 110, 133, 0]


def test_own_dictionary_for_built_in_data(tmp_path):
    (tmp_path / "own.yaml").write_text("columns: {age: {type: integer, bounds: [0, 120]}}")
    section = data_section(builtin="adult", target="income", dictionary="own.yaml")
    schema = build_subject(spec(section, FOREST), tmp_path).rows.schema
    assert schema["age"].bounds == (0, 120) and schema["sex"].categories == ("Female", "Male")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "god"}, "data.target: the data have no column 'god'; did you mean 'good'"),
        ({"sensitive": ["six"]}, "data.sensitive: .*did you mean 'sex'"),
        ({"party": "bnk"}, "data.party: .*did you mean 'bank'"),
        ({"identifiers": ["name", "age", "pay", "sex"]}, "no column is left as a feature"),
    ],
)
def test_roles_that_do_not_fit(tmp_path, people, given, message):
    with pytest.raises(DataError, match=message):
        build_subject(spec(data_section(path=saved(people, tmp_path), **roles(**given))), tmp_path)


def test_too_few_rows_are_counted(tmp_path, people):
    section = data_section(path=saved(people[:100], tmp_path), **roles())
    with pytest.raises(DataError, match=r"part evaluation has 2\d, it needs at least 30 \(rows by part: train 3"):
        build_subject(spec(section), tmp_path)


@pytest.mark.parametrize(
    ("values", "estimator", "message"),
    [
        (["same"], FOREST, "same value in every row"),
        ([None, "yes", "no"], FOREST, "empty in 100 rows"),
        ([0.25, 0.5, 0.75], FOREST, "3 distinct numbers with fractions"),
        (["yes", "no"], "sklearn.linear_model.Ridge", "holds text"),
    ],
)
def test_targets_that_do_not_fit_the_task(tmp_path, people, values, estimator, message):
    people["good"] = [values[number % len(values)] for number in range(PEOPLE)]
    with pytest.raises(DataError, match=message):
        build_subject(spec(data_section(path=saved(people, tmp_path), **roles()), estimator), tmp_path)


@pytest.mark.parametrize(
    ("values", "kind"), [([0, 1], "i"), ([0.0, 1.0], "i"), ([True, False], "b"), (["a", "b"], "U")]
)
def test_labels_keep_their_kind(tmp_path, people, values, kind):
    people["good"] = [values[number % 2] for number in range(PEOPLE)]
    subject = build_subject(spec(data_section(path=saved(people, tmp_path), **roles())), tmp_path)
    assert subject.rows.y.dtype.kind == kind
    assert np.unique(subject.rows.y).tolist() == sorted(values)


def test_missing_file(tmp_path):
    with pytest.raises(ModelError, match="there is no model file"):
        build_subject(spec(data_section(builtin="wine", target="cultivar"), file="none.skops"), tmp_path)


def test_categories_as_pandas_categories(tmp_path):
    frame, _ = load_builtin("wine")
    frame["cultivar"] = frame["cultivar"].astype("category")
    frame.to_parquet(tmp_path / "wine.parquet")
    subject = build_subject(spec(data_section(path="wine.parquet", target="cultivar"), FOREST), tmp_path)
    assert subject.rows.y.dtype.kind == "U"


@pytest.mark.parametrize("name", ["person", "party"])
def test_a_hidden_column_with_privnbs_own_name_is_refused(tmp_path, people, name):
    path = saved(people.rename(columns={"sex": name}), tmp_path)
    section = data_section(path=path, **roles(identifiers=["name", name], sensitive=[name]))
    with pytest.raises(DataError, match=f"column '{name}' is no feature and has privnb's own name"):
        build_subject(spec(section, FOREST), tmp_path)


def test_a_target_with_a_class_of_its_own_in_nearly_every_row_is_refused(tmp_path, people):
    path = saved(people.assign(good=people["ssn"].map(lambda code: f"c{code}")), tmp_path)
    with pytest.raises(DataError, match="column 'good' has 300 classes in 300 rows"):
        build_subject(spec(data_section(path=path, **roles()), FOREST), tmp_path)
