"""A stage opened alone, as a notebook does it: with and without a run folder, with other parameters, with mistakes."""

import json
from pathlib import Path

import pytest

from privnb.errors import PrivnbError
from privnb.findings import StageResult
from privnb.run import open_stage
from privnb.run.display import Picture


def test_every_stage_runs_alone_without_a_run_folder(small_spec):
    text = small_spec.read_text().replace(
        "assess:", "mitigations: [{id: leaf9, regularize: {params: {min_samples_leaf: 9}}}]\nassess:"
    )
    small_spec.write_text(text)
    for name, variant in (("subject", "baseline"), ("utility", "leaf9"), ("factors", "leaf9"), ("regularize", "leaf9")):
        stage = open_stage(name, str(small_spec), variant)
        result = stage.run()
        assert isinstance(result, StageResult) and stage.status == "ok"
        assert all(found.variant == variant for found in result.findings)
        assert "recorded nowhere" in stage.record()
    comparison = open_stage("comparison", str(small_spec))
    comparison.run()
    assert comparison.result.finding("comparison.accuracy_difference", "against baseline").status == "ok"
    assert comparison._repr_png_() if hasattr(comparison, "_repr_png_") else True
    picture = comparison.figure("tradeoff")
    assert isinstance(picture, Picture) and picture._repr_png_().startswith(b"\x89PNG")


def test_a_stage_is_recorded_under_its_key_and_its_model_is_fitted_once(small_spec, tmp_path):
    folder = tmp_path / "run"
    stage = open_stage("utility", str(small_spec), "baseline", str(folder))
    stage.run()
    assert "Recorded utility--baseline" in stage.record()
    record = json.loads((folder / "store" / "stages" / f"{stage.node.key}.json").read_text())
    assert record["status"] == "ok" and record["cost"]["peak_memory_bytes"] > 1e7
    (model,) = (folder / "store" / "artefacts").iterdir()
    written = model.stat().st_mtime_ns
    again = open_stage("factors", str(small_spec), "baseline", str(folder))
    again.run()
    assert model.stat().st_mtime_ns == written


def test_membership_alone_and_its_table(small_spec, tmp_path):
    stage = open_stage("membership", str(small_spec), "baseline", str(tmp_path / "run"))
    result = stage.run()
    assert result.finding("membership.auc").low > 0.5, "a full decision tree remembers its rows"
    assert {found.method for found in result.findings} >= {None, "confidence", "rmia", "lira"}
    table = stage.table()
    assert list(table.index[:2]) == ["membership.auc", "membership.balanced_accuracy"]
    assert "not resolvable" in set(table["value"]) and table["what"].iloc[0] == "attack AUC"
    methods = stage.methods()
    assert set(methods.index) == {"confidence", "rmia", "lira"} and "attack AUC" in methods.columns
    assert isinstance(stage.figure("roc"), Picture)
    units = list((tmp_path / "run" / "store" / "units").glob("*.npz"))
    assert len(units) == 3  # two shadow models and the blind baseline
    times = {unit: unit.stat().st_mtime_ns for unit in units}
    assert stage.again().findings == result.findings
    assert {unit: unit.stat().st_mtime_ns for unit in units} == times, "no finished unit is computed again"


def test_other_parameters_are_shown_and_not_recorded(small_spec, tmp_path):
    stage = open_stage("membership", str(small_spec), "baseline", str(tmp_path / "run"), methods=["gap"])
    stage.run()
    assert "differ from the spec's" in stage.record()
    assert not (tmp_path / "run" / "store" / "stages").exists()


def test_a_mitigation_run_again_is_fitted_again_and_measured_on_validation(small_spec):
    text = small_spec.read_text().replace(
        "assess:", "mitigations: [{id: deep, regularize: {params: {max_depth: 9}}}]\nassess:"
    )
    small_spec.write_text(text)
    stage = open_stage("regularize", str(small_spec), "deep")
    first = stage.run()
    changed = stage.again(params={"max_depth": 1})
    assert first.finding("regularize.validation_gap").value > changed.finding("regularize.validation_gap").value
    assert changed.tables["changes"].rows == [["max_depth", "None", "1"]]
    assert changed.facts["label"] == "max_depth = 1"
    assert stage.again().findings == first.findings
    validation = len(stage.subject.part("validation"))
    assert first.finding("regularize.validation_score").n == validation


@pytest.mark.parametrize(
    "kind",
    [
        "{ensemble: {members: 3}}",
        "{noise: {scale: 0.2}}",
        "{early_stopping: {fraction: 0.2}, estimator: sklearn.ensemble.HistGradientBoostingClassifier}",
        "{l2: 5, estimator: sklearn.linear_model.LogisticRegression}",
    ],
)
def test_every_way_of_regularizing_is_stored_or_fitted_again(small_spec, tmp_path, kind):
    text = small_spec.read_text().replace("assess:", f"mitigations: [{{id: other, regularize: {kind}}}]\nassess:")
    small_spec.write_text(text)
    values = []
    for _ in range(2):  # the second session takes models from the store or fits them again by their seed
        stage = open_stage("utility", str(small_spec), "other", str(tmp_path / "run"))
        values.append(stage.run().finding("utility.accuracy"))
    assert values[0] == values[1]
    assert values[0].value > 0.8


def test_a_model_of_the_users_own_class_is_fitted_again_where_it_cannot_be_stored(small_spec, tmp_path):
    (tmp_path / "own_model.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n\n\nclass Own(DecisionTreeClassifier):\n    pass\n"
    )
    text = small_spec.read_text()
    small_spec.write_text(
        text.replace("{train: {estimator: sklearn.tree.DecisionTreeClassifier}}", "{factory: 'own_model:Own'}")
    )
    values = [
        open_stage("utility", str(small_spec), "baseline", str(tmp_path / "run")).run().finding("utility.accuracy")
        for _ in range(2)
    ]
    assert values[0] == values[1]
    assert not list((tmp_path / "run" / "store").rglob("*.skops"))


@pytest.mark.parametrize(
    ("name", "variant", "words"),
    [
        ("membershp", "baseline", "there is no stage 'membershp'"),
        ("membership", "leaf50", "not planned on variant 'leaf50'; the spec's variants are baseline"),
        ("comparison", "baseline", "comparison does not apply here: there is only one model"),
        ("reidentification", "baseline", "reidentification does not apply here: the spec does not ask for it"),
    ],
)
def test_a_stage_that_is_not_there_says_why(small_spec, name, variant, words):
    with pytest.raises(PrivnbError, match=words):
        open_stage(name, str(small_spec), variant)


def test_recording_before_running_is_a_mistake(small_spec, tmp_path):
    stage = open_stage("utility", str(small_spec), "baseline", str(tmp_path))
    with pytest.raises(PrivnbError, match=r"call run\(\) before record\(\)"):
        stage.record()


def test_the_embedded_example_has_a_short_name():
    from privnb.run.session import example_spec

    assert example_spec("adult").name == "adult.privacy.yaml"
    assert example_spec("some/where.yaml") == Path("some/where.yaml")
