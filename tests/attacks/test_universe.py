"""Shadow training sets: balanced, complementary, by person, and blind to membership."""

import numpy as np
import pytest
from plain_rows import rows_of, seed

from privnb.attacks.universe import balanced_halves, draw_universe
from privnb.errors import DataError


def test_twins_share_out_every_person_and_halves_are_equal():
    random = np.random.default_rng(0)
    persons = random.integers(0, 300, 1000)
    keep = balanced_halves(persons, random.integers(0, 3, 1000), 8, seed)
    assert keep.shape == (8, 1000)
    for i in range(0, 8, 2):
        assert np.array_equal(keep[i], ~keep[i + 1])
        by_person = {person: set(keep[i][persons == person]) for person in np.unique(persons)}
        assert all(len(sides) == 1 for sides in by_person.values())
        inside = sum(sides == {True} for sides in by_person.values())
        assert abs(2 * inside - len(by_person)) <= 1
    assert np.array_equal(keep.sum(axis=0), np.full(1000, 4))  # every row in exactly half of the shadows
    assert len({row.tobytes() for row in keep}) == 8


def test_every_class_with_two_people_is_in_every_half():
    labels = np.repeat([0, 1, 2, 3], [500, 2, 3, 40])
    keep = balanced_halves(np.arange(545), labels, 16, seed)
    for half in keep:
        assert set(labels[half]) == {0, 1, 2, 3}


def test_halves_depend_on_people_not_on_row_order_or_membership():
    persons, labels = np.arange(200), np.arange(200) % 3
    shuffled = np.random.default_rng(1).permutation(200)
    keep = balanced_halves(persons, labels, 4, seed)
    assert np.array_equal(balanced_halves(persons[shuffled], labels[shuffled], 4, seed), keep[:, shuffled])
    X = np.random.default_rng(2).normal(size=(200, 2))
    for members in (np.arange(100), np.arange(100, 200), shuffled[:100]):
        others = np.setdiff1d(np.arange(200), members)
        table = rows_of(X, labels)
        drawn = draw_universe(table.take(members), table.take(others), None, 4, "actual", seed)
        assert np.array_equal(drawn.keep, keep[:, drawn.rows.position])


def test_pool_fills_the_universe_to_twice_the_members_by_whole_people():
    X, y = np.zeros((400, 1)), np.zeros(400, int)
    persons = np.repeat(np.arange(100), 4)
    table = rows_of(X, y, persons)
    members, others, pool = (table.take(np.arange(a, b)) for a, b in ((0, 120), (120, 160), (160, 400)))
    drawn = draw_universe(members, others, pool, 2, "actual", seed)
    assert len(drawn.rows) == 240
    assert drawn.candidates == 160
    assert np.array_equal(drawn.rows.position[:160], np.arange(160))
    added, counts = np.unique(drawn.rows.persons[160:], return_counts=True)
    assert set(counts) == {4}
    assert added.min() >= 40
    small = draw_universe(members, others, pool.take(np.arange(20)), 2, "actual", seed)
    assert len(small.rows) == 180  # all of a pool that is too small


def test_same_distribution_draws_from_the_pool_alone():
    table = rows_of(np.zeros((200, 1)), np.zeros(200, int))
    parts = [table.take(np.arange(a, b)) for a, b in ((0, 60), (60, 100), (100, 200))]
    drawn = draw_universe(*parts, 4, "same-distribution", seed)
    assert np.array_equal(drawn.rows.position, np.arange(100, 200))
    assert drawn.candidates == 0
    with pytest.raises(DataError, match="the pool holds 20 rows and shadow models need 30"):
        draw_universe(parts[0], parts[1], parts[2].take(np.arange(20)), 4, "same-distribution", seed)
    with pytest.raises(DataError, match="twins: 5 is not an even number"):
        draw_universe(*parts, 5, "actual", seed)
