"""Numbers become text in one way: percentages with one decimal, AUC with three, a true minus, small cells withheld."""

import pytest

from privnb import shown as facts
from privnb.catalogue import fact
from privnb.findings import Finding


def shown(id, value, low=None, high=None, unit="", small_cell=5):
    reason = "" if low is not None else "exact"
    text = facts.shown(Finding(id=id, value=value, low=low, high=high, unit=unit, reason=reason), small_cell)
    return text.value, text.interval


@pytest.mark.parametrize(
    ("id", "unit", "value", "low", "high", "expected"),
    [
        ("membership.tpr_at_fpr_1pct", "fraction", 0.5651, 0.54, 0.5899, ("56.5%", "54.0 to 59.0%")),
        ("membership.auc", "", 0.96549, 0.96, 0.97, ("0.965", "0.960 to 0.970")),
        ("factors.overfitting_gap", "fraction", -0.001, -0.02, 0.018, ("−0.1 points", "−2.0 to 1.8")),
        ("factors.overfitting_gap", "r2", -0.0004, -0.02, 0.018, ("0.000", "−0.020 to 0.018")),
        ("factors.training_people", "people", 17094, None, None, ("17,094", "–")),
        ("utility.mae", "target", 43.62, 37.9, 149.84, ("43.6", "37.9 to 149.8")),
        ("mine.share", "share", 0.5, None, None, ("50.0%", "–")),
    ],
)
def test_values_and_intervals(id, unit, value, low, high, expected):
    assert shown(id, value, low, high, unit) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, "0"), (1, "<\u202f5"), (4, "<\u202f5"), (5, "5")])
def test_small_cells_are_withheld(value, expected):
    assert shown("factors.smallest_class_people", value)[0] == expected
    assert shown("factors.classes", 2)[0] == "2"  # not a count of people
    assert shown("reidentification.k", 1)[0] == "1"  # a property of the whole table, which names no cell


def test_differences_carry_their_sign():
    made = lambda value, low, high: Finding(  # noqa: E731
        id="comparison.accuracy_difference", value=value, low=low, high=high, unit="fraction"
    )
    text = facts.difference(made(0.012, -0.004, 0.028))
    assert (text.value, text.interval) == ("+1.2 points", "−0.4 to +2.8")
    assert facts.difference(made(-0.00001, -0.01, 0.01)).value == "0.0 points"


@pytest.mark.parametrize(
    ("id", "limit", "kind", "expected"),
    [
        ("membership.tpr_at_fpr_1pct", 0.05, "max", "≤\u202f5%"),
        ("membership.tpr_at_fpr_1pct", 0.0125, "max", "≤\u202f1.25%"),
        ("utility.accuracy", 0.8, "min", "≥\u202f80%"),
        ("membership.auc", 0.6, "max", "≤\u202f0.6"),
        ("reidentification.k", 10000, "min", "≥\u202f10,000"),
        ("factors.overfitting_gap", 0.011, "max", "≤\u202f1.1"),
    ],
)
def test_limits_are_shown_as_they_were_set(id, limit, kind, expected):
    assert facts.limit_text(fact(id), limit, kind) == expected


def test_no_negative_zero_and_no_hyphen_as_minus():
    assert facts.decimal(-0.04, 1) == "0.0"
    assert facts.signed(-0.04, 1) == "0.0"
    assert facts.count(-1234) == "−1,234"
    assert facts.significant(-0.01234) == "−0.0123"
    assert facts.in_hundred(0.0168) == "1.7"
    assert facts.in_hundred(0.431) == "43"
    assert facts.seconds(3.04) == "3.0 s"
    assert facts.seconds(131) == "2 min 11 s"
    assert facts.clipped("one two three", 9) == "one two…"
