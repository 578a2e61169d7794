"""Advice: every choice follows from an answer, is explained, and says what would change it."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privnb.advisor import ASKED, CHARTS, advise, answers_of, walk
from privnb.advisor.advice import choice, deciding
from privnb.advisor.items import BY_ID, ITEMS
from privnb.advisor.rules import RULES
from privnb.errors import PrivnbError
from privnb.spec.answers import Answers

SPEC = {
    "data": {"path": "patients.csv", "target": "readmitted", "sensitive": ["smoker"]},
    "model": {"train": {"estimator": "sklearn.ensemble.RandomForestClassifier"}},
}
STAGES = ("factors", "utility", "comparison", "membership", "reidentification", "regularize")
any_answers = st.fixed_dictionaries({asked.key: st.sampled_from(asked.choices) for asked in ASKED})


def advice(spec=SPEC, stages=STAGES, facts=(), **given):
    return advise(spec, stages, facts, given)


def chosen(found, tree):
    return {verdict.item for verdict in found.of(tree, True)}


def test_the_plainest_spec():
    found = advice()
    assert chosen(found, "assessments") == {
        "factors", "utility", "comparison", "scores", "membership", "leakage", "actual-records", "attribute",
    }  # fmt: skip
    assert chosen(found, "tools") == {"dp", "regularize"}
    assert {question.key for question in found.questions} >= {"membership_harms", "classes_are_people", "overfits"}
    assert "release" not in {question.key for question in found.questions}, "it changes nothing while one owner has all"


@pytest.mark.parametrize(
    ("given", "more", "less"),
    [
        ({"training_data": "same-distribution"}, {"shadow-models"}, {"actual-records"}),
        ({"training_data": "none", "architecture_known": "no"}, {"shadow-models", "extraction"}, {"actual-records"}),
        ({"outputs": "label"}, {"labels"}, {"scores"}),
        ({"access": "white-box"}, {"white-box", "reconstruction"}, {"scores"}),
        ({"membership_harms": "no"}, set(), {"membership", "leakage", "actual-records"}),
        ({"classes_are_people": "yes"}, {"inversion"}, set()),
        ({"classes_are_people": "yes", "task": "regression"}, set(), set()),
        ({"sensitive_features": "no"}, set(), {"attribute"}),
        ({"updates": "yes", "augmentation": "yes"}, {"update-risk", "augmentation-risk"}, set()),
    ],
)
def test_assessments_follow_the_answers(given, more, less):
    before = chosen(advice(), "assessments")
    assert chosen(advice(**given), "assessments") == (before | more) - less


@pytest.mark.parametrize(
    ("given", "tools"),
    [
        ({"life_cycle": "before-training"}, {"anonymize", "minimize"}),
        ({"life_cycle": "sharing"}, {"anonymize"}),
        ({"life_cycle": "scoring"}, set()),
        ({"life_cycle": "scoring", "inputs_secret": "yes", "new_data": "yes"}, {"encrypt", "minimize"}),
        ({"training_changeable": "no"}, {"anonymize", "regularize"}),
        ({"overfits": "no"}, {"dp"}),
        ({"owners": "several"}, {"federate", "federate-secagg", "federate-dp"}),
        ({"owners": "several", "parties_connected": "no", "release": "internal"}, {"federate", "federate-he"}),
        ({"owners": "several", "coordinator_trusted": "yes", "beyond_sums": "yes"}, {"federate", "federate-dp", "mpc"}),
        ({"personal_data": "no"}, set()),
    ],
)
def test_tools_follow_the_answers(given, tools):
    assert chosen(advice(**given), "tools") == tools


@given(any_answers)
def test_rules_and_flowcharts_agree_whatever_is_answered(values):
    drawn = frozenset().union(*(walk(chart, values).chosen for chart in CHARTS))
    assert drawn == choice(values)


@given(any_answers)
def test_what_is_said_to_change_a_choice_does_change_it(values):
    found = advise({}, STAGES, (), values)
    assert {verdict.item for verdict in found.verdicts} == set(BY_ID)
    for verdict in found.verdicts:
        for flip in verdict.flips:
            assert (verdict.item in choice({**values, **flip})) is not verdict.chosen
        assert len({len(flip) for flip in verdict.flips}) <= 1, "the smallest changes only"


def test_only_what_is_always_assessed_has_no_answer_that_flips_it():
    assert [v.item for v in advice().verdicts if not v.flips] == ["factors", "utility", "comparison"]


def test_every_rule_can_decide_and_names_what_exists():
    keys = {asked.key: asked.choices for asked in ASKED}
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule.items) <= set(BY_ID)
        for key, values in rule.when.items():
            assert set(values) <= set(keys[key])
    for item in ITEMS:
        assert deciding(item.id, {asked.key: asked.assumed for asked in ASKED})


def test_what_this_version_lacks_is_advised_and_said():
    found = advice(owners="several", beyond_sums="yes", access="white-box")
    assert found.verdict("membership").unavailable == ""
    assert found.verdict("attribute").unavailable == "not available yet in this version"
    assert found.verdict("update-risk").unavailable == "not available yet in this version"
    assert found.verdict("mpc").unavailable == "not part of privnb"
    assert advice(stages=(*STAGES, "attribute")).verdict("attribute").unavailable == ""
    assert advice(facts=("factors.update_risk",)).verdict("update-risk").unavailable == ""


def test_open_weights_without_a_look_inside_is_a_red_line(monkeypatch):
    from privnb.spec import later

    assert advice(release="public-api").warnings == ()
    monkeypatch.setitem(later.PLACES, ("threat_model", "access"), ())
    (said,) = advice(release="open-weights").warnings
    assert "set threat_model.access: white-box" in said
    assert advice(release="open-weights", access="white-box").warnings == ()
    monkeypatch.setitem(later.PLACES, ("threat_model", "access"), ("white-box",))
    (said,) = advice(release="open-weights", access="white-box").warnings
    assert "not available yet" in said


@pytest.mark.parametrize(
    ("spec", "key", "value", "source"),
    [
        ({"data": {"party": "clinic"}}, "owners", "several", "data.party"),
        ({"data": {"quasi_identifiers": ["age"]}}, "quasi_identifiers", "yes", "data.quasi_identifiers"),
        ({"data": {"quasi_identifiers": []}}, "quasi_identifiers", "no", "assumed"),
        ({"data": {"builtin": "digits"}}, "classes_are_people", "no", "data.builtin"),
        ({"data": {"builtin": "diabetes"}}, "task", "regression", "data.builtin"),
        ({"data": {"target": "who", "person_id": "who"}}, "classes_are_people", "yes", "data.target"),
        ({"model": {"train": "sklearn.linear_model.Ridge"}}, "task", "regression", "model.train"),
        ({"model": "model.skops"}, "membership_declared", "no", "model.file"),
        ({"model": "model.skops"}, "training_changeable", "no", "model.file"),
        ({"model": "model.skops", "data": {"member": "was"}}, "membership_declared", "yes", "data.member"),
        ({"model": {"factory": "a:b"}}, "training_changeable", "yes", "assumed"),
        ({"model": {"previous": "old.skops"}}, "updates", "yes", "model.previous"),
        (
            {"threat_model": {"knows_architecture": False}},
            "architecture_known",
            "no",
            "threat_model.knows_architecture",
        ),
        ({"threat_model": {"data": "none"}}, "training_data", "none", "threat_model.data"),
        ({"threat_model": {"release": "internal"}}, "release", "internal", "threat_model.release"),
        ({"threat_model": {}}, "release", "public-api", "assumed"),
        ({"answers": {"overfits": "no"}}, "overfits", "no", "answers.overfits"),
        ({"answers": {"overfits": 7}, "data": [], "model": None}, "overfits", "yes", "assumed"),
    ],
)
def test_answers_come_from_the_spec(spec, key, value, source):
    found = answers_of(spec)[key]
    assert (found.value, found.source, found.known) == (value, source, source != "assumed")


def test_what_is_asked_goes_before_what_is_written():
    found = answers_of({"answers": {"overfits": "no"}}, {"overfits": "yes"})["overfits"]
    assert (found.value, found.source) == ("yes", "asked")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"overfit": "yes"}, "the advisor asks nothing called 'overfit'; did you mean 'overfits'?"),
        ({"acess": "white-box"}, "did you mean 'access'?"),
        ({"access": "blackbox"}, "cannot be 'blackbox'; use black-box or white-box; did you mean 'black-box'?"),
    ],
)
def test_answers_to_nothing_are_refused(given, said):
    with pytest.raises(PrivnbError) as caught:
        advice(**given)
    assert said in str(caught.value)


def test_the_spec_takes_the_answers_that_the_advisor_asks_for():
    asked = {question.key: question for question in ASKED}
    for name, field in Answers.model_fields.items():
        assert set(asked[name].choices) <= set(str(field.annotation).replace('"', "'").split("'")), name


def test_advice_is_plain_json():
    plain = json.loads(json.dumps(advice().as_plain()))
    assert {"answers", "chosen", "rejected", "questions", "warnings"} == set(plain)
    assert plain["chosen"][0]["because"]


def test_advice_imports_nothing_heavy():
    code = "import privnb.advisor, sys; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "sklearn", "matplotlib"} & set(eval(done.stdout))
