"""The stage of attribute inference: sensitive columns, those that the model does not see, refusals."""

import numpy as np
import pandas as pd
import pytest

from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts
from privnb.stages.attribute import META, Parameters

TREE = "{train: {estimator: sklearn.tree.DecisionTreeClassifier}}"
FAST = {"people": 300, "known": 300}


BEGIN = "privnb: 1\nprofile: quick\nseed: 3\nassess: {attribute: {}}\n"


def spec(folder, data, model=TREE, more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(f"{BEGIN}data: {data}\nmodel: {model}\n{more}")
    return str(path)


def adult(folder, sensitive="[sex, race]", **more):
    data = f"{{builtin: adult, target: income, sensitive: {sensitive}, split: {{train: .02, pool: .02}}}}"
    return spec(folder, data, **more)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    stage = open_stage("attribute", adult(tmp_path_factory.mktemp("adult")), "baseline", **FAST)
    return stage, stage.run()


def test_every_column_has_its_figures(found):
    stage, result = found
    plain = {f.id: f for f in result.findings if f.method is None and f.group is None}
    for column in ("sex", "race"):
        for fact in ("inference_gain", "member_gap", "gain_bits", "baseline", "attack"):
            assert plain[f"attribute.{column}.{fact}"].status == "ok"
    assert {f"attribute.{name}" for name in META.facts} <= set(facts())
    assert 0.7 < plain["attribute.sex.baseline"].value < 0.95  # occupation and relationship tell most of it
    assert plain["attribute.sex.inference_gain"].n == 300 and plain["attribute.sex.member_gap"].n == 600
    assert result.facts["known_rows"] == 300 and set(result.facts["trust"]) == {"sex", "race"}
    assert isinstance(stage.figure("attributes"), Picture)
    assert [row[0] for row in result.tables["ways.0"].rows] == ["true label", "prediction"]


def test_the_largest_column_stands_for_all_with_a_corrected_interval(found):
    _, result = found
    largest = result.finding("attribute.largest_gain")
    own = [result.finding(f"attribute.{column}.inference_gain") for column in ("sex", "race")]
    most = max(own, key=lambda f: f.value)
    assert largest.value == most.value and largest.low < most.low and largest.high > most.high
    assert "the largest of 2 columns" in largest.reason


def test_the_same_run_gives_the_same_result(found):
    stage, result = found
    assert stage.run() == result


def test_no_count_below_the_small_cell_is_told(found):
    _, result = found
    for f in result.findings:
        assert f.n is None or f.n >= 5
    hidden = [f for f in result.findings if f.group and f.status == "not_resolvable"]
    assert hidden and all(f.value is None and f.n is None for f in hidden)


def test_the_model_is_asked_about_people_that_it_never_trains_on(found):
    stage, _ = found
    parts = stage.subject.parts
    assert not set(parts["pool"]) & (set(parts["train"]) | set(parts["evaluation"]))


def people(n=900):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=n), "b": random.integers(0, 3, n)})
    frame["faith"] = np.where(random.random(n) < 0.6, "x", "y")
    frame["label"] = np.where(frame["a"] + frame["b"] + random.normal(size=n) > 1, "yes", "no")
    frame["member"] = np.arange(n) % 2
    return frame


def test_a_column_that_the_model_does_not_see_has_its_imputation_risk_alone(tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    data = "{path: people.csv, target: label, sensitive: [faith, label], identifiers: [faith]}"
    stage = open_stage("attribute", spec(tmp_path, data), "baseline", **FAST)
    result = stage.run()
    assert "faith" not in stage.subject.rows.X.columns
    gain = result.finding("attribute.faith.inference_gain")
    assert gain.status == "not_applicable" and "only imputation risk" in gain.reason
    baseline = result.finding("attribute.faith.baseline")
    assert baseline.low < 0.5 < baseline.high  # the column depends on nothing
    assert "what the model predicts" in result.finding("attribute.label.inference_gain").reason
    assert result.finding("attribute.largest_gain").status == "not_applicable"


def test_without_a_pool_guesses_are_crossfitted_over_the_people_asked(tmp_path):
    import skops.io
    from sklearn.tree import DecisionTreeClassifier

    frame = people().assign(faith=lambda rows: (rows["faith"] == "x").astype(int))
    frame.to_csv(tmp_path / "people.csv", index=False)
    train = frame[frame["member"] == 1]
    model = DecisionTreeClassifier(random_state=0).fit(train[["a", "b", "faith"]], train["label"])
    skops.io.dump(model, tmp_path / "m.skops")
    data = "{path: people.csv, target: label, member: member, sensitive: [faith], split: {pool: 0}}"
    stage = open_stage("attribute", spec(tmp_path, data, "{file: m.skops}"), "baseline", **FAST)
    result = stage.run()
    assert len(stage.subject.parts["pool"]) < 60
    assert result.facts["known_rows"] == 0 and result.facts["trust"] == {}
    assert result.finding("attribute.faith.inference_gain").status == "ok"


def test_without_sensitive_columns_it_does_not_apply(tmp_path):
    stage = open_stage("attribute", spec(tmp_path, "{builtin: breast_cancer, target: diagnosis}"), "baseline", **FAST)
    stage.run()
    assert stage.status == "not_applicable" and "no sensitive column" in stage.reason


def test_columns_may_be_named_and_a_number_is_in_r2(tmp_path):
    path = spec(
        tmp_path, "{builtin: diabetes, target: progression}", "{train: {estimator: sklearn.linear_model.Ridge}}"
    )
    result = open_stage("attribute", path, "baseline", columns=["bmi", "sex"], **FAST).run()
    assert result.finding("attribute.bmi.inference_gain").unit == "R2"
    assert result.finding("attribute.bmi.error_gain").status == "ok"
    assert result.finding("attribute.largest_gain").reason.startswith("sex")  # categories go before numbers


def test_a_column_that_is_none_is_refused(tmp_path):
    from privnb.errors import DataError

    with pytest.raises(DataError, match="'income'"):
        open_stage("attribute", adult(tmp_path), "baseline", columns=["income"], **FAST).run()


def test_profiles_cost_what_they_say():
    from privnb.spec import profile_parameters

    quick, thorough = (profile_parameters(Parameters, name) for name in ("quick", "thorough"))
    assert (quick.people, quick.known) == (1000, 2000) and thorough.people > quick.people
