"""Canaries: what is planted, that it travels as JSON, and that the bounds are true."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier

from privnb.attacks.canaries import Plan, exposure, one_run_epsilon, plant, score
from privnb.errors import DataError
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows


# Values of the paper's own procedure (Steinke et al. 2023, appendix D), computed by a loop with 100 decimal steps
@pytest.mark.parametrize(
    ("canaries", "guesses", "correct", "pure", "approximate"),
    [
        (100, 100, 100, 3.4930, 3.4902),
        (1000, 100, 95, 2.1724, 2.1652),
        (1000, 1000, 600, 0.2975, 0.2972),
        (1000, 100, 100, 3.4930, 3.4654),
        (500, 200, 180, 1.7989, 1.7976),
    ],
)
def test_one_run_epsilon_is_the_papers(canaries, guesses, correct, pure, approximate):
    assert one_run_epsilon(canaries, guesses, correct, 0.0) == pytest.approx(pure, abs=5e-5)
    assert one_run_epsilon(canaries, guesses, correct, 1e-5) == pytest.approx(approximate, abs=5e-5)


def test_one_run_epsilon_in_closed_form():
    for right in (10, 100, 1000):  # all right: q^r = 5 %
        q = 0.05 ** (1 / right)
        assert one_run_epsilon(right, right, right) == pytest.approx(np.log(q / (1 - q)), rel=1e-9)
    low = binomtest(130, 200, alternative="greater").proportion_ci(0.95).low
    assert one_run_epsilon(999, 200, 130) == pytest.approx(np.log(low / (1 - low)), rel=1e-9)
    assert one_run_epsilon(100, 100, 50) == one_run_epsilon(100, 100, 0) == 0.0


def test_one_run_epsilon_grows_with_the_evidence_and_falls_with_delta_and_level():
    rising = [one_run_epsilon(1000, 200, correct, 1e-4) for correct in range(90, 201, 10)]
    assert all(a <= b for a, b in pairwise(rising)) and rising[-1] > 3
    falling = [one_run_epsilon(1000, 200, 180, delta) for delta in (0.0, 1e-6, 1e-4, 1e-3, 1e-2)]
    assert all(a >= b for a, b in pairwise(falling)) and falling[-1] == 0.0
    assert one_run_epsilon(1000, 200, 180, level=0.99) < one_run_epsilon(1000, 200, 180, level=0.9)


@pytest.mark.parametrize("counts", [(10, 11, 5), (10, 5, 6), (10, 0, 0), (10, 5, -1)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(DataError, match="impossible"):
        one_run_epsilon(*counts)


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_randomised_response_is_never_overstated(epsilon):
    rng, m = np.random.default_rng(3), 400
    correct = rng.binomial(m, 1 / (1 + np.exp(-epsilon)), 2000)
    bound = {k: one_run_epsilon(m, m, int(k)) for k in np.unique(correct)}
    above = np.mean([bound[k] > epsilon for k in correct])
    assert above <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 2000), f"{above:.3f} above"
    if epsilon == 1.0:  # and the bound is not idle
        assert np.mean([bound[k] for k in correct]) > 0.75


def test_randomised_response_that_sometimes_tells_all_is_judged_at_its_delta():
    rng, m, epsilon, delta = np.random.default_rng(4), 200, 1.0, 2e-3
    told = rng.binomial(m, delta, 2000)  # these coins are given away: (epsilon, delta) holds for each row
    correct = told + rng.binomial(m - told, 1 / (1 + np.exp(-epsilon)))
    above = np.mean([one_run_epsilon(m, m, int(k), delta) > epsilon for k in correct])
    assert above <= 0.05


@pytest.mark.parametrize("seed", [None, 5])
def test_scores_of_randomised_response_keep_the_level_over_all_numbers_of_guesses(seed):
    rng, epsilon, runs, above = np.random.default_rng(6), 1.0, 400, 0
    X, y = np.zeros((300, 1)), np.arange(300) % 2
    for run in range(runs):
        planted = plant(X, y, 300, seed=None if seed is None else seed + run, kind="natural")
        honest = rng.random(300) < 1 / (1 + np.exp(-epsilon))
        reported = np.where(honest, planted.included, ~planted.included)
        found = score(planted, reported + 0.01 * rng.random(300))  # ties broken at random
        above += found.epsilon > epsilon
        assert found.demonstration == (seed is not None)
    assert above / runs <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / runs), f"{above} of {runs}"


def test_random_labels_replace_their_rows():
    X, y = load_iris(return_X_y=True)
    X = X + np.arange(150)[:, None] * 1e-6  # every row tells its position
    planted = plant(X, y, 40, seed=1)
    spots = np.array(planted.plan.positions)
    assert len(set(spots)) == 40 and planted.canary_X.shape == (40, 4)
    assert (planted.canary_X == X[spots]).all() and (planted.canary_y != y[spots]).all()
    assert set(planted.canary_y) == {0, 1, 2}
    inside = (planted.X[:, None] == planted.canary_X[None]).all(axis=2)  # training rows x canaries
    assert (inside.sum(axis=0) == planted.included).all()
    assert len(planted.X) == len(planted.y) == 110 + planted.included.sum()
    rows, canaries = np.nonzero(inside)
    assert (planted.y[rows] == planted.canary_y[canaries]).all()
    regular = ~inside.any(axis=1)
    assert {tuple(r) for r in planted.X[regular]} == {tuple(r) for r in np.delete(X, spots, axis=0)}


def test_duplicates_contradict_a_row_that_stays():
    X, y = load_iris(return_X_y=True)
    X = X + np.arange(150)[:, None] * 1e-6
    planted = plant(X, y, 30, seed=2, kind="duplicate-mismatch")
    assert len(planted.X) == 150 + planted.included.sum()
    times = (planted.X[:, None] == planted.canary_X[None]).all(axis=2).sum(axis=0)
    assert (times == 1 + planted.included).all()


def test_natural_canaries_are_the_rows_themselves():
    X, y = load_iris(return_X_y=True)
    planted = plant(X, y, 150, seed=3, kind="natural")
    assert len(planted.X) == planted.included.sum()
    assert (planted.canary_y == y[planted.plan.positions]).all()


def test_numbers_get_another_rows_label():
    y = np.arange(60) / 7
    planted = plant(np.zeros((60, 2)), y, 60, seed=0)
    assert (planted.canary_y != y[planted.plan.positions]).all() and set(planted.canary_y) <= set(y)


def test_data_frames_rows_images_and_strings_are_planted():
    frame = pd.DataFrame({"a": np.arange(20), "b": list("xy") * 10})
    y = np.array(["no", "yes"] * 10)
    planted = plant(frame, y, 6, seed=0)
    assert list(planted.X.columns) == ["a", "b"] and planted.X.index.tolist() == list(range(len(planted.y)))
    rows = Rows(frame, y, pd.DataFrame(index=frame.index), infer(frame))
    same = plant(rows, n=6, seed=0)
    pd.testing.assert_frame_equal(same.X, planted.X)
    assert (same.y == planted.y).all() and same.plan == planted.plan
    assert plant(np.zeros((20, 8, 8, 3)), y, 6, seed=0).canary_X.shape == (6, 8, 8, 3)


@pytest.mark.parametrize("labels", [np.arange(20) % 3, np.array(["no", "yes"] * 10), np.arange(20) / 3])
def test_a_plan_travels_as_json_without_the_data(labels):
    X = np.random.default_rng(0).normal(size=(20, 3))
    planted = plant(X, labels, 10, seed=4)
    text = planted.plan.to_json()
    assert set(json.loads(text)) == {
        "kind", "rows", "positions", "labels", "included", "order", "demonstration", "version",
    }  # fmt: skip
    again = Plan.from_json(text).apply(X, labels)
    assert (again.X == planted.X).all() and (again.y == planted.y).all() and again.y.dtype == planted.y.dtype
    assert (again.included == planted.included).all() and (again.canary_y == planted.canary_y).all()
    scores = np.arange(10.0)
    assert score(text, scores).epsilon == score(planted, scores).epsilon == score(planted.plan, scores).epsilon
    with pytest.raises(DataError, match="20 rows and this one has 19"):
        planted.plan.apply(X[:19], labels[:19])
    for bad in ("{}", "[1]", "no json", text.replace('"version":1', '"version":9')):
        with pytest.raises(DataError, match="plan of canaries"):
            Plan.from_json(bad)


def test_coins_are_fair_and_come_from_the_operating_system_unless_seeded():
    X, y = np.zeros((4000, 1)), np.arange(4000) % 2
    first, second = plant(X, y, 4000), plant(X, y, 4000)
    assert not first.plan.demonstration and first.plan.included != second.plan.included
    for planted in (first, second):
        assert abs(planted.included.mean() - 0.5) < 5 * 0.5 / np.sqrt(4000)  # fails once in a million
    one, two = plant(X, y, 50, seed=9), plant(X, y, 50, seed=9)
    assert one.plan == two.plan and one.plan.demonstration


def test_mistakes_are_named():
    X, y = np.zeros((20, 2)), np.zeros(20, int)
    with pytest.raises(DataError, match="mislabelled"):
        plant(X, y, 5)
    with pytest.raises(DataError, match="21 canaries"):
        plant(X, y, 21, kind="natural")
    with pytest.raises(DataError, match="no kind of canary 'yellow'"):
        plant(X, y, 5, kind="yellow")
    with pytest.raises(DataError, match=r"shape \(20,\)"):
        plant(X[:, 0], y, 5)
    planted = plant(X, y, 15, kind="natural", seed=0)
    with pytest.raises(DataError, match="scores has 3 rows but 15"):
        score(planted, [1, 2, 3])
    with pytest.raises(DataError, match="16 guesses"):
        score(planted, np.arange(15.0), guesses=16)


def test_exposure_is_the_rank_in_bits():
    scores = np.array([9.0, 5.0, 1.0, 6.0, 4.0, 2.0])
    bits, null = exposure(scores, [1, 1, 1, 0, 0, 0])
    assert bits == pytest.approx([2.0, 2 - np.log2(2), 0.0])
    assert null == pytest.approx(np.mean(np.log2(4 / np.arange(1, 5))))
    assert exposure(np.ones(6), [1, 1, 1, 0, 0, 0])[0] == pytest.approx(2 - np.log2(2.5))


def test_perfect_scores_reach_the_cap_and_no_more():
    planted = plant(np.zeros((200, 1)), np.arange(200) % 2, 200, seed=1)
    found = score(planted, planted.included.astype(float), guesses=100)
    assert (found.guesses, found.correct) == (100, 100) and found.auc.value == 1.0
    assert found.epsilon == found.cap == one_run_epsilon(200, 100, 100)
    many = score(planted, planted.included.astype(float))
    assert many.epsilon <= many.cap == one_run_epsilon(200, 200, 200, level=1 - 0.05 / 4)


def test_a_forest_remembers_mislabelled_rows_and_a_model_of_other_rows_does_not():
    X, y = load_digits(return_X_y=True)
    planted = plant(X[:1200], y[:1200], 300, seed=0)
    picked = np.arange(300), planted.canary_y
    forest = RandomForestClassifier(50, random_state=0)
    seen = score(planted, forest.fit(planted.X, planted.y).predict_proba(planted.canary_X)[picked], delta=1e-5)
    other = score(planted, forest.fit(X[1200:], y[1200:]).predict_proba(planted.canary_X)[picked], delta=1e-5)
    assert seen.epsilon > 1.5 and seen.auc.value > 0.95 and seen.exposure.mean() > seen.exposure_null + 2
    assert seen.epsilon <= seen.cap
    assert other.epsilon < 0.5 and other.auc.low < 0.5 < other.auc.high
    assert abs(other.exposure.mean() - other.exposure_null) < 0.6
