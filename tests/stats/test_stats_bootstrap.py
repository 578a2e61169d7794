"""The bootstrap over people, Holm's correction and the cross-fitted threshold."""

import numpy as np
import pytest
from scipy.stats import norm

from privnb.errors import DataError
from privnb.stats import balanced_accuracy, crossfit_decisions, holm, mean_interval, paired_bootstrap, person_draws


def weighted_mean(weights, values):
    return np.average(values, weights=weights)


def test_draws_keep_the_size_of_every_stratum():
    strata = np.array([0, 1, 1, 0, 2, 2, 2])
    draws = np.array(list(person_draws(strata, 20, seed=1)))
    assert draws.shape == (20, 7)
    for stratum, size in enumerate((2, 2, 3)):
        assert np.all(draws[:, strata == stratum].sum(axis=1) == size)
    assert np.array_equal(draws, np.array(list(person_draws(strata, 20, seed=1))))
    assert not np.array_equal(draws, np.array(list(person_draws(strata, 20, seed=2))))


def test_bootstrap_of_a_mean_is_near_its_closed_form_by_person():
    values = np.repeat(np.random.default_rng(0).normal(size=200), 3)
    persons = np.repeat(np.arange(200), 3)
    found, closed = paired_bootstrap(weighted_mean, values, persons=persons, draws=2000), mean_interval(values, persons)
    assert found.n == 200
    assert found.value == pytest.approx(closed.value, abs=1e-12)
    assert found.high - found.low == pytest.approx(
        closed.high - closed.low, rel=0.1
    )  # 2,000 draws: ends to some percent


def test_bootstrap_pairs_its_columns():
    rng = np.random.default_rng(0)
    first = rng.normal(size=100)
    second = first + 0.01 * rng.normal(size=100)
    found = paired_bootstrap(lambda weights, a, b: np.average(a - b, weights=weights), first, second, draws=300)
    assert found.high - found.low < 0.01


def test_holm_1979():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]).size == 0
    with pytest.raises(DataError, match="between 0 and 1"):
        holm([1.2])


def test_crossfitted_threshold_finds_what_can_be_found_and_invents_nothing():
    rng = np.random.default_rng(0)
    member = np.repeat([True, False], 1000)
    for shift in (0.0, 2.0):
        scores = rng.normal(size=2000) + shift * member
        found = balanced_accuracy(member, crossfit_decisions(scores, member))
        assert found.value == pytest.approx(norm.cdf(shift / 2), abs=0.04)  # the best possible; four standard errors


def test_crossfitted_threshold_never_learns_from_those_it_judges():
    """A threshold chosen on those it judges would find more than a half in pure noise."""
    rng = np.random.default_rng(5)
    member = np.repeat([True, False], 20)
    found = [balanced_accuracy(member, crossfit_decisions(rng.normal(size=40), member)).value for _ in range(100)]
    assert np.mean(found) < 0.52


def test_constant_scores_call_nobody_a_member():
    assert not crossfit_decisions(np.ones(50), np.arange(50) < 20).any()


def test_a_class_of_one_person_has_no_threshold():
    with pytest.raises(DataError, match="at least two members"):
        crossfit_decisions([1, 2, 3, 4], [1, 1, 0, 0], [5, 5, 6, 7])
