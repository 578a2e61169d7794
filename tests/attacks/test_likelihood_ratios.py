"""LiRA and RMIA against closed forms, brute force and the attack as published."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from privnb.attacks.lira import _Moments, _student_log_pdf, lira_offline, lira_online
from privnb.attacks.rmia import dominance, fitted_offline_a, rmia_offline, rmia_online
from privnb.attacks.universe import balanced_halves


def world(records, shadows, gap=1.0, seed=0):
    """Log-odds of a target and its shadows: a mean for each record, noise, and `gap` for members."""
    random = np.random.default_rng(seed)
    mean = random.normal(2, 2, records)
    keep = balanced_halves(np.arange(records), None, shadows, lambda *path: seed * 1000 + path[-1])
    member = random.random(records) < 0.5
    signal = mean + gap * keep + random.normal(size=(shadows, records))
    return mean + gap * member + random.normal(size=records), signal, keep, member, mean


def published_lira(target, shadows, keep):
    """Carlini et al. 2022, Algorithm 1, with one variance a record and side."""
    masked = [np.ma.array(shadows, mask=~side) for side in (keep, ~keep)]
    inside, outside = (norm(m.mean(0).data, m.std(0).data + 1e-3) for m in masked)
    return inside.logpdf(target) - outside.logpdf(target)


def test_with_many_shadows_lira_is_the_best_test_there_is():
    target, shadows, keep, member, mean = world(2000, 128)
    ideal = norm.logpdf(target, mean + 1) - norm.logpdf(target, mean)
    assert roc_auc_score(member, lira_online(target, shadows, keep)) > roc_auc_score(member, ideal) - 0.01
    assert np.corrcoef(lira_online(target, shadows, keep), ideal)[0, 1] > 0.98


@pytest.mark.parametrize("count", [2, 4, 16])
def test_with_few_shadows_lira_beats_the_published_attack(count):
    # at N = 2 and 4 the published one has no variance to speak of; at 16 the shared prior still gains
    ours, theirs = [], []
    for seed in range(5):
        target, shadows, keep, member, _ = world(1500, count, seed=seed)
        ours.append(roc_auc_score(member, lira_online(target, shadows, keep)))
        theirs.append(roc_auc_score(member, published_lira(target, shadows, keep)))
    assert np.mean(ours) > np.mean(theirs) + 0.01


def test_offline_lira_learns_the_shift_from_the_pool():
    target, shadows, keep, member, _ = world(1500, 16)
    _, pool, pool_keep, _, _ = world(1500, 16, seed=1)
    without = np.where(keep, shadows - 1, shadows)  # what shadows that saw no candidate would have said
    scores = lira_offline(target, without, np.zeros_like(keep), pool, pool_keep)
    online = lira_online(target, shadows, keep)
    assert roc_auc_score(member, scores) > roc_auc_score(member, online) - 0.02


@pytest.mark.parametrize("count", [2, 4])
def test_constant_signals_give_finite_equal_scores(count):
    shadows = np.full((count, 200), 4.6)
    keep = balanced_halves(np.arange(200), None, count, lambda *path: path[-1])
    for scores in (
        lira_online(np.full(200, 4.6), shadows, keep),
        lira_offline(np.full(200, 4.6), shadows, np.zeros_like(keep), shadows, keep),
        rmia_online(np.full(200, 0.5), shadows * 0, keep),
    ):
        assert np.isfinite(scores).all()
        assert np.ptp(scores) < 1e-9


def test_student_density_agrees_with_scipy():
    random = np.random.default_rng(0)
    n, squares, variance, unsure = (random.uniform(1, 9, 50) for _ in range(4))
    target, mean = random.normal(size=(2, 50)) * 3
    freedom = 30 + n - 1
    scale = np.sqrt((30 * variance + squares) / freedom + unsure)
    ours = _student_log_pdf(target, mean, _Moments(n, mean, squares), variance, unsure)
    assert np.allclose(ours, student.logpdf(target, freedom, mean, scale), atol=1e-12)


def test_rmia_is_the_ratio_to_the_mean_of_both_sides():
    shadows = np.array([[0.9, 0.2], [0.5, 0.8]])
    keep = np.array([[True, False], [False, True]])
    smooth = lambda p: (p + 0.01) / 1.02  # noqa: E731
    expected = np.log(smooth(np.array([0.95, 0.4]))) - np.log(smooth(np.array([0.7, 0.5])))
    assert np.allclose(rmia_online(np.array([0.95, 0.4]), shadows, keep), expected)
    offline = rmia_offline(np.array([0.95, 0.4]), shadows, keep, a=0.3)
    guessed = (1.3 * np.array([0.5, 0.2]) + 0.7) / 2  # equation in the paper's appendix B.2.2
    assert np.allclose(offline, np.log(smooth(np.array([0.95, 0.4]))) - np.log(smooth(guessed)))


def test_offline_constant_is_the_least_squares_slope():
    keep = balanced_halves(np.arange(500), None, 2, lambda *path: path[-1])
    unseen = np.random.default_rng(0).uniform(size=500)
    shadows = np.where(keep, 0.4 * unseen + 0.6, unseen)
    assert fitted_offline_a(shadows, keep) == pytest.approx(0.4)


def test_dominance_is_the_pairwise_count_of_the_paper():
    random = np.random.default_rng(0)
    ratio, population = random.normal(size=80), random.normal(size=60)
    for gamma in (1.0, 2.0):
        pairwise = (np.exp(ratio)[:, None] / np.exp(population)[None, :] >= gamma).mean(axis=1)
        assert np.allclose(dominance(ratio, population, gamma), pairwise)
