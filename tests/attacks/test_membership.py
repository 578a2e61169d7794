"""Membership inference end to end: what is attacked, what is left out and why, and honesty where nothing leaks."""

import numpy as np
import pytest
from plain_rows import parts_of, rows_of, seed
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from privnb.attacks.membership import attack_membership
from privnb.attacks.selection import rank_auc
from privnb.errors import DataError, ModelError
from privnb.stats.ranking import auc
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits, derive_seed


def attack(estimator, parts, trainer="same", target_seed=1, **options):
    made = as_trainer(estimator)
    target = made.fit(parts[0], target_seed)
    given = {"shadows": 4, "data": "actual", "units": ThreadUnits(2), "seed": seed, "data_key": "d"} | options
    members, non_members, pool = (*parts, None)[:3]
    return attack_membership(target, made if trainer == "same" else trainer, members, non_members, pool, **given)


@pytest.fixture(scope="module")
def digits():
    return parts_of(*load_digits(return_X_y=True), 600, 400, 700)


def test_few_shadows_find_an_overfitted_forest(digits):
    found = attack(RandomForestClassifier(50), digits)
    assert set(found.scores) == {"confidence", "entropy", "modified_entropy", "gap", "calibrated", "rmia", "lira"}
    assert found.selected in ("rmia", "lira")
    assert rank_auc(found.scores[found.selected], found.member) > 0.92
    assert found.facts["online"] is True
    assert (found.facts["members"], found.facts["non_members"], found.facts["shadows"]) == (600, 400, 4)
    assert found.facts["shadow_rows"] == 600
    called = found.scores[found.selected] >= found.thresholds[found.selected]
    assert called[found.member].mean() - called[~found.member].mean() > 0.6  # thresholds carry over to the target
    assert found.selection.rows[0][0] == found.selected
    assert "trains 4 shadow models" in found.facts["attacker"]


def test_the_same_seed_gives_the_same_scores_on_any_number_of_threads(digits):
    first, again = (attack(RandomForestClassifier(10), digits, units=ThreadUnits(jobs)) for jobs in (1, 2))
    assert all(np.array_equal(first.scores[name], again.scores[name]) for name in first.scores)


def test_an_attacker_without_the_records_uses_the_pool(digits):
    found = attack(RandomForestClassifier(50), digits, data="same-distribution")
    assert found.facts["online"] is False
    assert found.facts["shadow_rows"] == 350
    assert rank_auc(found.scores[found.selected], found.member) > 0.9
    without = attack(RandomForestClassifier(10), digits[:2], data="same-distribution")
    assert without.facts["left_out"]["rmia"] == "the pool holds 0 rows and shadow models need 30"


def test_without_a_trainer_thresholds_remain_and_the_choice_is_fixed(digits):
    found = attack(RandomForestClassifier(20), digits, trainer=None)
    assert set(found.scores) == {"confidence", "entropy", "modified_entropy", "gap"}
    assert found.selected == "confidence"
    assert "cannot be retrained" in found.facts["left_out"]["lira"]
    assert all(row[1] is None for row in found.selection.rows)
    assert np.isfinite(list(found.thresholds.values())).all()


def test_two_classes_make_modified_entropy_superfluous():
    parts = parts_of(*load_breast_cancer(return_X_y=True), 250, 200)
    found = attack(GaussianNB(), parts)
    assert "modified_entropy" not in found.scores
    asked = attack(GaussianNB(), parts, methods=["modified_entropy", "confidence"])
    order = [np.argsort(scores, kind="stable") for scores in asked.scores.values()]
    assert rank_auc(asked.scores["modified_entropy"], asked.member) == pytest.approx(
        rank_auc(asked.scores["confidence"], asked.member), abs=0.01
    )
    assert len(order) == 2


def test_a_model_that_gives_labels_only_gets_the_label_attacks():
    parts = parts_of(*load_breast_cancer(return_X_y=True), 250, 200)
    found = attack(LinearSVC(), parts)
    assert set(found.scores) == {"gap", "robustness", "calibrated_robustness"}
    assert "labels only" in found.facts["left_out"]["rmia"]
    with pytest.raises(ModelError, match="set methods to auto"):
        attack(LinearSVC(), parts, methods=["lira"])


@pytest.mark.parametrize("data", ["actual", "same-distribution"])
def test_regressors_are_attacked_through_their_residuals(data):
    parts = parts_of(*load_diabetes(return_X_y=True), 150, 110, 180)
    found = attack(RandomForestRegressor(40), parts, data=data)
    assert set(found.scores) == {"residual", "rmia", "lira"}
    assert rank_auc(found.scores["rmia"], found.member) > rank_auc(found.scores["residual"], found.member) + 0.03
    assert found.selected == "rmia"


def test_mistakes_are_told_in_plain_words(digits):
    with pytest.raises(DataError, match="30 non-members or more and has 10"):
        attack(GaussianNB(), [digits[0], digits[1].take(np.arange(10))])
    with pytest.raises(DataError, match="no membership attack 'loss'"):
        attack(GaussianNB(), digits, methods=["loss"])


def test_copies_of_members_among_non_members_are_counted(digits):
    members, others, _ = digits
    copied = rows_of(np.vstack([others.X, members.X.iloc[:7]]), np.concatenate([others.y, members.y[:7]]), start=2000)
    assert attack(GaussianNB(), [members, copied]).facts["copies"] == 7


def test_no_leak_is_reported_where_there_is_none():
    # target trained on neither side, so members and non-members are exchangeable: of 100 intervals at 95 % no more than
    # 11 may miss .5 (chance of more: 0.4 %), and the mean AUC is .5 within 4 standard errors (.005 each)
    misses, areas = 0, []
    for repetition in range(100):
        random = np.random.default_rng(repetition)
        y = random.integers(0, 2, 200)
        X = random.normal(size=(200, 3)) + y[:, None]
        table = rows_of(X, y)
        trainer = as_trainer(GaussianNB())
        target = trainer.fit(table.take(np.arange(120, 200)), 0)
        found = attack_membership(
            target, trainer, table.take(np.arange(60)), table.take(np.arange(60, 120)), None,
            shadows=4, data="actual", units=ThreadUnits(), data_key="d",
            seed=lambda *path, run=repetition: derive_seed(run, *path),
        )  # fmt: skip
        area = auc(found.scores[found.selected], found.member, found.persons)
        areas.append(area.value)
        misses += not area.low <= 0.5 <= area.high
    assert misses <= 11
    assert abs(np.mean(areas) - 0.5) < 0.021
