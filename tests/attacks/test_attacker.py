"""The attacker sees what he is said to see, of the target as of his shadow models, and never more."""

import numpy as np
import pandas as pd
import pytest
from plain_rows import parts_of, seed
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from privnb.attacks.attacker import Attacker
from privnb.attacks.membership import attack_membership
from privnb.attacks.robustness import changed_copies, robustness
from privnb.attacks.selection import rank_auc
from privnb.errors import DataError, ModelError
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits


class Fixed:
    """A model with known answers."""

    classes = np.array(["a", "b", "c", "d"])
    answers = np.array([[0.61, 0.25, 0.1, 0.04], [0.004, 0.006, 0.0, 0.99]])

    def predict(self, X):
        return self.classes[self.answers.argmax(axis=1)]

    def predict_proba(self, X):
        return self.answers


def test_top_n_spreads_the_rest_evenly_over_what_is_withheld():
    seen = Attacker("top-n", top_n=2).sees(Fixed()).predict_proba(None)
    assert seen == pytest.approx(np.array([[0.61, 0.25, 0.07, 0.07], [0.002, 0.006, 0.002, 0.99]]))
    assert Attacker("top-n", top_n=4).sees(Fixed()).predict_proba(None) is Fixed.answers


def test_rounding_keeps_half_a_step_from_the_ends():
    seen = Attacker("rounded", digits=1).sees(Fixed()).predict_proba(None)
    assert seen == pytest.approx(np.array([[0.6, 0.2, 0.1, 0.05], [0.05, 0.05, 0.05, 0.95]]))


def test_labels_alone_hold_no_probability():
    seen = Attacker("label").sees(Fixed())
    assert list(seen.predict(None)) == ["a", "d"]
    with pytest.raises(ModelError, match="labels only"):
        seen.predict_proba(None)


def test_names_of_attackers():
    assert Attacker.of("top3") == Attacker("top-n", top_n=3)
    assert Attacker.of("round2") == Attacker("rounded", digits=2)
    assert Attacker.of("label").key == {"outputs": "label", "digits": 2}
    with pytest.raises(DataError, match="top_n is 0"):
        Attacker("top-n", top_n=0)


def test_changed_copies_are_the_same_for_everybody_and_change_what_they_say():
    frame = pd.DataFrame({"n": np.arange(1000.0), "missing": [np.nan, 1.0] * 500, "c": list("abcd") * 250})
    first, again = changed_copies(frame, 2, 7), changed_copies(frame, 2, 7)
    assert len(first) == 6 and all(one.equals(other) for one, other in zip(first, again))
    for copy, scale, swapped in zip(first[::2], (0.1, 0.3, 1.0), (0.03, 0.1, 0.3)):
        # normal noise: SD within 4 standard errors (2.2 %); a swapped category is another one in 3 of 4 cases
        assert (copy["n"] - frame["n"]).std() == pytest.approx(scale * frame["n"].std(ddof=0), rel=0.09)
        assert (copy["c"] != frame["c"]).mean() == pytest.approx(0.75 * swapped, abs=4 * np.sqrt(swapped / 1000))
        assert copy["missing"].isna().equals(frame["missing"].isna())


def test_robustness_is_the_share_of_copies_decided_rightly():
    class Above:
        def predict(self, X):
            return (X["x"] > 0).astype(int)

    X = pd.DataFrame({"x": [-1.0, 2.0]})
    copies = [pd.DataFrame({"x": [1.0, 1.0]}), pd.DataFrame({"x": [-3.0, -3.0]}), X]
    assert list(robustness(Above(), np.array([0, 1]), X, copies)) == [0.75, 0.75]
    assert list(robustness(Above(), np.array([1, 1]), X, copies)) == [0.25, 0.75]


@pytest.fixture(scope="module")
def digits():
    members, others = parts_of(*load_digits(return_X_y=True), 500, 500)
    trainer = as_trainer(RandomForestClassifier(30))
    return trainer, trainer.fit(members, 3), members, others


def _attacked(digits, attacker, **options):
    trainer, target, members, others = digits
    return attack_membership(
        target, trainer, members, others, None,
        shadows=8, data="actual", units=ThreadUnits(), seed=seed, data_key="d", attacker=attacker, **options,
    )  # fmt: skip


def test_who_sees_less_finds_less(digits):
    area = {}
    for name in ("probabilities", "top3", "round1", "label"):
        found = _attacked(digits, Attacker.of(name))
        area[name] = rank_auc(found.scores[found.selected], found.member)
        assert found.facts["attacker"].startswith(f"The attacker sees {Attacker.of(name).words}")
    assert area["probabilities"] > 0.9
    assert area["probabilities"] + 0.01 > area["top3"] > area["label"]
    assert area["round1"] > area["label"] > 0.55


def test_labels_alone_give_more_than_right_or_wrong(digits):
    found = _attacked(digits, Attacker("label"))
    area = {name: rank_auc(scores, found.member) for name, scores in found.scores.items()}
    assert set(area) == {"gap", "robustness", "calibrated_robustness"}
    assert area["calibrated_robustness"] > area["gap"] + 0.03
    assert found.selected in ("robustness", "calibrated_robustness")


def test_calibration_by_shadows_helps_the_plain_threshold(digits):
    found = _attacked(digits, Attacker())
    area = {name: rank_auc(scores, found.member) for name, scores in found.scores.items()}
    assert area["calibrated"] > area["confidence"] + 0.05


def test_a_regressor_answers_rounded_values():
    members, others = parts_of(*load_diabetes(return_X_y=True), 200, 200)
    trainer = as_trainer(RandomForestRegressor(30))
    target = trainer.fit(members, 3)
    found = _attacked((trainer, target, members, others), Attacker("label", digits=0))
    errors = np.concatenate([rows.y - np.round(target.predict(rows.X)) for rows in (members, others)])
    assert found.scores["residual"] == pytest.approx(-(errors**2))
    assert rank_auc(found.scores[found.selected], found.member) > 0.6
