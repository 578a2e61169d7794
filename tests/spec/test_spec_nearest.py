"""The nearest word is the one a person meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privnb.spec.nearest import edit_distance, listed, nearest

words = st.text("abcd", max_size=6)


# counted by hand; ca -> abc takes 3 where no letter may be edited twice (2 in the unrestricted distance)
@pytest.mark.parametrize(
    ("a", "b", "distance"), [("ca", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3)]
)
def test_known_distances(a, b, distance):
    assert edit_distance(a, b) == distance


@given(words, words)
def test_distance_is_symmetric_and_zero_only_for_equals(a, b):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("blackbox", "black-box"),
        ("Black_Box", "black-box"),
        ("membrship", "membership"),
        ("anonymise", "anonymize"),
        ("reg", "regularize"),
        ("zzz", None),
        ("", None),
        (3, None),
    ],
)
def test_nearest(word, meant):
    assert nearest(word, ["black-box", "white-box", "membership", "anonymize", "regularize"]) == meant


def test_listed():
    assert [listed("a"), listed("ab"), listed("abc"), listed([])] == ["a", "a or b", "a, b or c", "nothing"]
