"""What shadows decide: method, threshold and constants, never from the target's labels."""

from dataclasses import replace

import numpy as np
import pytest
from plain_rows import parts_of, seed
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from privnb.attacks.methods import SCORES, Game
from privnb.attacks.selection import best_threshold, choose, rank_auc
from privnb.attacks.signals import query, shadow_signals
from privnb.attacks.universe import stack
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits

METHODS = ["confidence", "entropy", "modified_entropy", "gap", "rmia", "lira"]


def signals_of(shadows, data="actual"):
    members, non_members, pool = parts_of(*load_digits(return_X_y=True), 500, 400, 600)
    trainer = as_trainer(RandomForestClassifier(25))
    target = query(trainer.fit(members, 1), stack([members, non_members]), "classification")
    return shadow_signals(
        target, trainer, members, non_members, pool,
        shadows=shadows, data=data, units=ThreadUnits(2), seed=seed, data_key="d",
    )  # fmt: skip


@pytest.fixture(scope="module")
def online():
    return signals_of(6)


def test_auc_and_threshold_agree_with_scikit_learn_and_brute_force():
    random = np.random.default_rng(0)
    scores, member = random.integers(0, 20, 300).astype(float), random.random(300) < 0.4
    assert rank_auc(scores, member) == pytest.approx(roc_auc_score(member, scores), abs=1e-12)
    balance = {value: ((scores >= value)[member].mean() - (scores >= value)[~member].mean()) for value in set(scores)}
    assert balance[best_threshold(scores, member)] == pytest.approx(max(balance.values()))
    assert rank_auc(np.ones(300), member) == 0.5


def test_a_shadow_is_attacked_without_itself_and_its_twin(online):
    poisoned = online.trial["log_odds"].copy()
    game = Game.against_shadow(online, 2, 0.5)
    expected = SCORES["lira"](game)
    poisoned[3] += 100  # the twin of shadow 2 must not matter
    again = Game.against_shadow(replace(online, trial={**online.trial, "log_odds": poisoned}), 2, 0.5)
    assert np.array_equal(SCORES["lira"](again), expected)
    assert game.keep.shape[0] == 4


def test_the_strong_attacks_are_chosen_over_thresholds(online):
    choice = choose(online, METHODS)
    assert choice.selected in ("rmia", "lira")
    assert choice.mean_auc["rmia"] > choice.mean_auc["confidence"] + 0.1
    assert set(choice.thresholds) == set(METHODS)
    assert choice.thresholds["gap"] == 1.0


def test_nothing_is_chosen_from_the_target(online):
    shuffled = {name: np.random.default_rng(0).permutation(value) for name, value in online.target.items()}
    assert choose(replace(online, target=shuffled), METHODS) == choose(online, METHODS)


def test_two_shadows_leave_the_choice_fixed_in_advance():
    choice = choose(signals_of(2), METHODS)
    assert choice.selected == "rmia"
    assert choice.mean_auc["rmia"] is None
    assert choice.thresholds["lira"] is None
    assert choice.thresholds["confidence"] is not None
    assert "fixed in advance" in choice.reason


@pytest.mark.parametrize("count", [2, 4])
def test_offline_attacks_come_close_to_online_ones(online, count):
    offline = signals_of(count, "same-distribution")
    choice = choose(offline, METHODS)
    assert not offline.online
    member = np.arange(900) < 500
    reached = rank_auc(SCORES["rmia"](Game.against_target(offline, choice.offline_a)), member)
    assert reached > rank_auc(SCORES["rmia"](Game.against_target(online, 0.5)), member) - 0.06
    assert 0 <= choice.offline_a <= 1
