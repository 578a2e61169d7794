"""Page 1 says what was found: a computed verdict, every question of the catalogue, what to do, what is not said."""

import pytest
import run_scenarios
from run_fixture import GATES, VARIANTS, results

from privnb.catalogue import QUESTIONS
from privnb.findings import Finding, StageStatus
from privnb.gates import BLIND
from privnb.report.questions import question_table, techniques
from privnb.report.verdict import not_said, verdict, what_to_do


def near(id, value, low, high, variant="leaf50"):
    return Finding(
        id=id, variant=variant, value=value, low=low, high=high, unit="" if "auc" in id else "fraction", n=999,
        method=BLIND if "blind" in id else None,
    )  # fmt: skip


def rows(record):
    return [row for group in question_table(record) for row in group.rows]


@pytest.mark.parametrize(
    ("gates", "tone", "sentence"),
    [
        ((), "measured", "The release, leaf50, was measured; no gates were set."),
        (GATES[:1], "pass", "The release, leaf50, passes its only gate."),
        ((GATES[0], GATES[2]), "pass", "The release, leaf50, passes both its gates."),
        (GATES[1:2], "fail", "The release, leaf50, fails its only gate."),
        (GATES, "fail", "The release, leaf50, fails one of four gates; one is inconclusive."),
        (GATES[2:], "inconclusive", "The release, leaf50, does not pass: of two gates, one is inconclusive."),
        (
            (GATES[0], {"metric": "attribute.sex.inference_gain", "max": 0.05}),
            "inconclusive",
            "The release, leaf50, does not pass: of two gates, one was not assessed.",
        ),
        (
            (GATES[0], GATES[1] | {"on": ["logistic", "baseline"]}),
            "inconclusive",
            "The release, leaf50, passes its only gate. One of two gates on baseline is not passed.",
        ),
        (
            (GATES[0], GATES[1] | {"on": ["logistic"]}),
            "pass",
            "The release, leaf50, passes its only gate. The gate on logistic passes.",
        ),
    ],
)
def test_the_verdict_is_computed_from_the_gates(record_of, gates, tone, sentence):
    said = verdict(record_of(results(gates)))
    assert (said.tone, said.sentence) == (tone, sentence)


def test_open_weights_without_a_look_inside_come_first(record_of):
    record = record_of(results(GATES[:1]))
    for access, said in (("black-box", True), ("white-box", False)):
        record.results.spec["threat_model"] = {"release": "open-weights", "access": access}
        assert what_to_do(record)[0].startswith("Do not release open weights on this sheet") is said


def test_the_baseline_is_called_the_model_as_trained(record_of):
    said = verdict(record_of(results(GATES[:1], release="baseline")))
    assert said.sentence == "The model as trained fails its only gate."
    assert "picks out 43 in 100 training people" in said.plain
    assert said.plain.endswith("Blind guessing picks out 1.")


def test_chance_in_the_interval_is_no_evidence_found(record_of):
    plain = verdict(record_of(results(found=(near("membership.tpr_at_fpr_1pct", 0.011, 0.008, 0.014),)))).plain
    assert plain.startswith("An attacker does better than guessing: attack AUC")  # its interval lies above one half
    assert "no evidence found" not in plain
    quiet = (near("membership.tpr_at_fpr_1pct", 0.011, 0.008, 0.014), near("membership.auc", 0.501, 0.49, 0.51))
    plain = verdict(record_of(results(found=quiet))).plain
    assert "no evidence found" in plain
    assert "smallest leak this test could see is an attack AUC of 0.510" in plain


def test_shift_is_said_beside_the_number_and_gates_are_not_assessed(record_of):
    record = record_of(results(found=(near("membership.blind_auc", 0.61, 0.59, 0.63),)))
    assert "told apart without the model" in verdict(record).plain
    membership = [row for row in rows(record) if row.gate and "AUC" in row.metric]
    assert [row.verdict for row in membership] == ["not_assessed"]
    assert "not resolvable" in membership[0].reason


def test_without_membership_the_reason_is_said(record_of):
    said = verdict(record_of(run_scenarios.given_file()))
    assert said.sentence == "The model as trained does not pass: its only gate was not assessed."
    assert "nobody declared who was in its training data" in said.plain


@pytest.mark.parametrize(
    "make", [results, run_scenarios.dense, run_scenarios.broken, run_scenarios.given_file, run_scenarios.regression]
)
def test_every_question_and_every_gate_has_a_place(record_of, make):
    record = record_of(make())
    text = " ".join(f"{row.question} {row.metric}" for row in rows(record)).lower()
    text += " ".join(names for _, names in techniques(record))
    for asked in QUESTIONS:
        told = [asked.name, asked.metric, asked.question.lower()]
        if asked.id in ("size", "features", "classes"):
            told.append(asked.metric)
        assert any(words in text for words in told), asked.id
    assert sum(bool(row.gate) for row in rows(record)) == len(record.results.gates)
    assert all(row.reason or row.measured != "–" or row.metric for row in rows(record))


def test_a_row_shows_measure_interval_gate_and_word(record_of):
    row = next(row for row in rows(record_of()) if row.metric == "attack AUC")
    assert (row.measured, row.gate, row.word) == ("0.545", "≤\u202f0.53", "fails")
    assert row.interval == "0.538 to 0.551"
    assert row.bar.startswith("<svg")
    assert "gate ≤\u202f0.53" in row.bar_alt


def test_gates_on_other_variants_carry_their_name(record_of):
    tagged = [row for row in rows(record_of(run_scenarios.dense())) if row.tag]
    assert [(row.metric, row.tag) for row in tagged] == [
        ("attack AUC", "logistic"),
        ("accuracy on evaluation", "logistic"),
    ]


def test_a_stage_that_broke_is_not_assessed_with_its_reason(record_of):
    record = record_of(run_scenarios.broken())
    row = next(row for row in rows(record) if row.metric == "attack AUC")
    assert (row.verdict, row.reason) == ("not_assessed", "the stage membership failed: MemoryError in cell 4")
    assert any("Repeat what did not end: membership on leaf50" in line for line in what_to_do(record))


def test_a_rate_that_cannot_be_resolved_is_said_on_page_one(record_of):
    row = next(row for row in rows(record_of(run_scenarios.regression())) if "1% false" in row.metric)
    assert row.reason == "needs at least 1,000 non-members, has 88"


def test_what_to_do_follows_from_the_results(record_of):
    steps = what_to_do(record_of())
    assert steps[0] == "Do not release leaf50 under these limits: attack AUC 0.545 (0.538 to 0.551), limit ≤\u202f0.53."
    assert steps[1].startswith("Consider logistic, which passes all of these gates; confirm with a new seed")
    assert any("training minus evaluation" in step for step in steps)
    alone = what_to_do(record_of(results(variants=VARIANTS[:2])))
    assert any("No variant tested here passes" in step for step in alone)
    passed = what_to_do(record_of(results(GATES[:1])))
    assert not any("Do not release" in step for step in passed)
    assert any("no gates" in verdict(record_of(results(()))).sentence for _ in [0])


def test_a_control_is_never_proposed(record_of):
    gates = ({"metric": "membership.auc", "max": 0.52}, {"metric": "utility.accuracy", "min": 0.8426})
    assert not any("logistic-control" in step for step in what_to_do(record_of(results(gates))))


def test_what_was_not_attacked_is_named(record_of):
    said = " ".join(not_said(record_of()))
    for name in (
        "attribute inference",
        "model inversion",
        "data reconstruction",
        "model extraction",
        "membership leakage",
    ):
        assert name in said
    assert "membership inference" not in said
    assert "membership inference" in " ".join(not_said(record_of(run_scenarios.broken())))


def test_techniques_are_applied_or_not(record_of):
    lines = dict(techniques(record_of()))
    assert lines["Applied"] == "regularization (leaf50, logistic)"
    assert sum(names.count(",") + 1 for names in lines.values()) == 7  # six techniques, one with two variants
    failed = StageStatus(stage="regularize", variant="leaf50", status="failed", reason="no convergence")
    assert "regularization (leaf50)" in dict(techniques(record_of(results(stages=(failed,)))))["Without result"]


def test_a_third_party_s_stage_has_a_row(record_of):
    status = StageStatus(stage="house_rules", variant="leaf50", status="ok")
    mine = near("house_rules.worst_case", 0.25, 0.2, 0.3)
    record = record_of(
        results((*GATES, {"metric": "house_rules.worst_case", "max": 0.5}), found=(mine,), stages=(status,))
    )
    last = question_table(record)[-1]
    assert last.title == "Other"
    assert [(row.measured, row.verdict) for row in last.rows] == [("25.0%", "pass")]
    ungated = question_table(record_of(results(found=(mine,), stages=(status,))))[-1]
    assert [(row.measured, row.verdict) for row in ungated.rows] == [("25.0%", "measured")]
    failed = StageStatus(stage="house_rules", variant="leaf50", status="failed", reason="out of paper")
    broken = question_table(record_of(results(stages=(failed,))))[-1]
    assert broken.rows[0].reason == "the stage failed: out of paper"
