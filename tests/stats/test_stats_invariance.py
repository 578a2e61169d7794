"""What no statistic may depend on: the order of rows, copies of everybody's rows, the names of people."""

import numpy as np
import pytest

from privnb import stats

RNG = np.random.default_rng(11)
PEOPLE = RNG.permutation(np.r_[np.repeat(np.arange(0, 120), 1), np.repeat(np.arange(120, 260), 2)])
ROWS = len(PEOPLE)
MEMBER = PEOPLE % 2 == 0
SCORES = np.round(RNG.normal(size=ROWS) + MEMBER, 2)
OTHER = np.round(0.5 * SCORES + RNG.normal(size=ROWS), 2)

TWO = {
    "auc": lambda s, o, m, p: stats.auc(s, m, p),
    "auc of constant scores": lambda s, o, m, p: stats.auc(0 * s, m, p),
    "auc of separated classes": lambda s, o, m, p: stats.auc(s + 100 * m, m, p),
    "auc_difference": lambda s, o, m, p: stats.auc_difference(s, o, m, p),
    "proportion": lambda s, o, m, p: stats.proportion(s > 0, p),
    "proportion of all": lambda s, o, m, p: stats.proportion(s > -99, p),
    "balanced_accuracy": lambda s, o, m, p: stats.balanced_accuracy(m, s > 0.5, p),
    "accuracy_difference": lambda s, o, m, p: stats.accuracy_difference(s > 0.5, o > 0.5, p),
    "mean_interval": lambda s, o, m, p: stats.mean_interval(s, p),
    "mae": lambda s, o, m, p: stats.mae(s, o, p),
    "r2": lambda s, o, m, p: stats.r2(s, o, p),
    "r2_difference": lambda s, o, m, p: stats.r2_difference(s, o, 0 * o, p),
    "mae_difference": lambda s, o, m, p: stats.mae_difference(s, o, 0 * o, p),
    "tpr_at_fpr": lambda s, o, m, p: stats.tpr_at_fpr(s, m, 0.05, p, draws=60),
    "tpr_difference_at_fpr": lambda s, o, m, p: stats.tpr_difference_at_fpr(s, o, m, 0.05, p, draws=60),
    "roc_band": lambda s, o, m, p: np.r_[*vars(stats.roc_band(s, m, p, draws=60)).values()],
    "paired_bootstrap": lambda s, o, m, p: stats.paired_bootstrap(
        lambda w, a, b: np.average(a - b, weights=w), s, o, persons=p, draws=60
    ),
    "crossfitted balanced accuracy": lambda s, o, m, p: stats.balanced_accuracy(
        m, stats.crossfit_decisions(s, m, p), p
    ),
}


@pytest.mark.parametrize("name", TWO)
def test_everybody_tenfold_changes_nothing(name):
    once = TWO[name](SCORES, OTHER, MEMBER, PEOPLE)
    tenfold = TWO[name](*(np.tile(column, 10) for column in (SCORES, OTHER, MEMBER, PEOPLE)))
    np.testing.assert_allclose(np.array(list(tenfold)), np.array(list(once)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("people", [PEOPLE, None], ids=["people", "rows"])
def test_the_order_of_rows_changes_nothing(name, people):
    order = np.random.default_rng(3).permutation(ROWS)
    straight = TWO[name](SCORES, OTHER, MEMBER, people)
    moved = TWO[name](SCORES[order], OTHER[order], MEMBER[order], None if people is None else people[order])
    np.testing.assert_allclose(np.array(list(moved)), np.array(list(straight)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", TWO)
def test_the_names_of_people_change_nothing(name):
    names = np.array([f"{(person * 7919) % 1000:x}-{person}" for person in range(PEOPLE.max() + 1)], dtype=object)
    numbered, named = (TWO[name](SCORES, OTHER, MEMBER, people) for people in (PEOPLE, names[PEOPLE]))
    np.testing.assert_allclose(np.array(list(named)), np.array(list(numbered)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(TWO) - {"roc_band"}))
def test_the_value_lies_in_an_interval_of_real_width(name):
    found = TWO[name](SCORES, OTHER, MEMBER, PEOPLE)
    assert found.low <= found.value <= found.high
    assert found.high - found.low > 1e-3
    assert found.n == 260


def test_person_identity_outweighs_rows():
    """Ten copies under new names are ten people: the interval shrinks by the root of ten."""
    copies = [np.tile(column, 10) for column in (SCORES, MEMBER)]
    people = np.concatenate([PEOPLE + 1000 * copy for copy in range(10)])
    once, more = stats.auc(SCORES, MEMBER, PEOPLE), stats.auc(*copies, people)
    assert (once.high - once.low) / (more.high - more.low) == pytest.approx(np.sqrt(10), rel=0.03)
