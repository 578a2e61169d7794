"""What rates mean for people: predictive value at a prior, people identified, and the most exposed rows."""

import numpy as np
import pytest

from privnb.attacks.exposure import expected_identified, exposure_rates, most_exposed, positive_predictive_value
from privnb.errors import DataError
from privnb.stats.estimate import Estimate
from privnb.stats.proportions import clopper_pearson


def rate(k, n):
    return Estimate(k / n, *clopper_pearson(k, n), n)


def test_predictive_value_is_bayes_rule():
    found = positive_predictive_value(rate(60, 100), rate(10, 200), 0.2)
    assert found.value == pytest.approx(0.2 * 0.6 / (0.2 * 0.6 + 0.8 * 0.05), abs=1e-12)
    assert found.n == 300 and 0 < found.low < found.value < found.high < 1
    half = positive_predictive_value(rate(60, 100), rate(60, 100), 0.5)
    assert half.value == pytest.approx(0.5) and half.low < 0.5 < half.high


def test_a_known_rate_leaves_the_interval_of_the_other():
    tpr = rate(60, 100)
    exact = Estimate(0.05, 0.05, 0.05, 10**6)
    found = positive_predictive_value(tpr, exact, 0.1)
    ends = [0.1 * t / (0.1 * t + 0.9 * 0.05) for t in (tpr.low, tpr.value, tpr.high)]
    assert (found.low, found.value, found.high) == pytest.approx(ends, abs=1e-12)


def test_rates_of_zero_keep_an_interval():
    nobody_wrong = positive_predictive_value(rate(5, 100), rate(0, 100), 0.01)
    assert nobody_wrong.value == nobody_wrong.high == 1.0 and 0.0 < nobody_wrong.low < 0.02
    nobody_right = positive_predictive_value(rate(0, 100), rate(5, 100), 0.01)
    assert nobody_right.value == nobody_right.low == 0.0 and nobody_right.high > 0
    nobody = positive_predictive_value(rate(0, 100), rate(0, 100), 0.3)
    assert (nobody.value, nobody.low, nobody.high) == (0.3, 0.0, 1.0)


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, float("nan")])
def test_a_prior_lies_between_0_and_1(prior):
    with pytest.raises(DataError, match="prior"):
        positive_predictive_value(rate(1, 2), rate(1, 2), prior)


def test_people_identified_at_a_prior():
    found = expected_identified(rate(60, 100), rate(10, 200), 0.2, 500)
    assert found.candidates == pytest.approx(2500)
    assert found.right.value == pytest.approx(0.6 * 500)
    assert found.wrong.value == pytest.approx(0.05 * 2000)
    assert found.precision.value == pytest.approx(found.right.value / (found.right.value + found.wrong.value))
    assert found.worst_case == pytest.approx(500 * clopper_pearson(60, 100)[1])
    assert found.chance == pytest.approx(0.2 * 400)  # 400 people are called members, and a fifth of all are
    with pytest.raises(DataError, match="0 members"):
        expected_identified(rate(1, 2), rate(1, 2), 0.5, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("tpr", "fpr"), [(0.05, 0.01), (0.3, 0.1), (0.1, 0.1), (0.9, 0.02)])
def test_coverage_of_the_predictive_value(tpr, fpr):
    rng = np.random.default_rng(1)
    truth, held = 0.1 * tpr / (0.1 * tpr + 0.9 * fpr), 0
    hits = zip(rng.binomial(300, tpr, 2000), rng.binomial(400, fpr, 2000))
    for inside, outside in hits:
        found = positive_predictive_value(rate(inside, 300), rate(outside, 400), 0.1)
        held += found.low <= truth <= found.high
    assert held / 2000 >= 0.94, f"{held / 2000:.3f} at a nominal 0.95"


def test_exposure_counts_the_non_members_above():
    scores = np.array([5.0, 2.0, 0.0, 4.0, 2.0, 1.0])
    member = np.array([1, 1, 1, 0, 0, 0])
    assert exposure_rates(scores, member) == pytest.approx([1 / 4, 3 / 4, 4 / 4])


def test_exposure_counts_people():
    scores = np.array([3.0, 4.0, 5.0, 1.0, 2.0])
    member, persons = np.array([1, 0, 0, 0, 0]), np.array([9, 1, 1, 1, 2])
    assert exposure_rates(scores, member, persons) == pytest.approx([2 / 3])  # one of two people, not two of four rows


def test_exposure_of_a_member_who_is_like_the_others_is_never_too_low_on_average():
    rng = np.random.default_rng(2)
    rates = [exposure_rates(rng.normal(size=21), [1] + [0] * 20)[0] for _ in range(4000)]
    for level in (0.05, 0.1, 0.5):  # a valid p-value: at most `level` of them lie at or below it
        assert np.mean(np.array(rates) <= level) <= level + 3 * np.sqrt(level / 4000)


def test_the_most_exposed_rows_by_position():
    scores = np.array([1.0, 9.0, 5.0, 8.0, 4.0, 3.0])
    member = np.array([1, 1, 1, 1, 0, 0])
    table = most_exposed(scores, member, [40, 41, 42, 43, 44, 45], top=3)
    assert table.columns == ["row", "estimated false-positive rate"]
    assert table.rows == [[41, 1 / 3], [43, 1 / 3], [42, 1 / 3]]
    assert "33.33%" in table.title
    assert len(most_exposed(scores, member, range(6), top=99).rows) == 4
    with pytest.raises(DataError, match="3 positions for 6 rows"):
        most_exposed(scores, member, [1, 2, 3], top=2)
