"""The stage of database reconstruction: which records come back, against a guess, with intervals over people."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from privnb.run import open_stage
from privnb.run.display import Picture
from privnb.stages import facts
from privnb.stages.reconstruction import META
from privnb.stats import clopper_pearson


def spec(folder, data, estimator, params="{}", more=""):
    path = folder / "s.privacy.yaml"
    path.write_text(
        f"privnb: 1\nprofile: quick\nseed: 3\ndata: {data}\n"
        f"model: {{train: {{estimator: {estimator}, params: {params}}}}}\n{more}"
    )
    return str(path)


BREAST = "{builtin: breast_cancer, target: diagnosis}"


def test_naive_bayes_gives_every_record_away(tmp_path):
    stage = open_stage("reconstruction", spec(tmp_path, BREAST, "sklearn.naive_bayes.GaussianNB"), "baseline")
    result = stage.run()
    assert {f.id for f in result.findings} == {f"reconstruction.{name}" for name in META.facts} <= set(facts())
    share = result.finding("reconstruction.exact_share")
    assert (share.value, share.n) == (1.0, 15)
    assert (share.low, share.high) == pytest.approx(clopper_pearson(15, 15))
    gain = result.finding("reconstruction.gain_over_prior")
    assert gain.value == pytest.approx(1.0, abs=1e-6) and gain.low < 0.9 and gain.high == 1.0
    assert "class mean" in result.facts["method"]
    features = result.tables["features"].rows
    assert len(features) == 30 and all(mine < 1e-9 < guess for _, mine, guess in features)
    assert isinstance(stage.figure("rebuilt"), Picture)
    assert stage.run() == result


def test_a_forest_on_adult_gives_its_numbers_away_through_the_encoder(tmp_path):
    forest = spec(
        tmp_path, "{builtin: adult, target: income}", "sklearn.ensemble.RandomForestClassifier", "{n_estimators: 5}"
    )
    result = open_stage("reconstruction", forest, "baseline", records=10).run()
    assert result.facts["method"] == "stored means"
    errors = {name: (mine, guess) for name, mine, guess in result.tables["features"].rows}
    for name in ("age", "fnlwgt", "hours-per-week", "capital-gain"):
        assert errors[name][0] < 1e-6 < errors[name][1]
    for name in ("race", "sex", "occupation"):
        assert errors[name][0] == errors[name][1]  # categories: no better than the guess
    assert result.finding("reconstruction.exact_share").value == 0
    gain = result.finding("reconstruction.gain_over_prior")
    assert 0.2 < gain.low < gain.value < gain.high < 0.8
    assert "up to 500 rows" in result.facts["limits"]


def test_the_gain_is_the_share_of_the_guesses_error_that_is_removed(tmp_path):
    forest = spec(
        tmp_path, "{builtin: adult, target: income}", "sklearn.ensemble.RandomForestClassifier", "{n_estimators: 5}"
    )
    result = open_stage("reconstruction", forest, "baseline", records=8).run()
    mine, guess = np.array([row[1:] for row in result.tables["features"].rows], dtype=float).T
    assert result.finding("reconstruction.gain_over_prior").value == pytest.approx(1 - mine.sum() / guess.sum())


def test_records_are_drawn_one_a_person_and_alike_for_every_variant(tmp_path):
    frame = load_breast_cancer(as_frame=True).frame.iloc[:200].assign(who=np.repeat(np.arange(100), 2))
    frame.to_csv(tmp_path / "people.csv", index=False)
    path = spec(
        tmp_path, "{path: people.csv, target: target, person_id: who}", "sklearn.naive_bayes.GaussianNB",
        more="mitigations:\n  - {id: smooth, regularize: {params: {var_smoothing: 0.1}}}\n",
    )  # fmt: skip
    by_variant = [open_stage("reconstruction", path, name, records=40).run() for name in ("baseline", "smooth")]
    people = int(100 * 0.35)
    for result in by_variant:
        assert result.finding("reconstruction.exact_share").n == people
        assert result.facts["records"] == people  # one row each, not two
    guesses = [{row[0]: row[2] for row in result.tables["features"].rows} for result in by_variant]
    assert guesses[0] == guesses[1]


def test_a_search_is_made_on_few_records_and_only_when_asked(tmp_path):
    frame = load_breast_cancer(as_frame=True).frame.iloc[:200, [0, 1, 2, -1]]
    pd.DataFrame(frame).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "fac.py").write_text(
        "from sklearn.linear_model import RidgeClassifier\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import MinMaxScaler\n\n\ndef make():\n"
        "    return make_pipeline(MinMaxScaler(), RidgeClassifier())\n"
    )
    path = tmp_path / "s.privacy.yaml"
    path.write_text(
        "privnb: 1\nprofile: quick\nseed: 3\ndata: {path: t.csv, target: target}\nmodel: {factory: 'fac:make'}\n"
    )
    stage = open_stage("reconstruction", str(path), "baseline")
    stage.run()
    assert stage.status == "not_applicable" and "no search by refits was made" in stage.reason
    result = open_stage("reconstruction", str(path), "baseline", refits=80).run()
    assert result.facts["method"] == "numeric search" and result.facts["records"] == 5
    assert result.finding("reconstruction.gain_over_prior").value > 0.9


def test_unknown_training_rows_cannot_be_left_out(tmp_path):
    import skops.io
    from sklearn.naive_bayes import GaussianNB

    frame = load_breast_cancer(as_frame=True).frame
    frame.to_csv(tmp_path / "t.csv", index=False)
    skops.io.dump(GaussianNB().fit(frame.drop(columns="target"), frame["target"]), tmp_path / "m.skops")
    path = tmp_path / "s.privacy.yaml"
    path.write_text(
        "privnb: 1\nprofile: quick\nseed: 3\ndata: {path: t.csv, target: target}\nmodel: {file: m.skops}\n"
        "assess: {reconstruction: {}}\n"
    )
    stage = open_stage("reconstruction", str(path), "baseline")
    stage.run()
    assert stage.status == "not_applicable" and "not known" in stage.reason
