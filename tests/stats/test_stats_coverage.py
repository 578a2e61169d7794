"""Intervals cover what they should: a quick look by default, the promised figures with `-m slow`."""

import numpy as np
import pytest
from scipy.stats import norm

from privnb.stats import accuracy_difference, auc, proportion, r2, tpr_at_fpr, tpr_difference_at_fpr


def coverage(truth, sample, repeats, seed=0):
    """Share of `repeats` samples whose interval holds the truth."""
    rng = np.random.default_rng(seed)
    found = (sample(rng) for _ in range(repeats))
    return np.mean([estimate.low <= truth <= estimate.high for estimate in found])


def auc_sample(shift, members, outsiders):
    member = np.repeat([True, False], [members, outsiders])
    return norm.cdf(shift / np.sqrt(2)), lambda rng: auc(rng.normal(size=len(member)) + shift * member, member)


def clustered_auc_sample(shift, people, rows, shared):
    """`people` members and as many non-members, `rows` each, with a share `shared` of the variance between people."""
    persons, member = np.repeat(np.arange(2 * people), rows), np.repeat([True, False], people * rows)

    def sample(rng):
        between, within = rng.normal(size=2 * people)[persons], rng.normal(size=len(persons))
        return auc(np.sqrt(shared) * between + np.sqrt(1 - shared) * within + shift * member, member, persons)

    return norm.cdf(shift / np.sqrt(2)), sample


def rate_sample(shift, people, fpr, draws=300):
    member = np.repeat([True, False], people)
    truth = norm.sf(norm.isf(fpr) - shift)
    return truth, lambda rng: tpr_at_fpr(rng.normal(size=2 * people) + shift * member, member, fpr, draws=draws)


def difference_sample(first, second, people, fpr, draws=300):
    member = np.repeat([True, False], people)

    def sample(rng):
        common, one, two = rng.normal(size=(3, 2 * people)) * np.sqrt(0.5)
        scores = (common + one + first * member, common + two + second * member)
        return tpr_difference_at_fpr(*scores, member, fpr, draws=draws)

    return norm.sf(norm.isf(fpr) - first) - norm.sf(norm.isf(fpr) - second), sample


def proportion_sample(people, rows, share, strength=4.0):
    persons = np.repeat(np.arange(people), rows)

    def sample(rng):
        chance = rng.beta(share * strength, (1 - share) * strength, people)[persons]
        return proportion(rng.random(len(persons)) < chance, persons)

    return share, sample


def r2_sample(people, rows):
    """Labels of variance 4; errors of variance .25 shared by a person's rows and .25 of their own: R2 = .875."""
    persons = np.repeat(np.arange(people), rows)

    def sample(rng):
        labels = 2 * rng.normal(size=len(persons))
        return r2(
            labels, labels + 0.5 * rng.normal(size=people)[persons] + 0.5 * rng.normal(size=len(persons)), persons
        )

    return 0.875, sample


def accuracy_sample(people):
    def sample(rng):
        level, own = rng.random(people), rng.random(people) < 0.3
        return accuracy_difference(np.where(own, rng.random(people), level) < 0.9, level < 0.85)

    return 0.05, sample


# quick: 300 repeats, so a true 95 % is seen as 91 to 99 % (three standard errors)
@pytest.mark.parametrize(
    "truth, sample",
    [auc_sample(0.0, 200, 200), auc_sample(2.75, 150, 300), clustered_auc_sample(0.5, 60, 5, 0.5)],
    ids=["no leak", "strong leak", "clustered"],
)
def test_auc_coverage_quick(truth, sample):
    assert 0.91 <= coverage(truth, sample, 300) <= 0.99


def test_rate_coverage_quick():
    assert coverage(*rate_sample(1.0, 1000, 0.01, draws=200), 120) >= 0.9


def test_other_coverage_quick():
    for truth, sample in (proportion_sample(100, 5, 0.9), r2_sample(100, 3), accuracy_sample(200)):
        assert 0.90 <= coverage(truth, sample, 300) <= 0.995


# slow: 3,000 repeats, standard error .4 %
@pytest.mark.slow
@pytest.mark.parametrize("shift, members, outsiders", [(0, 300, 300), (0.5, 100, 300), (1, 300, 300), (2.75, 300, 300)])
def test_auc_coverage(shift, members, outsiders):
    assert 0.93 <= coverage(*auc_sample(shift, members, outsiders), 3000) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("shift, people, rows, shared", [(0.5, 100, 5, 0.5), (0.5, 30, 10, 0.3), (2, 50, 4, 0.8)])
def test_clustered_auc_coverage(shift, people, rows, shared):
    assert 0.93 <= coverage(*clustered_auc_sample(shift, people, rows, shared), 3000) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("shift, people, fpr", [(s, 1000, 0.01) for s in (0, 0.5, 1, 2, 3)] + [(1, 3000, 0.001)])
def test_rate_coverage(shift, people, fpr):
    assert coverage(*rate_sample(shift, people, fpr), 1000) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("shift, people, fpr", [(1, 100, 0.01), (1, 200, 0.01), (3, 1000, 0.001)])
def test_rate_coverage_where_non_members_are_few(shift, people, fpr):
    assert coverage(*rate_sample(shift, people, fpr), 1000) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("first, second", [(1, 1), (2, 1)])
def test_rate_difference_coverage(first, second):
    assert coverage(*difference_sample(first, second, 1000, 0.01), 600) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("people, rows, share", [(100, 5, 0.9), (20, 10, 0.7), (300, 3, 0.99)])
def test_proportion_coverage(people, rows, share):
    assert coverage(*proportion_sample(people, rows, share), 3000) >= 0.93


@pytest.mark.slow
def test_false_alarms_of_null_audits():
    """1,000 audits without a leak: the interval of AUC lies above .5 or below it in at most 6.8 % of them."""
    assert coverage(*auc_sample(0.0, 500, 500), 1000, seed=9) >= 1 - 0.068
