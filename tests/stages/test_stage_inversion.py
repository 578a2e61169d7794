"""The stage of model inversion: pictures and tables, what the attacker may use, what is shown."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts
from privnb.stages.inversion import META, Parameters

DIGITS = "{builtin: digits, target: digit, image: {shape: [8, 8], range: [0, 16]}}"
LOGISTIC = "{train: {estimator: sklearn.linear_model.LogisticRegression, params: {max_iter: 300}}}"


def spec(folder, data=DIGITS, model=LOGISTIC, more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(f"privnb: 1\nprofile: quick\nseed: 3\ndata: {data}\nmodel: {model}\n{more}")
    return str(path)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    stage = open_stage("inversion", spec(tmp_path_factory.mktemp("digits")), "baseline")
    return stage, stage.run()


def test_every_fact_is_found_or_has_a_reason(digits):
    _, result = digits
    found = {f.id: f for f in result.findings}
    assert set(found) == {f"inversion.{name}" for name in META.facts} <= set(facts())
    gain, ssim = found["inversion.gain_over_prior"], found["inversion.ssim_mean"]
    assert 0.6 < gain.low < gain.value < gain.high <= 1 and "10 classes" in gain.reason
    assert 0.85 < ssim.low < ssim.value < ssim.high <= 1
    assert found["inversion.confidence"].value >= 0.9
    assert found["inversion.distance"].status == "not_applicable"


def test_portraits_are_recovered_beside_the_class_means(digits):
    stage, result = digits
    portraits = {name: np.array(values).reshape(10, 64) for name, values in result.series["portraits"].items()}
    train = stage.subject.part("train")
    means = np.array([train.X.to_numpy()[train.y == digit].mean(axis=0) for digit in range(10)])
    assert portraits["mean"] == pytest.approx(means)
    likeness = [np.corrcoef(mine, mean)[0, 1] for mine, mean in zip(portraits["recovered"], means)]
    assert np.mean(likeness) > 0.9
    assert isinstance(stage.figure("portraits"), Picture)
    assert "no person's record" in result.facts["people"]
    assert stage.run() == result


def test_no_training_row_stands_in_the_result(digits):
    _, result = digits
    recovered = np.array(result.series["portraits"]["recovered"]).reshape(10, 64)
    rows = load_digits().data
    assert np.abs(recovered[:, None] - rows[None]).max(axis=2).min() > 0.5


def test_weights_are_used_only_where_the_attacker_has_them(digits, tmp_path):
    assert digits[1].facts["method"] == "questions to the model"
    opened = open_stage("inversion", spec(tmp_path, more="threat_model: {release: open-weights}\n"), "baseline").run()
    assert opened.facts["method"] == "gradients of the model"


def test_a_table_of_two_classes_has_no_bootstrap(tmp_path):
    tree = "{train: {estimator: sklearn.tree.DecisionTreeClassifier}}"
    path = spec(tmp_path, "{builtin: breast_cancer, target: diagnosis}", tree)
    result = open_stage("inversion", path, "baseline").run()
    gain = result.finding("inversion.gain_over_prior")
    assert gain.low is None and "all 2 classes" in gain.reason
    assert result.finding("inversion.ssim_mean").status == "not_applicable"
    assert result.finding("inversion.distance").value > 0
    assert not result.series
    assert [row[0] for row in result.tables["classes"].rows] == ["benign", "malignant"]


def test_without_reference_rows_the_dictionary_is_all_the_attacker_has(digits, tmp_path):
    blind = open_stage("inversion", spec(tmp_path), "baseline", reference=0).run()
    assert blind.facts["attacker_rows"] == 0
    assert blind.finding("inversion.ssim_mean").value < digits[1].finding("inversion.ssim_mean").value


def test_small_classes_are_not_shown(tmp_path):
    path = spec(tmp_path, more="report: {small_cell: 63}\n")  # some digits have fewer training rows, some more
    stage = open_stage("inversion", path, "baseline")
    result = stage.run()
    counts = {str(digit): int((stage.subject.part("train").y == digit).sum()) for digit in range(10)}
    shown = [name for name, count in counts.items() if count >= 63]
    assert 0 < len(shown) < 10
    assert result.facts["class_names"] == shown == [row[0] for row in result.tables["classes"].rows]
    assert len(result.series["portraits"]["mean"]) == 64 * len(shown)


def test_a_regression_has_no_portraits(tmp_path):
    path = spec(
        tmp_path, "{builtin: diabetes, target: progression}", "{train: {estimator: sklearn.linear_model.Ridge}}"
    )
    stage = open_stage("inversion", path, "baseline")
    stage.run()
    assert stage.status == "not_applicable" and "no classes" in stage.reason


def test_parameters_are_bounded():
    with pytest.raises(ValueError, match="less than 1"):
        Parameters(confidence=1.0)
