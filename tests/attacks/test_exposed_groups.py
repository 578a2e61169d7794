"""Advantage by group: closed forms, intervals that hold together, small groups, numbers in bands."""

import numpy as np
import pandas as pd
import pytest

from privnb.attacks.exposed_groups import advantage_by_group, banded, worst_advantage
from privnb.errors import DataError
from privnb.stats import bonferroni_level, newcombe_difference


def table():
    """Group a: 40 of 50 members and 10 of 50 others called; b: 20 of 50 and 20 of 50."""
    called = np.concatenate([np.arange(50) < k for k in (40, 10, 20, 20)])
    member = np.repeat([True, False, True, False], 50)
    return called, member, np.repeat(["a", "a", "b", "b"], 50)


def test_advantage_is_newcombes_difference_at_the_joint_level():
    called, member, group = table()
    found = advantage_by_group(called, member, {"g": group})
    joint = bonferroni_level(0.95, 2)
    for each, (k1, k2) in zip(found, ((40, 10), (20, 20))):
        wanted = newcombe_difference(k1, 50, k2, 50, joint)
        assert tuple(each.estimate)[:3] == pytest.approx(tuple(wanted)[:3]) and each.estimate.n == 100
    assert [(each.column, each.value) for each in found] == [("g", "a"), ("g", "b")]


def test_the_largest_is_between_the_largest_ends():
    called, member, group = table()
    found = advantage_by_group(called, member, {"g": group, "whole": np.full(200, "all")})
    worst, most = worst_advantage(found)
    assert (worst.column, worst.value, most.value) == ("g", "a", pytest.approx(0.6))
    assert most.low == max(each.estimate.low for each in found)
    assert most.high == max(each.estimate.high for each in found)


@pytest.mark.slow
def test_the_interval_of_the_largest_covers_where_nothing_leaks():
    random, held = np.random.default_rng(0), 0
    member, group = np.arange(600) < 300, np.arange(600) % 6
    for _ in range(300):
        found = advantage_by_group(random.random(600) < 0.4, member, {"g": group})
        _, most = worst_advantage(found)
        held += most.low <= 0.0 <= most.high
    assert held >= 0.92 * 300  # 95 % less three standard errors of 1.3 %


def test_rows_of_a_person_count_once():
    called, member, group = (np.repeat(column, 3) for column in table())
    whole = advantage_by_group(called, member, {"g": group}, persons=np.repeat(np.arange(200), 3))
    single = advantage_by_group(*table()[:2], {"g": table()[2]})
    assert whole[0].estimate.n == 100
    assert tuple(whole[0].estimate) == pytest.approx(tuple(single[0].estimate), abs=0.02)  # few-people correction


def test_small_groups_are_not_shown_nor_what_gives_them_away():
    called, member, group = table()
    group = group.astype(object)
    group[[0, 60]] = "c"
    found = {each.value: each.estimate for each in advantage_by_group(called, member, {"g": group})}
    assert found["c"] is None and sum(each is None for each in found.values()) == 2
    with pytest.raises(DataError, match="large enough"):
        worst_advantage(advantage_by_group(called, member, {"g": np.arange(200) // 4}, small_cell=5))


def test_numbers_of_many_values_become_quarters():
    bands = banded(np.arange(100.0))
    assert bands.value_counts().tolist() == [25, 25, 25, 25] and bands[0] == "up to 24.75"
    assert banded([1, 2, 2]).tolist() == [1, 2, 2]
    withheld = banded(pd.Series([*np.arange(20.0), np.nan]))
    assert withheld.isna().tolist() == [False] * 20 + [True]
