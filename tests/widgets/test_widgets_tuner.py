"""Tuning a stage: a sentence without a person, else a form that runs the stage again and compares."""

import subprocess
import sys

import pytest

from privnb.errors import PrivnbError
from privnb.findings import Finding, StageResult
from privnb.run.session import open_stage
from privnb.stages import load_spec
from privnb.widgets import StageTuner, tune
from privnb.widgets.stage_compare import comparison


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.delenv("PRIVNB_HEADLESS", raising=False)


def test_headless_says_a_sentence_and_imports_no_widgets():
    code = (
        "import os, sys; os.environ['PRIVNB_HEADLESS'] = '1'\n"
        "from types import SimpleNamespace as Has\nfrom privnb.widgets import tune\n"
        "stage = Has(stage=Has(parameters=Has(model_fields={'shadows': 16})))\nprint(repr(tune(stage)))\n"
        "assert not {'ipywidgets', 'pydantic', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "Open this notebook in JupyterLab and run it to change the parameters here.\n", done.stderr


def test_a_stage_without_parameters_says_so(watched):
    assert repr(tune(open_stage("utility"))) == "Utility has no parameters: there is nothing to change here."


@pytest.fixture
def counting(watched):
    """The table's own stage on Adult, already run: fast, exact, and its result depends on k alone."""
    stage = open_stage("reidentification")
    stage.run()
    return stage


def test_running_again_shows_both_results_and_the_lines_for_the_spec(counting):
    tuner = tune(counting)
    assert isinstance(tuner, StageTuner)
    recorded = counting.result
    tuner.section.inputs["k"].set(20)
    tuner.again()
    before = recorded.finding("reidentification.rows_below_k").value
    now = tuner.result.finding("reidentification.rows_below_k").value
    assert now > before and counting.result is recorded
    assert f"+{100 * (now - before):.1f}%" in tuner._table.value and "same" in tuner._table.value
    assert "reidentification: {k: 20}" in tuner.yaml


def test_the_lines_drop_no_other_assessment_and_no_mitigation(watched, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = "privnb: 1\ndata: {builtin: adult, target: income}\nmodel: {train: sklearn.tree.DecisionTreeClassifier}\n"
    auto = tmp_path / "auto.privacy.yaml"
    auto.write_text(head.replace("income}", "income, quasi_identifiers: [age]}"))
    tuner = tune(open_stage("membership", str(auto)))
    tuner.section.inputs["shadows"].set(8)
    text = tuner.yaml
    assert "membership: {shadows: 8}" in text and "reidentification: {}" in text and "draws" not in text
    tuner = tune(open_stage("regularize", variant="leaf50"))
    tuner.section.inputs["params"].put("min_samples_leaf", 80)
    assert "id: leaf50" in tuner.yaml and "{params: {min_samples_leaf: 80}}" in tuner.yaml
    spec = tmp_path / "changed.privacy.yaml"
    spec.write_text(head + tuner.yaml)
    assert load_spec(spec).spec.mitigations[0].params.params == {"min_samples_leaf": 80}


def test_an_odd_number_of_shadows_is_refused_in_one_sentence(watched):
    tuner = tune(open_stage("membership"))
    tuner.section.inputs["shadows"].set(5)
    assert "must be even (got 5)" in tuner._said.value and tuner._again.disabled
    tuner.section.inputs["shadows"].set(4)
    assert tuner._said.value == "" and not tuner._again.disabled


@pytest.mark.parametrize("error", [PrivnbError("data.k is too large"), ZeroDivisionError("division by zero")])
def test_what_goes_wrong_is_one_sentence(counting, error, monkeypatch):
    tuner = tune(counting)
    monkeypatch.setattr(counting, "again", lambda **changed: (_ for _ in ()).throw(error))
    assert tuner.again() is None
    assert str(error) in tuner._said.value and "Traceback" not in tuner._said.value and not tuner._again.disabled


def test_findings_of_one_side_only_and_without_a_value_are_said():
    known = Finding(id="a.x", value=0.5, low=0.4, high=0.6, unit="auc")
    missing = Finding(id="a.x", status="not_resolvable", reason="too few")
    assert "not resolvable" in comparison(StageResult(findings=[known]), StageResult(findings=[missing]))
    assert comparison(StageResult(findings=[known]), StageResult()).count("–") == 2
    assert "no findings" in comparison(StageResult(), StageResult())
