"""Verdicts: each rule tells the sides of its limit, intervals decide, and small counts are judged unseen."""

import pytest

from privnb.factors import RULES, rule_for, verdict_table
from privnb.findings import Finding
from privnb.stages.factors import META


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.fact} {rule.unit}")
def test_every_rule_tells_its_three_words(rule):
    middle = (rule.raised + rule.strong) / 2
    side = 1 if rule.above else -1
    step = abs(rule.strong - rule.raised) / 10
    assert rule.judge(rule.raised - side * step) == "not raised"
    assert rule.judge(rule.raised) == "not raised"
    assert rule.judge(middle) == "raised"
    assert rule.judge(rule.strong + side * step) == "strongly raised"
    assert rule.judge(middle, rule.raised - step, rule.raised + step) == "undecided"
    inside = sorted((rule.raised + side * step, rule.strong + side * step))
    assert rule.judge(middle, *inside) == "raised"


def test_every_factor_that_is_measured_has_a_rule_and_no_rule_promises():
    assert {rule.fact for rule in RULES} == set(META.facts)
    for rule in RULES:
        assert rule.sentence.startswith("raised") and rule.source
        assert not {"safe", "anonymous", "compliant", "certified"} & set(rule.sentence.split())


def test_rules_go_with_units():
    assert rule_for("overfitting_gap", "R2").raised == 0.05
    assert rule_for("overfitting_gap", "proportion").raised == 0.02
    assert rule_for("sensitivity", "SD") is not rule_for("sensitivity", "proportion")
    assert rule_for("nothing") is None


def test_the_table_judges_groups_and_hidden_counts_but_no_single_methods():
    auc = {"unit": "auc", "value": 0.7, "low": 0.66, "high": 0.74}
    findings = [
        Finding(id="factors.update_risk", **auc),
        Finding(id="factors.update_risk", method="new version alone", **auc),
        Finding(id="factors.flip_rate", group="sex", value=0.03, low=0.01, high=0.05, unit="proportion"),
        Finding(id="factors.smallest_class_people", status="not_resolvable", unit="people", reason="too few"),
        Finding(id="factors.classes", status="not_applicable", reason="a regression"),
    ]
    rows = [row[:3] for row in verdict_table(findings, 5).rows]
    assert rows == [
        ["factors.update_risk", None, "strongly raised"],
        ["factors.flip_rate", "sex", "undecided"],
        ["factors.smallest_class_people", None, "strongly raised"],
    ]
    assert verdict_table(findings, 30).rows[-1][2] == "raised"  # anything below 30: the second limit is not told
