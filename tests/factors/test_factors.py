"""Risk factors: gap, sizes and classes against hand counts, Newcombe's published example and simulation."""

import numpy as np
import pandas as pd
import pytest

from privnb.errors import DataError
from privnb.factors import class_sizes, encoded_features, overfitting_gap, set_size
from privnb.subject.dictionary import Column, Dictionary
from privnb.subject.rows import Rows


def labelled(hits, n):
    return np.zeros(n, int), np.where(np.arange(n) < hits, 0, 1)


def test_gap_has_newcombes_interval():
    # Newcombe 1998 (Statistics in Medicine 17, 873-890), Table II (a): 56/70 - 48/80, method 10: .0524 to .3339
    gap = overfitting_gap("classification", labelled(56, 70), labelled(48, 80))
    assert gap.value == pytest.approx(0.2)
    assert gap.low == pytest.approx(0.0524, abs=5e-5)
    assert gap.high == pytest.approx(0.3339, abs=5e-5)
    assert gap.n == 150


def test_gap_counts_people_not_rows_and_never_collapses():
    once = overfitting_gap("classification", labelled(60, 60), labelled(40, 40))
    assert once.low < 0 == once.value < once.high
    tenfold = [tuple(np.repeat(side, 10) for side in labelled(n, n)) for n in (60, 40)]
    again = overfitting_gap("classification", *tenfold, np.repeat(np.arange(60), 10), np.repeat(np.arange(40), 10))
    assert again == once


def test_gap_of_a_regressor_is_a_difference_of_r2():
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        y = random.normal(size=(2, 300))
        predicted = y + random.normal(size=(2, 300)) * np.array([[0.3], [0.7]])
        gap = overfitting_gap("regression", (y[0], predicted[0]), (y[1], predicted[1]))
        covered += gap.low <= 0.49 - 0.09 <= gap.high  # R2 is 1 - noise variance
    assert covered >= 180  # 95 % nominal; chance of fewer than 180 below .2 %
    with pytest.raises(DataError, match="all 5 evaluation labels are equal"):
        overfitting_gap("regression", (y[0], predicted[0]), (np.ones(5), np.ones(5)))


def table():
    frame = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "job": ["a", "b", "a", None], "n": [1, 2, 3, 4]})
    schema = Dictionary(
        {
            "age": Column("number"),
            "job": Column("categorical", categories=("a", "b", "c"), missing=True),
            "n": Column("integer"),
        },
        "declared",
    )
    return Rows(frame, np.array(["x", "x", "y", "x"], object), pd.DataFrame({"person": [0, 0, 1, 2]}), schema)


def test_sizes_count_people_and_declared_categories():
    size = set_size(table())
    assert (size.rows, size.people, size.features) == (4, 3, 3)
    assert size.encoded_features == encoded_features(table()) == 6  # 2 numbers, 3 declared categories, missing
    assert size.rows_per_feature == pytest.approx(4 / 6)


def test_the_smallest_class_is_counted_in_people():
    sizes = class_sizes(table())
    assert (sizes.classes, sizes.smallest_people) == (2, 1)
    assert sizes.smallest_share.value == pytest.approx(0.25)
    assert sizes.smallest_share.low < 0.25 < sizes.smallest_share.high
    assert sizes.smallest_share.n == 3
