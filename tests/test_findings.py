"""The wire format, and error texts that quote no record."""

import json

import numpy as np
import pytest

from privnb.errors import without_values
from privnb.findings import Finding, canonical_json


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("could not convert string to float: 'Jane Doe'", "could not convert string to float: …"),
        ('y contains previously unseen labels: ["x", "y"]', "y contains previously unseen labels: …"),
        ("value -0.335048 is out of range", "value … is out of range"),
        ("the 'alpha' parameter must be positive, got 'Doe'", "the 'alpha' parameter must be positive, got …"),
        ("needs at least 2 classes", "needs at least 2 classes"),
    ],
)
def test_nothing_quoted_from_a_record_stays(said, shown):
    assert without_values(said, keep={"alpha"}) == shown


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"value": 0.5}, "no interval and no reason"),
        ({"value": 0.5, "low": 0.6, "high": 0.7}, "outside"),
        ({"value": 0.5, "low": 0.4}, "half an interval"),
        ({"status": "ok", "reason": "x"}, "has no value"),
        ({"status": "failed", "value": 1.0, "reason": "x"}, "must not carry a value"),
        ({"value": float("nan"), "reason": "x"}, "finite"),
    ],
)
def test_a_finding_has_an_interval_or_a_reason(fields, why):
    with pytest.raises(ValueError, match=why):
        Finding(id="a.b", **fields)


def test_canonical_json_is_one_text_for_one_value():
    value = {"b": np.float64(0.1), "a": (1, np.arange(2)), "c": Finding(id="a.b", value=1, reason="a count")}
    text = canonical_json(value)
    assert text == canonical_json(dict(reversed(value.items())))
    assert json.loads(text)["a"] == [1, [0, 1]]
    with pytest.raises(ValueError, match="finite numbers only"):
        canonical_json([float("inf")])
