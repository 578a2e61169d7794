"""Attribute inference: the gain over imputation, members against others, bits, and what must not be found."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from privnb.attacks import infer_attribute
from privnb.attacks.attribute_findings import finding_id
from privnb.attacks.attribute_scores import apart, balanced_gain, gained_bits
from privnb.attacks.attribute_signals import prediction_log_likelihood, true_label_log_likelihood, with_values
from privnb.attacks.attribute_whitebox import leaf_log_likelihood
from privnb.attacks.candidates import Candidates, candidates_of
from privnb.attacks.imputation import impute
from privnb.errors import NotApplicable
from privnb.stats.estimate import Estimate
from privnb.subject import load_builtin
from privnb.subject.dictionary import Column
from tests.attacks.plain_rows import rows_of, seed


def made(n=900, seed=0, effect=1.0):
    """Numbers, a hidden bit `s` that no other column tells of, and a label that depends on both and on chance."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(n, 4)), columns=list("abcd"))
    s = random.integers(0, 2, n)
    y = (X["a"] + effect * 2 * (s - 0.5) + random.normal(size=n) > 0).astype(int).to_numpy()
    return X.assign(s=s), y


def halves(X, y):
    h = len(X) // 3
    parts = [slice(0, h), slice(h, 2 * h), slice(2 * h, None)]
    return [(X.iloc[part], y[part]) for part in parts]


def attacked(model, X, y, column="s", known=True, **more):
    (X1, y1), (X2, y2), (X3, y3) = halves(X, y)
    extra = {"X_known": X3, "y_known": y3} if known else {}
    return infer_attribute(model, X1, y1, X2, y2, column, **extra, **more)


def test_a_model_that_learnt_the_column_tells_less_than_one_that_remembers_it():
    X, y = made(1800)
    (X1, y1), *_ = halves(X, y)
    tree = attacked(DecisionTreeClassifier(random_state=0).fit(X1, y1), X, y)
    line = attacked(LogisticRegression().fit(X1, y1), X, y)
    assert tree.inference_gain.low > 0 and tree.member_gap.low > 0
    assert line.member_gap.low < 0 < line.member_gap.high
    assert tree.gain_bits.low > 0.03 > line.gain_bits.value  # the label was known, and the guess knows it too
    assert tree.table()["way"].tolist() == ["true label", "prediction"]


def test_a_model_that_ignores_the_column_gains_exactly_nothing():
    X, y = made()
    (X1, y1), *_ = halves(X, y)
    blind = RandomForestClassifier(20, random_state=0).fit(X1.assign(s=0), y1)
    found = attacked(blind, X, y)
    for figure in (found.inference_gain, found.member_gap, found.gain_bits):
        assert figure.value == 0 and figure.low < 0 < figure.high
    assert "never change" in found.inference_gain.reason
    assert (found.predicted == found.baseline).all()


@pytest.mark.parametrize("number", range(2))
def test_people_that_the_model_never_saw_have_no_gap(number):
    X, y = made(1500, number)
    other, other_y = made(600, 100 + number)
    found = attacked(DecisionTreeClassifier(random_state=0).fit(other, other_y), X, y)
    assert found.member_gap.low < 0 < found.member_gap.high


def test_a_released_answer_tells_members_and_others_alike():
    X, y = made()
    (X1, y1), *_ = halves(X, y)
    forest = RandomForestClassifier(50, random_state=0).fit(X1, y1)
    found = attacked(forest, X, y, label=False)
    scores = found.table().set_index("way").loc["prediction"]
    assert found.primary == "prediction" and found.inference_gain.value > 0.4
    assert scores["attack on members"] > 0.9 and scores["attack on others"] > 0.9
    assert found.gain_bits.value > 0.8  # of one bit
    rounded = attacked(forest, X, y, label=False, attacker="rounded1")
    assert rounded.inference_gain.value < found.inference_gain.value


def test_labels_alone_tell_less_than_probabilities():
    X, y = made()
    (X1, y1), *_ = halves(X, y)
    forest = RandomForestClassifier(50, random_state=0).fit(X1, y1)
    labels = attacked(forest, X, y, attacker="label").gain_bits
    assert attacked(forest, X, y).gain_bits.value > labels.value > 0
    assert attacked(forest, X, y, label=False, attacker="label").gain_bits.value < 0.9


def test_gain_is_the_difference_of_scikit_learns_balanced_accuracies():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 400)
    attack, guess = (np.where(random.random(400) < p, truth, random.integers(0, 3, 400)) for p in (0.7, 0.4))
    found = balanced_gain(truth, attack, guess, [0, 1, 2], np.arange(400))
    expected = balanced_accuracy_score(truth, attack) - balanced_accuracy_score(truth, guess)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.low < expected < found.high and found.n == 400
    # the same people twice: the same interval (tolerance: float sums in another order)
    twice = balanced_gain(*(np.tile(v, 2) for v in (truth, attack, guess)), [0, 1, 2], np.tile(np.arange(400), 2))
    assert list(twice) == pytest.approx(list(found), abs=1e-9)


def test_the_intervals_of_gain_and_gap_hold_what_they_promise():
    random, truths = np.random.default_rng(1), (0.15, 0.05)
    inside, covered_gap = 0, 0
    for _ in range(400):
        sides = []
        for gain in truths:
            truth = (random.random(300) < 0.3).astype(int)
            u = random.random(300)  # right with the model below .6 + gain, without it below .6
            attack, guess = (np.where(u < p, truth, 1 - truth) for p in (0.6 + gain, 0.6))
            sides.append(balanced_gain(truth, attack, guess, [0, 1], np.arange(300)))
        gap = apart(*sides)
        inside += sides[0].low <= truths[0] <= sides[0].high
        covered_gap += gap.low <= truths[0] - truths[1] <= gap.high
    # 400 draws: the share of a 95 % interval lies within 3 standard errors (.011) of .95
    assert 0.917 < inside / 400 < 0.985 and 0.917 < covered_gap / 400 < 0.99


def test_apart_recovers_the_variance_of_two_samples():
    found = apart(Estimate(0.5, 0.4, 0.6, 10), Estimate(0.2, 0.17, 0.24, 20))
    assert list(found) == pytest.approx([0.3, 0.3 - np.hypot(0.1, 0.04), 0.3 + np.hypot(0.1, 0.03), 30])


def test_bits_are_the_mutual_information_of_a_channel():
    """A binary symmetric channel with error .1: 1 - H(.1) = .531 bits, whatever exponent the likelihood has."""
    random = np.random.default_rng(0)
    n, wrong = 20_000, 0.1
    truth = random.integers(0, 2, n)
    heard = np.where(random.random(n) < wrong, 1 - truth, truth)
    likelihood = np.log(np.where(heard[:, None] == np.arange(2)[None, :], 1 - wrong, wrong))
    expected = 1 + wrong * np.log2(wrong) + (1 - wrong) * np.log2(1 - wrong)
    for exponent in (0.3, 1.0, 5.0):
        found = gained_bits(truth, np.log(np.full((n, 2), 0.5)), exponent * likelihood, np.arange(n), 0)
        assert found.value == pytest.approx(expected, abs=0.02)  # four standard errors of the mean over n
        assert found.low < expected + 0.01 and found.high > expected - 0.01


def test_true_labels_and_released_answers_as_likelihoods():
    answers = np.array([[[0.9, 0.1]], [[0.2, 0.8]]])  # two candidates, one record
    likelihood = true_label_log_likelihood(answers, np.array(["no"]), np.array(["no", "yes"]), np.array([0]), False)
    assert np.exp(likelihood) == pytest.approx(np.array([[0.9, 0.2]]))
    unknown = true_label_log_likelihood(answers, np.array(["?"]), np.array(["no", "yes"]), np.array([0]), False)
    assert (unknown == 0).all()
    released = prediction_log_likelihood(answers, np.array([[0.2, 0.8]]))
    assert released[0, 1] == 0 and released[0, 0] == -30


def test_labels_count_by_the_confusion_of_the_model():
    """Fredrikson 2014: answers 1 to 3 records right and 1 wrong; with one added a cell P(y | answer) = 4/6, 2/6."""
    said = np.zeros((2, 8, 2))
    said[0, :, 0] = said[1, :, 1] = 1  # the first candidate is always answered 0, the second always 1
    y = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    best = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    likelihood = np.exp(true_label_log_likelihood(said, y, np.array([0, 1]), best, True))
    assert likelihood[0] == pytest.approx([4 / 6, 2 / 6]) and likelihood[3] == pytest.approx([2 / 6, 4 / 6])


def test_leaves_give_the_training_counts_themselves():
    X = pd.DataFrame({"s": [0, 0, 0, 1, 1, 1, 1, 1], "a": [0.0] * 8})
    y = np.array([0, 0, 1, 1, 1, 1, 1, 0])
    tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    candidates = Candidates(np.array([0, 1], dtype=object), np.array([0.5, 0.5]), False)
    share = np.exp(leaf_log_likelihood(tree, X.iloc[:2], np.array([0, 1]), "s", candidates))
    assert share == pytest.approx(np.array([[2 / 8, 1 / 8], [1 / 8, 4 / 8]]))
    assert leaf_log_likelihood(LogisticRegression().fit(X, y), X, y, "s", candidates) is None


def test_white_box_trees_and_forests_have_a_way_of_their_own():
    X, y = made()
    (X1, y1), *_ = halves(X, y)
    found = attacked(RandomForestClassifier(20, random_state=0).fit(X1, y1), X, y, attacker="white-box")
    assert "leaf counts" in found.table()["way"].tolist()
    assert [f for f in found.findings if f.method == "leaf counts" and f.id.endswith("inference_gain")]
    line = attacked(LogisticRegression().fit(X1, y1), X, y, attacker="white-box")
    assert "leaf counts" not in line.table()["way"].tolist()


def test_imputation_knows_no_person_whom_it_guesses():
    """Each person has ten rows and a random value of its own: across people nothing can be learnt."""
    random = np.random.default_rng(0)
    persons = np.repeat(np.arange(120), 10)
    X = np.column_stack([random.normal(size=(120, 3)).repeat(10, axis=0), random.integers(0, 2, 120).repeat(10)])
    rows = rows_of(X, np.zeros(1200, int), persons)
    found = impute(None, rows, "x3", seed=seed)
    guessed = found.candidates.values[found.with_label.log_p.argmax(axis=1)]
    assert balanced_accuracy_score(X[:, 3], guessed.astype(float)) < 0.65  # 120 people: four standard errors are .18
    assert found.crossfitted and found.candidates.values.tolist() == [0.0, 1.0]


def test_the_guess_without_the_model_is_as_good_as_the_best_learner():
    random = np.random.default_rng(0)
    a = random.normal(size=1500)
    s = (np.abs(a) > 0.7).astype(int)  # no straight line finds it
    rows = rows_of(np.column_stack([a, s]), np.zeros(1500, int))
    found = impute(rows.take(np.arange(1000)), rows.take(np.arange(1000, 1500)), "x1", seed=seed)
    right = balanced_accuracy_score(s[1000:], found.with_label.log_p.argmax(axis=1))
    assert right > 0.97 and found.learner in ("random forest", "boosted trees") and not found.crossfitted
    assert np.exp(found.with_label.log_p).sum(axis=1) == pytest.approx(np.ones(500))


def test_numbers_are_guessed_as_numbers():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(900, 3)), columns=list("abc"))
    X["age"] = 40 + 5 * X["a"] + 10 * random.normal(size=900)
    y = X["b"].to_numpy() + X["age"].to_numpy() / 10
    (X1, y1), *_ = halves(X, y)
    tree = DecisionTreeRegressor(random_state=0).fit(X1, y1)
    found = attacked(tree, X, y, "age")
    assert found.numeric and found.inference_gain.unit == "R2"
    scores = found.table().iloc[0]
    assert scores["attack on members"] == pytest.approx(r2_score(X1["age"], found.predicted[: len(X1)]))
    assert scores["guess on members"] == pytest.approx(r2_score(X1["age"], found.baseline[: len(X1)]))
    gain = scores["attack on members"] - scores["guess on members"]
    assert found.inference_gain.value == pytest.approx(gain, abs=1e-9)
    assert any(f.id == "attribute.age.error_gain" for f in found.findings)
    blind = attacked(DecisionTreeRegressor(random_state=0).fit(X1.assign(age=0.0), y1), X, y, "age")
    assert blind.inference_gain.value == 0 and (blind.predicted == blind.baseline).all()


def test_strings_frames_and_pipelines_are_taken():
    X, y = made(600)
    X = X.assign(s=np.where(X["s"] == 1, "yes", "no"))[["s", "a"]].round(0).astype(str)
    (X1, _), *_ = halves(X, y)
    labels = np.where(y == 1, "high", "low")
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier(random_state=0))
    found = attacked(model.fit(X1, labels[: len(X1)]), X, labels)
    assert set(found.predicted) <= {"yes", "no"} and len(found.predicted) == 400
    unfitted = attacked(DecisionTreeClassifier(), X, labels, known=False)  # trained here, cross-fitted guesses
    assert unfitted.inference_gain.value is not None
    array = made(600)[0].to_numpy()
    by_place = infer_attribute(DecisionTreeClassifier(), array[:200], y[:200], array[200:400], y[200:400], 4,
                               X_known=array[400:], y_known=y[400:])  # fmt: skip
    assert by_place.inference_gain.id == "attribute.x4.inference_gain"


def test_values_that_few_people_hold_are_neither_scored_nor_shown():
    X, y = made(1200)
    random = np.random.default_rng(5)
    names = np.array(["often", "also", "seldom", "rare"])
    X["s"] = names[random.choice(4, 1200, p=[0.5, 0.44, 0.035, 0.025])]
    (X1, y1), *_ = halves(X, y)
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier(random_state=0))
    found = attacked(model.fit(X1, y1), X, y, small_cell=25)
    groups = {f.group: f for f in found.findings if f.group and f.id.endswith("inference_gain")}
    assert groups["s=often"].status == "ok" and groups["s=rare"].status == "not_resolvable"
    assert all(f.n is None or f.n >= 25 for f in found.findings)
    assert "2 values that enough people hold" in found.inference_gain.reason
    assert found.inference_gain.n == 400 and found.member_gap.n == 800  # those asked, not those scored


def test_groups_share_one_rule_and_their_intervals_are_wider():
    X, y = made()
    (X1, y1), *_ = halves(X, y)
    found = attacked(DecisionTreeClassifier(random_state=0).fit(X1, y1), X, y)
    own = {f.group: f for f in found.findings if f.group and f.id.endswith("inference_gain")}
    truth, members = X1["s"].to_numpy(), slice(0, len(X1))
    for value in (0, 1):
        rows = truth == value
        right = (found.predicted[members][rows] == value).mean() - (found.baseline[members][rows] == value).mean()
        assert own[f"s={value}"].value == pytest.approx(right)
    assert np.mean([f.value for f in own.values()]) == pytest.approx(found.inference_gain.value)


def test_a_column_that_the_model_does_not_see_has_its_imputation_risk_alone():
    X, y = made(600)
    (X1, y1), *_ = halves(X, y)
    found = attacked(DecisionTreeClassifier(random_state=0).fit(X1[["a", "b"]], y1), X, y)
    assert found.inference_gain.status == found.member_gap.status == "not_applicable"
    assert found.inference_gain.reason == "the model does not see it: only imputation risk"
    baseline = next(f for f in found.findings if f.id == "attribute.s.baseline")
    assert baseline.value == pytest.approx(balanced_accuracy_score(X1["s"], found.baseline[: len(X1)].astype(int)))


@pytest.mark.parametrize(
    ("column", "name", "words"),
    [
        (pd.Series(["x"] * 100), Column("text"), "free text"),
        (pd.Series([1] * 100), Column("integer"), "fewer than two"),
    ],
)
def test_columns_that_cannot_be_guessed_say_why(column, name, words):
    with pytest.raises(NotApplicable, match=words):
        candidates_of(column, name)


def test_candidates_are_categories_few_numbers_or_quantiles():
    numbers = pd.Series(np.arange(1000) % 100)
    grid = candidates_of(numbers, Column("integer"), grid=10)
    assert grid.numeric and grid.values.tolist() == [4, 14, 24, 34, 44, 54, 64, 74, 84, 94]
    assert grid.code(pd.Series([0, 49, 99, None])).tolist() in ([0, 4, 9, -1], [0, 5, 9, -1])
    few = candidates_of(pd.Series([3, 1] * 50), Column("integer"))
    assert not few.numeric and few.values.tolist() == [1, 3]
    named = candidates_of(pd.Series(["b", "a"] * 50), Column("ordered", ("b", "a", "c")))
    assert named.values.tolist() == ["b", "a"] and named.prior.tolist() == [0.5, 0.5]


def test_asking_keeps_the_kind_of_the_column():
    X = pd.DataFrame({"n": np.array([1, 2], dtype=np.int64), "s": ["a", "b"]})
    many = with_values(X, "n", np.array([4.6, 7.0]))
    assert many["n"].dtype == np.int64 and many["n"].tolist() == [5, 5, 7, 7] and many["s"].tolist() == list("abab")


def test_ids_are_made_of_plain_letters():
    assert finding_id("marital status (now)", "x") == "attribute.marital_status_now.x"
    assert finding_id("é", "x") == "attribute.column.x"


def adult(seed=0):
    """Adult without weights, education as a word and relationship; the hidden column says who is married."""
    frame, _ = load_builtin("adult")
    frame = frame.iloc[:32561].drop_duplicates().drop(columns=["fnlwgt", "education", "relationship"])
    frame = frame.sample(4000, random_state=seed)
    y = (frame.pop("income") == ">50K").astype(int).to_numpy()
    married = (frame.pop("marital-status") == "Married-civ-spouse").astype(int)
    X = pd.get_dummies(frame).astype(float)
    X.insert(0, "married", married)
    return X, y


@pytest.mark.slow
def test_training_on_adult_leaks_who_is_married():
    """One split of Adult; over eight splits the gap is .083 (SD .012, tree) and .093 (SD .024, forest)."""
    X, y = adult()
    parts = [(X.iloc[part], y[part]) for part in (slice(0, 2000), slice(3000, 4000), slice(2000, 3000))]
    (X1, y1), (X2, y2), (X3, y3) = parts
    for model in (DecisionTreeClassifier(random_state=0), RandomForestClassifier(random_state=0)):
        found = infer_attribute(model.fit(X1, y1), X1, y1, X2, y2, "married", X_known=X3, y_known=y3)
        assert found.member_gap.value >= 0.05 and found.member_gap.low > 0.03
        assert found.inference_gain.low > 0.02
