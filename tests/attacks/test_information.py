"""Bits of membership: closed form of a channel, scikit-learn's figure, no bits where there are none, people."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from privnb.attacks.information import membership_information
from privnb.errors import DataError


def test_plug_in_is_the_mutual_information_of_bins_and_membership():
    random = np.random.default_rng(0)
    member = np.arange(2000) < 1000
    scores = random.normal(size=2000) + member
    found = membership_information(scores, member, bins=8, draws=50)
    bins = np.searchsorted(np.quantile(scores, np.linspace(0, 1, 9)[1:-1]), scores, side="right")
    assert found.plug_in == pytest.approx(mutual_info_score(member, bins) / np.log(2), abs=1e-12)


def test_a_binary_channel_has_its_closed_form():
    """Members flagged with .8, others with .2: one bit less the entropy of .2."""
    flags = np.concatenate([np.arange(5000) < 4000, np.arange(5000) < 1000]).astype(float)
    member = np.arange(10_000) < 5000
    found = membership_information(flags, member, draws=100)
    bits = 1 + 0.8 * np.log2(0.8) + 0.2 * np.log2(0.2)
    assert found.plug_in == pytest.approx(bits, abs=1e-12)
    assert found.bits.low < bits < found.bits.high
    assert found.bits.value == pytest.approx(bits, abs=1e-3)  # the null of 10,000 people in 2 bins is 1e-4 bits


def test_sides_count_half_whatever_their_sizes():
    perfect = membership_information(np.r_[np.ones(300), np.zeros(60)], np.arange(360) < 300, draws=100)
    assert perfect.plug_in == pytest.approx(1.0) and perfect.bits.value > 0.95
    assert perfect.p_value == pytest.approx(1 / 101)


@pytest.mark.slow
def test_no_bits_are_claimed_where_there_are_none():
    random, claimed = np.random.default_rng(1), 0
    for k in range(200):
        found = membership_information(random.normal(size=300), np.arange(300) < 200, draws=200, seed=k)
        claimed += found.bits.low > 0
    assert claimed <= 0.05 * 200 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_people_are_exchanged_not_rows():
    """Scores that are a person's own, ten rows each: with rows exchanged this chance finding would look sure."""
    random = np.random.default_rng(2)
    scores, persons = np.repeat(random.normal(size=60), 10), np.repeat(np.arange(60), 10)
    member = persons < 30
    by_person = membership_information(scores, member, persons)
    by_row = membership_information(scores, member)
    assert by_person.null > 4 * by_row.null and by_person.p_value > by_row.p_value
    assert by_person.bits.n == 60 and by_person.bits.low == 0.0


def test_constant_scores_tell_nothing():
    found = membership_information(np.ones(50), np.arange(50) < 20)
    assert found.bits.value == found.plug_in == 0.0 and found.p_value == 1.0


def test_too_few_people():
    with pytest.raises(DataError, match="two members"):
        membership_information(np.arange(10.0), np.arange(10) < 5, np.r_[np.zeros(5), np.arange(1, 6)])
