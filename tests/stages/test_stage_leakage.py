"""The stage of membership leakage: facts, groups, what is shown of single people, refits only when asked."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from privnb.errors import PrivnbError
from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts
from privnb.stages.leakage import META, Parameters

BREAST = "{builtin: breast_cancer, target: diagnosis}"


def spec(folder, data=BREAST, estimator="sklearn.tree.DecisionTreeClassifier", params="{}", more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(
        f"privnb: 1\nprofile: quick\nseed: 3\ndata: {data}\n"
        f"model: {{train: {{estimator: {estimator}, params: {params}}}}}\n{more}"
    )
    return str(path)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    stage = open_stage("leakage", spec(tmp_path_factory.mktemp("tree")), "baseline")
    return stage, stage.run()


def test_every_fact_is_found_or_has_a_reason(tree):
    stage, result = tree
    assert {f.id for f in result.findings} == {f"leakage.{name}" for name in META.facts} <= set(facts())
    assert result.finding("leakage.pdtp_excess").status == "not_requested"
    assert {f.group for f in result.findings if f.group} == {"class=benign", "class=malignant"}
    worst = result.finding("leakage.worst_group_advantage")
    shown = [f for f in result.findings if f.id == "leakage.group_advantage"]
    assert worst.value == max(f.value for f in shown) and worst.low == max(f.low for f in shown)
    assert result.facts["worst_group"] in {f.group for f in shown}
    assert isinstance(stage.figure("groups"), Picture)
    assert stage.run() == result


def test_bits_are_those_of_the_models_confidence(tmp_path):
    """A one-neighbour model is right on all members and on a share p of others: one flag with false positives p."""
    path = spec(tmp_path, estimator="sklearn.neighbors.KNeighborsClassifier", params="{n_neighbors: 1}")
    result = open_stage("leakage", path, "baseline").run()
    utility = open_stage("utility", path, "baseline").run()
    p = utility.finding("utility.accuracy").value
    q = (1 + p) / 2  # flagged on both sides
    bits = 0.5 * np.log2(1 / q) + 0.5 * (p * np.log2(p / q) + (1 - p) * np.log2(2))
    found = result.finding("leakage.membership_information_bits")
    assert found.low <= bits <= found.high
    assert found.value == pytest.approx(bits, abs=0.006)  # less the null of about 1 / (2 n ln 2)


def test_single_people_are_rows_of_the_training_part_and_few(tree):
    stage, result = tree
    table = result.tables["exposed"]
    rows = [row for row, _ in table.rows]
    assert table.columns == ["row", "SHAPr"] and len(rows) == 20
    assert set(rows) <= set(stage.subject.parts["train"].tolist())
    values = [value for _, value in table.rows]
    assert values == sorted(values, reverse=True)
    assert 0.8 < result.facts["shapr_mean"] <= 1.0


def test_people_are_capped_and_sensitive_columns_judged(tmp_path):
    path = spec(
        tmp_path, "{builtin: adult, target: income, sensitive: [sex, age]}", params="{min_samples_leaf: 5}",
    )  # fmt: skip
    result = open_stage("leakage", path, "baseline", members=400, others=200).run()
    assert (result.facts["member_people"], result.facts["non_member_people"]) == (400, 200)
    columns = {f.group.partition("=")[0] for f in result.findings if f.group}
    assert columns == {"class", "sex", "age"}
    assert len([f for f in result.findings if f.group and f.group.startswith("age=")]) == 4


def test_small_groups_are_not_shown(tmp_path):
    result = open_stage("leakage", spec(tmp_path, more="report: {small_cell: 200}\n"), "baseline").run()
    assert result.finding("leakage.worst_group_advantage").status == "not_resolvable"
    assert not result.tables["groups"].rows and "worst_group" not in result.facts


def test_refits_are_made_when_asked(tmp_path):
    path = spec(tmp_path, estimator="sklearn.linear_model.LogisticRegression")
    result = open_stage("leakage", path, "baseline", records=5, controls=1).run()
    moved = result.finding("leakage.pdtp_excess")
    assert moved.n == 5 and moved.low <= moved.value <= moved.high and moved.value > 0
    assert len(result.tables["refits"].rows) == 5


def test_a_regression_has_bits_and_groups_but_no_shapr(tmp_path):
    path = spec(tmp_path, "{builtin: diabetes, target: progression}", "sklearn.tree.DecisionTreeRegressor")
    result = open_stage("leakage", path, "baseline", records=2).run()
    assert result.finding("leakage.worst_group_advantage").low > 0.3  # a full tree knows its members exactly
    assert result.finding("leakage.membership_information_bits").low > 0.5
    assert result.finding("leakage.pdtp_excess").status == "not_applicable"
    assert "exposed" not in result.tables and "probabilities" in result.facts["shapr"]


def test_unknown_training_rows_have_no_leakage(tmp_path):
    import skops.io
    from sklearn.naive_bayes import GaussianNB

    frame = load_breast_cancer(as_frame=True).frame
    frame.to_csv(tmp_path / "t.csv", index=False)
    skops.io.dump(GaussianNB().fit(frame.drop(columns="target"), frame["target"]), tmp_path / "m.skops")
    path = tmp_path / "s.privacy.yaml"
    path.write_text(
        "privnb: 1\nprofile: quick\nseed: 3\ndata: {path: t.csv, target: target}\nmodel: {file: m.skops}\n"
        "assess: {leakage: {}}\n"
    )
    with pytest.raises(PrivnbError, match="nobody declared"):
        open_stage("leakage", str(path), "baseline")


def test_parameters_are_bounded():
    with pytest.raises(ValueError, match="greater than or equal to 30"):
        Parameters(members=5)
