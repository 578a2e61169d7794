"""The step ROC, its true-positive rate at low false-positive rates, and the band for plotting."""

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from privnb.stats import NotResolvable, people_needed, roc_band, step_roc, tpr_at_fpr, tpr_at_fprs, unbounded_below


def normal_scores(members, outsiders, shift, seed=0):
    rng = np.random.default_rng(seed)
    member = np.repeat([True, False], [members, outsiders])
    return rng.normal(size=members + outsiders) + shift * member, member


@pytest.mark.parametrize("digits", [1, 8])
def test_step_roc_is_that_of_scikit_learn(digits):
    scores, member = normal_scores(300, 200, 1.0)
    scores = np.round(scores, digits)
    for ours, theirs in zip(step_roc(scores, member), roc_curve(member, scores, drop_intermediate=False)):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("digits", [0, 1, 8])
@pytest.mark.parametrize("fpr", [0.01, 0.03, 0.1, 0.5, 1.0])
def test_rate_is_the_highest_of_the_step_roc_within_the_budget(digits, fpr):
    scores, member = normal_scores(250, 300, 1.0)
    scores = np.round(scores, digits)
    rates, found, _ = roc_curve(member, scores, drop_intermediate=False)
    expected = found[rates <= fpr + 1e-12].max()
    result = tpr_at_fpr(scores, member, fpr, draws=50)
    assert result.value == pytest.approx(expected, abs=1e-12)
    assert result.low <= result.value <= result.high
    assert result.n == 550


def test_budget_of_whole_rows_is_not_lost_to_rounding():
    """300 x .01 is 3 rows although .01 is below one hundredth in no float arithmetic to rely on."""
    scores, member = np.r_[np.full(10, 0.5), [3, 2, 1], np.zeros(297)], np.arange(310) < 10
    assert tpr_at_fpr(scores, member, 0.01, draws=20).value == 1.0


def test_rates_of_one_bootstrap_equal_those_alone():
    scores, member = normal_scores(300, 400, 1.5)
    together = tpr_at_fprs(scores, member, [0.1, 0.01], draws=100)
    assert together == [tpr_at_fpr(scores, member, fpr, draws=100) for fpr in (0.1, 0.01)]


@pytest.mark.parametrize("shift, value", [(100.0, 1.0), (-100.0, 0.0)])
def test_rate_of_all_or_nobody_keeps_a_width(shift, value):
    scores, member = normal_scores(500, 500, shift)
    found = tpr_at_fpr(scores, member, 0.01, draws=100)
    assert found.value == value
    assert found.high - found.low >= 1 - 0.025 ** (1 / 500) - 1e-12


def test_bootstrap_is_wider_than_a_fixed_threshold():
    """Clopper-Pearson at the fixed threshold forgets that the threshold was estimated from few non-members."""
    scores, member = normal_scores(5000, 500, 2.0)
    found = tpr_at_fpr(scores, member, 0.01)
    binomial = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / 5000)
    assert found.high - found.low > 3 * binomial


def test_too_few_non_members_are_not_resolvable_and_it_says_how_many_are_needed():
    scores, member = normal_scores(2000, 284, 1.0)
    with pytest.raises(NotResolvable, match=r"0\.1 % is not resolvable: it needs at least 1000 people .* are 284"):
        tpr_at_fpr(scores, member, 0.001)
    assert [people_needed(fpr) for fpr in (0.1, 0.01, 0.001)] == [10, 100, 1000]
    exactly, member = normal_scores(100, 100, 1.0)
    assert tpr_at_fpr(exactly, member, 0.01, draws=20).n == 200


def test_rows_do_not_stand_in_for_people():
    scores, member = normal_scores(90, 90, 1.0)
    persons = np.repeat(np.arange(180), 10)
    with pytest.raises(NotResolvable):
        tpr_at_fpr(np.repeat(scores, 10), np.repeat(member, 10), 0.01, persons)


def test_no_lower_bound_below_the_rule_of_three():
    """With n non-members the threshold of rate f lies beyond all of them with chance (1 - f)^n: 37 % at n = 1 / f."""
    scores, member = normal_scores(500, 200, 3.0)
    assert unbounded_below(0.01, 200) and not unbounded_below(0.01, 300)
    assert tpr_at_fpr(scores, member, 0.01, draws=50).low == 0.0
    assert tpr_at_fpr(scores, member, 0.1, draws=50).low > 0.3


def test_band_keeps_every_vertex_below_one_percent_and_never_falls():
    scores, member = normal_scores(4000, 6000, 1.0)
    band = roc_band(scores, member, draws=100)
    assert len(band.fpr) == len(band.tpr) == len(band.low) == len(band.high) <= 300
    fpr, tpr, _ = step_roc(scores, member)
    rates = np.unique(fpr[fpr < 0.01])
    heights = np.array([tpr[fpr == rate].max() for rate in rates])
    corners = np.r_[True, np.diff(heights) > 0]
    kept = band.fpr < 0.01
    np.testing.assert_array_equal(band.fpr[kept], rates[corners])
    np.testing.assert_array_equal(band.tpr[kept], heights[corners])
    assert (band.fpr[-1], band.tpr[-1]) == (1.0, 1.0)
    assert np.all(np.diff(band.fpr) > 0)
    for curve in (band.tpr, band.low, band.high):
        assert np.all(np.diff(curve) >= 0)
    assert np.all((band.low <= band.tpr) & (band.tpr <= band.high))


def test_band_is_pointwise_the_interval_of_the_rate():
    scores, member = normal_scores(300, 400, 1.0)
    band = roc_band(scores, member, draws=100)
    at = np.searchsorted(band.fpr, 0.1, side="right") - 1
    single = tpr_at_fpr(scores, member, band.fpr[at], draws=100)
    assert band.tpr[at] == single.value
    assert band.high[at] == pytest.approx(single.high, abs=0.02)  # monotone hull of neighbouring points
    assert band.low[at] == pytest.approx(single.low, abs=0.02)


@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_band_of_tied_or_separated_scores(shift):
    member = np.repeat([True, False], 200)
    band = roc_band(shift * member, member, draws=20)
    assert band.tpr[-1] == band.fpr[-1] == 1.0
    assert band.tpr[0] == (1.0 if shift else 0.0)
