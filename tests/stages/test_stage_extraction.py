"""The stage of model extraction: facts, whose rows are asked about, what is compared, what has no meaning."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts
from privnb.stages.extraction import META, Parameters

BREAST = "{builtin: breast_cancer, target: diagnosis}"


def spec(folder, data=BREAST, estimator="sklearn.ensemble.RandomForestClassifier", more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(
        f"privnb: 1\nprofile: quick\nseed: 3\nassess: {{extraction: {{}}}}\n"
        f"data: {data}\nmodel: {{train: {{estimator: {estimator}}}}}\n{more}"
    )
    return str(path)


@pytest.fixture(scope="module")
def breast(tmp_path_factory):
    stage = open_stage("extraction", spec(tmp_path_factory.mktemp("breast")), "baseline")
    return stage, stage.run()


def test_every_fact_is_found_and_the_copy_beats_the_commonest_answer(breast):
    stage, result = breast
    assert {f.id for f in result.findings} == {f"extraction.{name}" for name in META.facts} <= set(facts())
    copy, chance = result.finding("extraction.fidelity"), result.finding("extraction.chance_agreement")
    assert copy.low > chance.high and copy.value > 0.9
    assert result.finding("extraction.fidelity_labels").value > chance.value
    evaluation = stage.subject.part("evaluation")
    assert 0.5 <= chance.value < 0.8
    assert result.facts["tested_rows"] == copy.n == len(evaluation)
    assert stage.run() == result


def test_the_curve_ends_at_the_fidelity(breast):
    stage, result = breast
    curve = result.series["curve"]
    assert curve["fidelity"][-1] == result.finding("extraction.fidelity").value
    assert curve["queries"][-1] == len(stage.subject.parts["pool"]) == result.facts["queries"]
    assert isinstance(stage.figure("copy"), Picture)
    assert {row[0] for row in result.tables["copies"].rows} == {"probabilities", "labels"}


def test_queries_are_capped(tmp_path):
    result = open_stage("extraction", spec(tmp_path), "baseline", queries=60).run()
    assert result.facts["queries"] == 60 and result.series["curve"]["queries"] == [30.0, 60.0]


def test_rows_that_were_asked_about_are_not_compared(tmp_path):
    frame = load_breast_cancer(as_frame=True).frame
    doubled = frame.loc[np.repeat(np.arange(len(frame)), 2)]  # each row twice, of two people
    doubled.to_csv(tmp_path / "t.csv", index=False)
    result = open_stage("extraction", spec(tmp_path, "{path: t.csv, target: target}"), "baseline").run()
    assert result.facts["tested_rows"] < 0.9 * 0.35 * len(doubled)


def test_a_regression_is_judged_by_r2(tmp_path):
    path = spec(tmp_path, "{builtin: diabetes, target: progression}", "sklearn.linear_model.Ridge")
    result = open_stage("extraction", path, "baseline").run()
    copy = result.finding("extraction.fidelity")
    assert copy.unit == "R2" and 0.95 < copy.low <= copy.value <= 1
    assert result.finding("extraction.fidelity_labels").status == "not_applicable"
    assert result.finding("extraction.chance_agreement").status == "not_applicable"


def test_a_model_without_probabilities_is_copied_from_labels(tmp_path):
    result = open_stage("extraction", spec(tmp_path, estimator="sklearn.svm.LinearSVC"), "baseline").run()
    assert result.finding("extraction.fidelity").status == "not_applicable"
    assert result.finding("extraction.fidelity_labels").value > 0.8
    assert result.facts["taught"] == "labels"


def test_parameters_are_bounded():
    with pytest.raises(ValueError, match="greater than or equal to 50"):
        Parameters(queries=10)
