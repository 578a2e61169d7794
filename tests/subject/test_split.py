"""Parts follow people: disjoint, in the declared shares, and blind to how many rows a person has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privnb.errors import DataError
from privnb.subject.split import person_codes, split_by_person

FRACTIONS = {"train": 0.35, "validation": 0.1, "evaluation": 0.25, "pool": 0.3}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(0, 5))
def test_no_person_straddles(people, seed):
    persons = person_codes(people)
    parts = split_by_person(persons, FRACTIONS, seed)
    rows = np.concatenate(list(parts.values()))
    assert sorted(rows) == list(range(len(persons)))  # the shares sum to 1: every row once
    for name, index in parts.items():
        others = np.concatenate([other for label, other in parts.items() if label != name])
        assert not set(persons[index]) & set(persons[others])


@pytest.mark.parametrize("copied", [np.repeat, np.tile])
def test_tenfold_people_are_parted_alike(copied):
    persons = np.arange(500)
    labels = persons % 3
    once = split_by_person(persons, FRACTIONS, 7, labels)
    tenfold_persons = copied(persons, 10)
    tenfold = split_by_person(tenfold_persons, FRACTIONS, 7, copied(labels, 10))
    for name in FRACTIONS:
        assert set(tenfold_persons[tenfold[name]]) == set(persons[once[name]])
        assert len(tenfold[name]) == 10 * len(once[name])


def test_shares_hold_within_each_label():
    labels = np.repeat(["a", "b"], [900, 100])
    parts = split_by_person(np.arange(1000), FRACTIONS, 3, labels)
    for name, share in FRACTIONS.items():
        assert abs((labels[parts[name]] == "b").sum() - share * 100) <= 1
        assert abs((labels[parts[name]] == "a").sum() - share * 900) <= 1


def test_a_rare_label_is_trained_on():
    labels = np.array(["common"] * 99 + ["rare"])
    assert 99 in split_by_person(np.arange(100), FRACTIONS, 0, labels)["train"]


def test_people_with_several_labels_are_still_whole():
    persons = np.repeat(np.arange(50), 2)
    parts = split_by_person(persons, FRACTIONS, 1, np.tile(["a", "b"], 50))
    assert sum(len(index) for index in parts.values()) == 100
    assert all(len(index) % 2 == 0 for index in parts.values())


def test_same_seed_same_parts_other_seed_other_parts():
    first, again, other = (split_by_person(np.arange(200), FRACTIONS, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in FRACTIONS)
    assert not np.array_equal(first["train"], other["train"])


def test_what_the_shares_leave_is_in_no_part():
    parts = split_by_person(np.arange(100), {"train": 0.5, "evaluation": 0.25}, 0)
    assert [len(index) for index in parts.values()] == [50, 25]


@pytest.mark.parametrize("fractions", [{"train": 0.8, "evaluation": 0.3}, {"train": -0.1, "evaluation": 0.5}, {}])
def test_impossible_shares(fractions):
    with pytest.raises(DataError, match="sum to at most 1"):
        split_by_person(np.arange(10), fractions, 0)


def test_person_codes_by_first_appearance():
    assert person_codes(["x", "a", "x", "b"]).tolist() == [0, 1, 0, 2]
    with pytest.raises(DataError, match="empty in 1 rows"):
        person_codes(["x", None])
