"""A gate passes only when the whole interval keeps within its limit, and what was not measured never passes."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privnb.findings import Finding, StageStatus
from privnb.gates import BLIND, exit_code, judge


def gate(metric="membership.auc", max=None, min=None, use="upper", on=None):
    return SimpleNamespace(metric=metric, max=max, min=min, use=use, on=on)


def found(value=0.6, low=None, high=None, id="membership.auc", variant="baseline", **more):
    more = {"reason": "exact"} | more if low is None else more
    return Finding(id=id, variant=variant, value=value, low=low, high=high, **more)


def one(gate, *findings, stages=(), release="baseline"):
    (verdict,) = judge([gate], findings, release, stages)
    return verdict


@pytest.mark.parametrize(
    ("low", "high", "limit", "verdict"),
    [
        (0.55, 0.65, 0.70, "pass"),
        (0.55, 0.65, 0.65, "pass"),
        (0.55, 0.65, 0.60, "inconclusive"),
        (0.55, 0.65, 0.55, "inconclusive"),
        (0.55, 0.65, 0.54, "fail"),
    ],
)
def test_a_maximum_is_judged_by_the_whole_interval(low, high, limit, verdict):
    assert one(gate(max=limit), found(0.6, low, high)).verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "limit", "verdict"),
    [(0.80, 0.84, 0.80, "pass"), (0.80, 0.84, 0.82, "inconclusive"), (0.80, 0.84, 0.85, "fail")],
)
def test_a_minimum_is_judged_by_the_whole_interval(low, high, limit, verdict):
    finding = found(0.82, low, high, id="utility.accuracy")
    assert one(gate("utility.accuracy", min=limit, use="lower"), finding).verdict == verdict


def test_use_value_does_not_turn_an_interval_around_the_limit_into_a_pass():
    assert one(gate(max=0.62, use="value"), found(0.6, 0.55, 0.65)).verdict == "inconclusive"


@pytest.mark.parametrize(("value", "verdict"), [(4, "fail"), (5, "pass"), (6, "pass")])
def test_an_exact_value_is_compared_itself(value, verdict):
    finding = found(value, id="reidentification.k", variant=None)
    assert one(gate("reidentification.k", min=5, use="value"), finding).verdict == verdict


@given(
    st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(-1.5, 1.5), st.sampled_from(["upper", "value"])
)
def test_mirrored_gates_agree(value, below, above, limit, use):
    most = one(gate(max=limit, use=use), found(value, value - below, value + above))
    least = one(gate(min=-limit, use=use), found(-value, -value - above, -value + below))
    assert most.verdict == least.verdict


def test_each_listed_variant_is_judged_and_else_the_release():
    findings = [found(0.5, variant="a"), found(0.9, variant="b")]
    assert [(v.variant, v.verdict) for v in judge([gate(max=0.6, on=["a", "b"])], findings, "b")] == [
        ("a", "pass"),
        ("b", "fail"),
    ]
    assert [(v.variant, v.verdict) for v in judge([gate(max=0.6)], findings, "b")] == [("b", "fail")]


def test_another_variant_s_finding_is_never_taken():
    verdict = one(gate(max=0.6), found(0.5, variant="other"))
    assert (verdict.verdict, verdict.value) == ("not_assessed", None)
    assert "membership was not part of this run" in verdict.reason


def test_facts_about_the_subject_hold_for_every_variant():
    finding = found(0.0, id="subject.copied_rows", variant="baseline")
    assert one(gate("subject.copied_rows", max=0.01), finding, release="leaf50").verdict == "pass"


def test_the_selected_attack_is_judged_not_a_method():
    findings = [found(0.9, method="gap"), found(0.5)]
    assert one(gate(max=0.6), *findings).value == 0.5
    assert one(gate(max=0.6), findings[0], found(0.5, method="lira")).verdict == "not_assessed"


def test_a_finding_made_in_one_way_only_counts():
    finding = found(-0.1, -0.2, -0.05, id="comparison.membership_auc_difference", method="against baseline")
    assert one(gate("comparison.membership_auc_difference", max=0.0), finding).verdict == "pass"


def test_the_reason_of_finding_or_stage_is_kept():
    none = Finding(id="membership.auc", variant="baseline", status="not_resolvable", reason="needs 1,000 non-members")
    assert one(gate(max=0.6), none).reason == "needs 1,000 non-members"
    stage = StageStatus(stage="membership", variant="baseline", status="timed_out", reason="after 600 s")
    verdict = one(gate(max=0.6), stages=[stage])
    assert (verdict.verdict, verdict.reason) == ("not_assessed", "the stage membership ran out of time: after 600 s")


def test_inherited_findings_are_judged():
    assert one(gate(max=0.7), found(0.6, 0.5, 0.65, status="inherited")).verdict == "pass"


def test_a_blind_baseline_on_parts_drawn_at_random_is_chance_and_stops_nothing():
    drawn = found(0.6, 0.55, 0.65, id="membership.blind_auc", method=f"{BLIND}, on parts drawn at random")
    assert one(gate(max=0.7), found(0.6, 0.55, 0.65), drawn).verdict == "pass"


def test_membership_is_not_resolvable_when_the_groups_differ_without_the_model():
    shift = found(0.6, 0.55, 0.65, id="membership.blind_auc", method=BLIND)
    verdict = one(gate(max=0.7), found(0.6, 0.55, 0.65), shift)
    assert verdict.verdict == "not_assessed"
    assert verdict.reason.startswith("not resolvable")
    assert one(gate("membership.blind_auc", max=0.7), shift).verdict == "pass"
    assert (
        one(
            gate(max=0.7), found(0.6, 0.55, 0.65), found(0.5, 0.48, 0.52, id="membership.blind_auc", method=BLIND)
        ).verdict
        == "pass"
    )
    accuracy = found(0.9, id="utility.accuracy")
    assert one(gate("utility.accuracy", min=0.8), accuracy, shift).verdict == "pass"


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ([], "ok", 0),
        ([0.5], "ok", 0),
        ([0.5, 0.9], "ok", 1),
        ([None], "ok", 3),
        ([0.9, None], "ok", 3),
        ([0.5], "failed", 3),
        ([0.5], "died", 3),
        ([0.5], "timed_out", 3),
        ([0.5], "not_applicable", 0),
    ],
)
def test_exit_code(values, status, code):
    gates = [gate(f"membership.m{place}", max=0.6) for place in range(len(values))]
    findings = [found(v, id=f"membership.m{place}") for place, v in enumerate(values) if v is not None]
    verdicts = judge(gates, findings, "baseline")
    assert exit_code(verdicts, [StageStatus(stage="utility", variant="baseline", status=status)]) == code


def test_inconclusive_counts_as_not_passed():
    verdicts = judge([gate(max=0.6)], [found(0.6, 0.5, 0.7)], "baseline")
    assert exit_code(verdicts, []) == 1
