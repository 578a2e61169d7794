"""The blind baseline and copies: shift is seen, chance is not, and repeated rows or people fool nobody."""

import numpy as np
import pandas as pd
from plain_rows import rows_of

from privnb.attacks.blind import blind_auc
from privnb.attacks.copies import copied_rows, row_keys
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows


def sides(n=400, shift=0.0, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(2 * n, 4))
    X[n:, 0] += shift
    table = rows_of(X, random.integers(0, 2, 2 * n))
    return table.take(np.arange(n)), table.take(np.arange(n, 2 * n))


def persons_of(members, non_members):
    return np.concatenate([members.persons, non_members.persons])


def test_sides_from_one_distribution_cannot_be_told_apart():
    misses = 0
    for seed in range(60):
        members, non_members = sides(100, seed=seed)
        found = blind_auc(members, non_members, persons_of(members, non_members), seed)
        misses += found.low > 0.5
    assert misses <= 5  # 2.5 % each: six or more have a chance of 0.3 %


def test_shift_is_seen():
    members, non_members = sides(shift=1.0)
    found = blind_auc(members, non_members, persons_of(members, non_members), 0)
    assert found.low > 0.65
    assert found.n == 400  # the half that judges


def test_repeated_rows_and_people_give_no_false_alarm():
    members, non_members = sides(100)
    tenfold = [rows.take(np.repeat(np.arange(100), 10)) for rows in (members, non_members)]
    for persons in (persons_of(*tenfold), np.arange(2000)):  # said to be the same people, and not said
        found = blind_auc(*tenfold, persons, 0)
        assert found.low <= 0.5
        assert found.n <= 200


def test_several_rows_of_one_person_stay_in_one_fold():
    random = np.random.default_rng(3)
    centre = random.normal(size=(80, 3)) * 5
    X = np.repeat(centre, 6, axis=0) + random.normal(size=(480, 3)) * 0.1
    table = rows_of(X, np.zeros(480, int), np.repeat(np.arange(80), 6))
    members, non_members = table.take(np.arange(240)), table.take(np.arange(240, 480))
    found = blind_auc(members, non_members, persons_of(members, non_members), 0)
    assert found.low <= 0.5  # a fold that split people would recognise each by its centre, AUC near 1


def test_rows_on_both_sides_are_left_out_and_few_people_give_no_figure():
    members, _ = sides(100)
    assert blind_auc(members, members, persons_of(members, members), 0) is None


def test_a_column_without_any_value_says_nothing():
    members, non_members = sides(100)
    emptied = []
    for rows in (members, non_members):
        X = rows.X.assign(empty=np.nan)
        emptied.append(Rows(X, rows.y, rows.context, rows.schema, rows.position))
    persons = persons_of(members, non_members)
    assert blind_auc(*emptied, persons, 0) == blind_auc(members, non_members, persons, 0)


def test_categories_and_missing_values_are_taken():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"job": random.choice(["a", "b", None], 400), "age": random.normal(size=400)})
    frame.loc[::7, "age"] = np.nan
    y = random.choice(["no", "yes"], 400).astype(object)
    table = Rows(frame, y, pd.DataFrame(index=frame.index), infer(frame))
    members, non_members = table.take(np.arange(200)), table.take(np.arange(200, 400))
    found = blind_auc(members, non_members, persons_of(members, non_members), 0)
    assert found.low <= 0.5 <= 1


def test_copies_are_rows_equal_in_all_features_and_the_label():
    frame = pd.DataFrame({"job": ["a", None, "a", "a", None], "age": [1.0, np.nan, 1.0, 2.0, np.nan]})
    table = Rows(frame, np.array(["x", "x", "y", "x", "x"], object), pd.DataFrame(index=frame.index), infer(frame))
    assert list(copied_rows(table.take([0, 1]), table)) == [True, True, False, False, True]
    assert len(set(row_keys(table))) == 4
