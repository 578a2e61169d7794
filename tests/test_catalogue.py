"""The catalogue lists every question of the toolbox, and every finding has a name and a number format."""

import pytest

from privnb.catalogue import FACTS, GROUPS, QUESTIONS, fact, question, question_of


def in_group(group):
    return [asked.id for asked in QUESTIONS if asked.group == group]


def test_all_attacks_factors_and_techniques_are_asked():
    assert in_group("attacks") == ["membership", "attribute", "inversion", "reconstruction", "extraction", "leakage"]
    assert in_group("factors") == [
        "overfitting", "size", "features", "classes", "sensitivity", "influence", "updates", "augmentation",
    ]  # fmt: skip
    assert in_group("techniques") == ["regularize", "anonymize", "minimize", "dp", "encrypt", "federate"]
    assert in_group("data") == ["reidentification"]
    assert in_group("utility") == ["utility"]


def test_questions_are_distinct_and_plain():
    assert len({asked.id for asked in QUESTIONS}) == len(QUESTIONS)
    for asked in QUESTIONS:
        assert asked.question.endswith("?")
        assert asked.group in GROUPS
        assert asked.fact.partition(".")[0] == asked.stage


def test_facts_are_distinct_and_their_scale_starts_at_chance_or_below():
    assert len({how.id for how in FACTS}) == len(FACTS)
    for how in FACTS:
        if how.ends and how.chance is not None:
            assert how.ends[0] <= how.chance < how.ends[1]


@pytest.mark.parametrize(
    ("metric", "id"),
    [
        ("membership.auc", "membership"),
        ("membership.tpr_at_fpr_0_1pct", "membership"),
        ("attribute.sex.inference_gain", "attribute"),
        ("factors.overfitting_gap", "overfitting"),
        ("factors.classes", "classes"),
        ("reidentification.k", "reidentification"),
        ("utility.r2", "utility"),
        ("utility.mae", "utility"),
    ],
)
def test_a_gate_belongs_to_its_question(metric, id):
    assert question_of(metric) is question(id)


def test_unknown_facts_are_shown_by_their_unit():
    assert question_of("mine.score") is None
    assert fact("mine.score", "fraction").shown == "percent"
    assert fact("mine.worst_case").metric == "worst case"
    with pytest.raises(KeyError, match="no question 'mine'"):
        question("mine")
