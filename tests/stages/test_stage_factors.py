"""The stage of the risk factors: eight factors with verdicts, releases, augmentation, refusals."""

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from privnb.errors import SpecError
from privnb.plan import build_plan
from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts, load_spec
from privnb.stages.factors import META, Parameters

FAST = {"people": 200, "repeats": 1}


def spec(folder, data, model, more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(f"privnb: 1\nprofile: quick\nseed: 3\ndata: {data}\nmodel: {model}\n{more}")
    return str(path)


def table(folder):
    """breast_cancer as a table with a member column and a column of additions; the members, and those added."""
    frame = load_breast_cancer(as_frame=True).frame.sample(frac=1, random_state=0).reset_index(drop=True)
    frame["member"] = frame.index < 300
    frame["new"] = (frame.index >= 150) & frame["member"]
    frame.to_csv(folder / "people.csv", index=False)
    return frame


def fitted(frame, folder, name):
    import skops.io

    X, y = frame.drop(columns=["target", "member", "new"]), frame["target"]
    skops.io.dump(DecisionTreeClassifier(random_state=0).fit(X, y), folder / name)


def test_every_fact_is_found_or_has_a_reason(small_spec):
    stage = open_stage("factors", str(small_spec), "baseline", **FAST)
    result = stage.run()
    found = {f.id: f for f in result.findings if f.method is None and f.group is None}
    assert set(found) == {f"factors.{name}" for name in META.facts} <= set(facts())
    measured = {f.id.partition(".")[2] for f in found.values() if f.status == "ok"}
    assert measured == set(META.facts) - {"augmentation_risk", "flip_rate"}
    assert found["factors.augmentation_risk"].reason == "the training used no augmentation"
    assert found["factors.flip_rate"].reason == "the spec names no sensitive column"
    assert "validation rows" in found["factors.influence"].reason
    assert "the procedure, not this model" in found["factors.update_risk"].reason
    verdicts = {row[0]: row[2] for row in result.tables["verdicts"].rows}
    assert verdicts["factors.overfitting_gap"] in ("raised", "strongly raised", "undecided")
    assert verdicts["factors.training_people"] == "strongly raised"  # 199 people, below 200
    assert set(verdicts) == {f"factors.{name}" for name in measured}
    assert [row[0] for row in result.tables["classes"].rows] == ["malignant", "benign"]
    assert len(result.tables["sensitivity"].rows) == len(result.tables["influence"].rows) == 30
    assert not result.series  # quick leaves the sweeps out
    for name in ("factors", "sensitivity", "influence"):
        assert isinstance(stage.figure(name), Picture)
    assert stage.run() == result


def test_sweeps_and_a_tried_augmentation_are_drawn(small_spec):
    stage = open_stage("factors", str(small_spec), "baseline", sweep_people=150, try_augmentation=True, **FAST)
    result = stage.run()
    assert set(result.series) == {"whatif.people", "whatif.min_samples_leaf"}
    assert result.series["whatif.people"]["x"] == [37, 75, 150]
    assert [row[0] for row in result.tables["augmentation"].rows] == ["with augmentation", "without"]
    assert isinstance(stage.figure("whatif"), Picture)


def test_sensitive_columns_each_and_the_one_that_the_model_does_not_see(tmp_path):
    data = "{builtin: adult, target: income, sensitive: [race, sex, income], split: {train: .02, pool: .01}}"
    path = spec(tmp_path, data, "{train: sklearn.tree.DecisionTreeClassifier}")
    result = open_stage("factors", path, "baseline", **FAST).run()
    groups = {f.group: f for f in result.findings if f.id == "factors.flip_rate"}
    assert set(groups) == {None, "race", "sex", "income"}
    assert groups["income"].reason == "the model does not see income"
    most = max(groups["race"].value, groups["sex"].value)
    assert groups[None].value == most and groups[None].n == 200
    own = next(f for f in (groups["race"], groups["sex"]) if f.value == most)
    assert groups[None].low <= own.low <= own.value <= own.high <= groups[None].high
    assert {row[1] for row in result.tables["verdicts"].rows} == {None, "race", "sex"}


def test_an_earlier_release_is_compared_where_additions_are_declared(tmp_path):
    frame = table(tmp_path)
    fitted(frame[:300], tmp_path, "new.skops")
    fitted(frame[:150], tmp_path, "old.skops")
    data = "{path: people.csv, target: target, member: member}"
    path = spec(tmp_path, data, "{file: new.skops, previous: old.skops, added: new}")
    stage = open_stage("factors", path, "baseline", **FAST)
    result = stage.run()
    risk = result.finding("factors.update_risk")
    assert risk.reason.startswith("on the earlier release that was given") and risk.low > 0.5
    assert "new" not in stage.subject.rows.X.columns
    assert "evaluation rows" in result.finding("factors.influence").reason  # a given model has no validation part
    assert risk.n == 150 + len(frame) - 300 if len(frame) - 300 < 200 else 150 + 200


def test_another_earlier_release_is_another_result(tmp_path):
    frame = table(tmp_path)
    fitted(frame[:300], tmp_path, "new.skops")
    fitted(frame[:150], tmp_path, "old.skops")
    data = "{path: people.csv, target: target, member: member}"
    path = spec(tmp_path, data, "{file: new.skops, previous: old.skops, added: new}")
    before = build_plan(load_spec(path)).node("factors--baseline").key
    assert build_plan(load_spec(path)).node("factors--baseline").key == before
    fitted(frame[:100], tmp_path, "old.skops")
    assert build_plan(load_spec(path)).node("factors--baseline").key != before


def test_an_earlier_release_for_another_target_is_no_guess(tmp_path):
    frame = table(tmp_path)
    fitted(frame[:300], tmp_path, "new.skops")
    fitted(frame[:150].assign(target=frame["target"].astype(str)), tmp_path, "old.skops")
    data = "{path: people.csv, target: target, member: member}"
    path = spec(tmp_path, data, "{file: new.skops, previous: old.skops, added: new}")
    found = open_stage("factors", path, "baseline", **FAST).run().finding("factors.update_risk")
    assert found.status == "not_resolvable" and "2 labels that the model file does not know" in found.reason


def test_without_declared_additions_the_update_is_simulated_and_says_so(tmp_path):
    frame = table(tmp_path).drop(columns="new")
    frame.to_csv(tmp_path / "people.csv", index=False)
    fitted(frame[:150].assign(new=False), tmp_path, "old.skops")
    data = "{path: people.csv, target: target, member: member}"
    path = spec(tmp_path, data, "{train: sklearn.tree.DecisionTreeClassifier, previous: old.skops}")
    reason = open_stage("factors", path, "baseline", **FAST).run().finding("factors.update_risk").reason
    assert "simulated update" in reason and "model.added" in reason
    reason = open_stage("factors", path, "baseline", simulate_update=False, **FAST).run()
    found = reason.finding("factors.update_risk")
    assert found.status == "not_applicable" and "no update was to be simulated" in found.reason


def test_unknown_membership_leaves_what_needs_none(tmp_path):
    frame = table(tmp_path).drop(columns=["member", "new"])
    frame.to_csv(tmp_path / "people.csv", index=False)
    fitted(frame.assign(member=0, new=0)[:300], tmp_path, "new.skops")
    path = spec(tmp_path, "{path: people.csv, target: target}", "{file: new.skops}")
    result = open_stage("factors", path, "baseline", **FAST).run()
    found = {f.id.partition(".")[2]: f for f in result.findings}
    assert {name for name, f in found.items() if f.status == "ok"} == {"features", "sensitivity", "influence"}
    assert "unknown membership" in found["sensitivity"].reason
    for name in ("update_risk", "augmentation_risk", "overfitting_gap"):
        assert "nobody declared" in found[name].reason


def test_pictures_are_trained_and_attacked_with_their_augmentation(tmp_path):
    data = "{builtin: digits, target: digit, image: {shape: [8, 8], range: [0, 16]}}"
    model = "{train: sklearn.tree.DecisionTreeClassifier, augmentation: {shift: 1}}"
    mitigations = "mitigations: [{id: plain, regularize: {estimator: sklearn.neighbors.KNeighborsClassifier}}]\n"
    path = spec(tmp_path, data, model, mitigations)
    stage = open_stage("factors", path, "baseline", **FAST)
    result = stage.run()
    assert stage.shelf.variant("baseline").label.endswith("augmented (shift 1 px)")
    risk = result.finding("factors.augmentation_risk")
    assert risk.status == "ok" and risk.reason.startswith("shift 1 px, as trained here")
    assert result.finding("factors.augmentation_risk", "attack without changed copies").low > 0.5
    other = open_stage("factors", path, "plain", **FAST).run().finding("factors.augmentation_risk")
    assert other.reason == "the training used no augmentation"


def test_a_noisy_mitigation_is_an_augmentation(small_spec):
    text = small_spec.read_text().replace("assess:", "mitigations: [{id: noisy, regularize: {noise: {}}}]\nassess:")
    small_spec.write_text(text)
    found = open_stage("factors", str(small_spec), "noisy", **FAST).run().finding("factors.augmentation_risk")
    assert found.status == "ok" and found.reason.startswith("noise 0.1 SD, 1 copy, as trained here")


def test_a_regression_is_measured_in_r2_and_sds(tmp_path):
    path = spec(tmp_path, "{builtin: diabetes, target: progression}", "{train: sklearn.linear_model.Ridge}")
    result = open_stage("factors", path, "baseline", sweep_people=100, **FAST).run()
    assert result.finding("factors.sensitivity").unit == "SD"
    assert result.finding("factors.influence").unit == "R2"
    assert result.finding("factors.classes").status == "not_applicable"
    assert "whatif.alpha" in result.series
    rules = {row[0]: row[3] for row in result.tables["verdicts"].rows}
    assert "R²" in rules["factors.influence"] and "SD" in rules["factors.sensitivity"]


def test_small_classes_are_withheld_with_the_next_one():
    import numpy as np
    import pandas as pd

    from privnb.factors import class_table
    from privnb.subject.dictionary import infer
    from privnb.subject.rows import Rows

    X = pd.DataFrame({"a": np.arange(103.0)})
    y = np.array(["a"] * 3 + ["b"] * 40 + ["c"] * 60)
    rows = Rows(X, y, pd.DataFrame(index=X.index), infer(X))
    assert class_table(rows, 5).rows == [["a", "< 5", None], ["b", "withheld", None], ["c", 60, 60 / 103]]
    assert class_table(rows, 2).rows[0] == ["a", 3, 3 / 103]
    assert "the smallest 2 of 3" in class_table(rows, 2, most=2).title


def test_profiles_cost_what_they_say():
    from privnb.spec import profile_parameters

    quick, thorough = (profile_parameters(Parameters, name) for name in ("quick", "thorough"))
    assert (quick.people, quick.repeats, quick.sweep_people, quick.try_augmentation) == (1000, 1, 0, False)
    assert thorough.people > quick.people and thorough.try_augmentation


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("{train: sklearn.tree.DecisionTreeClassifier, previous: gone.skops}", "there is no file"),
        ("{train: sklearn.tree.DecisionTreeClassifier, augmentation: {rotate: 5}}", "needs data.image"),
    ],
)
def test_mistakes_in_the_spec_are_named(tmp_path, model, words):
    path = spec(tmp_path, "{builtin: digits, target: digit}", model)
    with pytest.raises(SpecError, match=words):
        open_stage("factors", path)
