"""Four specs that carry what comes later: given files, a regressor, persons and parties, table scope and controls."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from privnb.findings import Results

CHANCE = 1e-9


def _results(folder) -> Results:
    return Results(**json.loads((folder / "results.json").read_text()))


def _run(privnb_command, tmp_path, text, name="spec", code=0, **options):
    (tmp_path / f"{name}.privacy.yaml").write_text(text)
    done = privnb_command("run", f"{name}.privacy.yaml", "--out", f"{name}-run", **options)
    assert done.returncode == code, done.stderr + done.stdout
    return done, _results(tmp_path / f"{name}-run")


@pytest.fixture
def given_model(tmp_path):
    """A tree fitted by somebody else on 300 patients, saved with skops; its training and hold-out tables beside it."""
    import skops.io
    from sklearn.tree import DecisionTreeClassifier

    frame = load_breast_cancer(as_frame=True).frame
    train, holdout = frame.iloc[:300], frame.iloc[300:]
    model = DecisionTreeClassifier(random_state=0).fit(train.drop(columns="target"), train["target"])
    skops.io.dump(model, tmp_path / "tree.skops")
    train.to_csv(tmp_path / "train.csv", index=False)
    holdout.to_parquet(tmp_path / "holdout.parquet")
    frame.to_csv(tmp_path / "all.csv", index=False)
    return model, holdout


def test_a_given_file_with_declared_train_and_holdout(privnb_command, tmp_path, given_model):
    model, holdout = given_model
    _, results = _run(
        privnb_command,
        tmp_path,
        """
privnb: 1
profile: quick
model: tree.skops
data: {train: train.csv, holdout: holdout.parquet, target: target}
""",
    )
    accuracy = model.score(holdout.drop(columns="target"), holdout["target"])
    assert results.find("utility.accuracy", "baseline").value == pytest.approx(accuracy, abs=1e-12)
    assert results.find("utility.train_accuracy", "baseline").value == 1.0
    auc = results.find("membership.auc", "baseline")
    assert auc.status == "ok" and auc.low > 0.5, "a tree that remembers every row is found out"
    assert auc.n == 569
    assert results.subject["data"]["membership"] == "declared"
    assert results.find("membership.tpr_at_fpr_0_1pct", "baseline").status == "not_resolvable"


def test_a_given_file_without_them_gets_no_membership_number(privnb_command, tmp_path, given_model):
    done, results = _run(
        privnb_command,
        tmp_path,
        """
privnb: 1
model: tree.skops
data: {path: all.csv, target: target}
gates: [{metric: membership.auc, max: 0.6}]
""",
        code=3,
    )
    status = next(status for status in results.stages if status.stage == "membership")
    assert status.status == "not_applicable"
    assert "nobody declared who was in this model's training data" in status.reason
    assert not [found for found in results.findings if found.id.startswith("membership.")]
    assert results.find("utility.accuracy", "baseline", "rows of unknown membership").status == "ok"
    assert results.gates[0].verdict == "not_assessed"
    assert "not assessed" in done.stdout
    assert (tmp_path / "spec-run" / "fact-sheet.pdf").read_bytes().startswith(b"%PDF")


def test_a_regressor(privnb_command, tmp_path):
    _, results = _run(
        privnb_command,
        tmp_path,
        """
privnb: 1
profile: quick
data: {builtin: diabetes, target: progression, sensitive: [sex]}
model: {train: {estimator: sklearn.tree.DecisionTreeRegressor}}
mitigations:
  - {id: leaf20, regularize: {params: {min_samples_leaf: 20}}}
""",
    )
    n = len(load_diabetes().target)
    assert results.subject["task"] == "regression"
    assert results.find("subject.people", "baseline").value == n
    assert results.find("utility.train_r2", "baseline").value == pytest.approx(1.0)
    assert results.find("utility.r2", "leaf20").value > results.find("utility.r2", "baseline").value
    assert results.find("membership.auc", "baseline").low > 0.5
    assert results.find("membership.auc", "baseline", "residual").status == "ok"
    assert results.find("factors.classes", "baseline").status == "not_applicable"
    found = results.find("comparison.membership_auc_difference", "leaf20", "against baseline")
    assert found.value < 0 and found.high < 0


PERSONS = """
privnb: 1
name: {name}
profile: quick
seed: 5
data:
  {{path: {name}.csv, target: target, person_id: patient, party: hospital,
   split: {{train: .4, validation: 0, evaluation: .4, pool: .2}}}}
model: {{train: {{estimator: sklearn.naive_bayes.GaussianNB}}}}
assess: {{membership: {{shadows: 2, draws: 200}}}}
"""


def test_people_copied_tenfold_leave_every_interval_unchanged(privnb_command, tmp_path):
    frame = load_breast_cancer(as_frame=True).frame
    frame.insert(0, "patient", [f"P{i:04d}" for i in range(len(frame))])
    frame["hospital"] = np.where(np.arange(len(frame)) % 3 == 0, "north", "south")
    frame.to_csv(tmp_path / "once.csv", index=False)
    pd.concat([frame] * 10).to_csv(tmp_path / "tenfold.csv", index=False)
    once = _run(privnb_command, tmp_path, PERSONS.format(name="once"), "once")[1]
    tenfold = _run(privnb_command, tmp_path, PERSONS.format(name="tenfold"), "tenfold")[1]
    assert once.find("subject.rows", "baseline").value * 10 == tenfold.find("subject.rows", "baseline").value
    compared = 0
    for found in once.findings:
        if found.low is None or found.id == "membership.blind_auc":
            continue
        other = tenfold.find(found.id, found.variant, found.method, found.group)
        assert (other.status, other.n) == (found.status, found.n), found.id
        assert [other.value, other.low, other.high] == pytest.approx([found.value, found.low, found.high], abs=1e-6), (
            f"{found.id} {found.method} {found.group}"
        )
        compared += 1
    assert compared > 20
    features = once.facts["subject/baseline"]["features"]
    assert not {"patient", "hospital", "target"} & set(features)


def test_a_table_stage_and_a_control(privnb_command, tmp_path):
    _, results = _run(
        privnb_command,
        tmp_path,
        """
privnb: 1
profile: quick
data:
  builtin: adult
  target: income
  quasi_identifiers: [age, education, marital-status, race, sex, native-country]
  split: {train: .1, validation: .05, evaluation: .1, pool: .1}
model: {train: {estimator: sklearn.tree.DecisionTreeClassifier, params: {min_samples_leaf: 5}}}
assess: {reidentification: {k: 5}, membership: {shadows: 2, draws: 200}}
mitigations:
  - {id: linear, regularize: {estimator: sklearn.linear_model.LogisticRegression, params: {max_iter: 300}, l2: 100}}
""",
    )
    from privnb.subject import load_builtin

    frame, _ = load_builtin("adult")
    names = ["age", "education", "marital-status", "race", "sex", "native-country"]
    sizes = frame.groupby(names, dropna=False).size()
    assert results.find("reidentification.k", None).value == sizes.min() == 1
    assert results.find("reidentification.unique_rows", None).value == pytest.approx((sizes == 1).sum() / len(frame))
    assert results.find("reidentification.rows_below_k", None).value == pytest.approx(
        sizes[sizes < 5].sum() / len(frame)
    )
    assert [(v.id, v.control_of) for v in results.variants] == [
        ("baseline", None), ("linear", None), ("linear-control", "linear")
    ]  # fmt: skip
    assert results.find("comparison.accuracy_difference", "linear", "against linear-control").status == "ok"
    assert results.find("comparison.accuracy_difference", "linear-control", "against baseline").status == "ok"
    control = results.find("utility.accuracy", "linear-control").value
    linear = results.find("utility.accuracy", "linear").value
    difference = results.find("comparison.accuracy_difference", "linear", "against linear-control").value
    assert difference == pytest.approx(linear - control, abs=CHANCE)
