"""AUC: the value is scikit-learn's, the interval DeLong's by person, and neither ties nor perfection break it."""

import numpy as np
import pytest
from ovarian import PATIENTS
from scipy.special import logit
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from privnb.errors import DataError
from privnb.stats import auc, auc_difference, detectable_auc, hanley_mcneil_error


def standard_error(found, freedom, level=0.95):
    """The standard error behind a logit interval."""
    half = (logit(found.high) - logit(found.low)) / 2
    return half * found.value * (1 - found.value) / student.ppf(0.5 + level / 2, freedom)


def delong(columns, member):
    """Areas, covariance matrix and parts by the definition: all pairs of a member and a non-member."""
    pairs = [np.heaviside(c[member][:, None] - c[~member][None, :], 0.5) for c in columns]
    inside, outside = (np.array([pair.mean(axis=axis) for pair in pairs]) for axis in (1, 0))
    parts = [np.atleast_2d(np.cov(placements)) / placements.shape[1] for placements in (inside, outside)]
    return np.array([pair.mean() for pair in pairs]), parts


def satterthwaite(parts, sizes):
    return sum(parts) ** 2 / sum(part**2 / (size - 1) for part, size in zip(parts, sizes))


@pytest.mark.parametrize("digits", [1, 8])
def test_value_is_that_of_scikit_learn_with_and_without_ties(digits):
    rng = np.random.default_rng(1)
    member = rng.random(500) < 0.4
    scores = np.round(rng.normal(size=500) + member, digits)
    assert auc(scores, member).value == pytest.approx(roc_auc_score(member, scores), abs=1e-12)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_error_is_delongs_on_delongs_patients(column):
    scores, member = PATIENTS[:, column], PATIENTS[:, 3] == 1
    (area,), parts = delong([scores], member)
    variances = [float(part[0, 0]) for part in parts]
    found = auc(scores, member)
    assert found.value == pytest.approx(area, abs=1e-12)
    freedom = satterthwaite(variances, (member.sum(), (~member).sum()))
    assert standard_error(found, freedom) == pytest.approx(np.sqrt(sum(variances)), rel=1e-9)


def test_difference_is_delongs_paired_one():
    member, (albumin, _, kg, _) = PATIENTS[:, 3] == 1, PATIENTS.T
    areas, parts = delong([albumin, -kg], member)
    contrast = np.array([1.0, -1.0])
    variances = [float(contrast @ part @ contrast) for part in parts]
    found = auc_difference(albumin, -kg, member)
    assert found.value == pytest.approx(areas[0] - areas[1], abs=1e-12)
    freedom = satterthwaite(variances, (member.sum(), (~member).sum()))
    half = student.ppf(0.975, freedom) * np.sqrt(sum(variances))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-9)


def test_hanley_mcneil_1982():
    """Their table I: CT images of 58 normal and 51 abnormal patients, rated 1 to 5: area .893, standard error .032."""
    normal, abnormal = np.repeat([1, 2, 3, 4, 5], [33, 6, 6, 11, 2]), np.repeat([1, 2, 3, 4, 5], [3, 2, 2, 11, 33])
    found = auc(np.r_[abnormal, normal], np.repeat([1, 0], [51, 58]))
    assert found.value == pytest.approx(0.893, abs=5e-4)
    assert found.n == 109
    assert hanley_mcneil_error(found.value, 51, 58) == pytest.approx(0.032, abs=1e-3)


@pytest.mark.parametrize("order", [1, -1])
def test_constant_scores_give_exactly_one_half(order):
    found = auc(np.full(700, 0.3), np.repeat([1, 0], [500, 200])[::order])
    assert found.value == 0.5
    assert 0.4 < found.low < 0.49 < 0.51 < found.high < 0.6


@pytest.mark.parametrize("sign, value", [(1, 1.0), (-1, 0.0)])
def test_separated_classes_keep_the_clopper_pearson_width(sign, value):
    member = np.repeat([1, 0], [40, 60])
    found = auc(sign * member, member)
    assert found.value == value
    assert found.high - found.low == pytest.approx(1 - 0.025 ** (1 / 40), abs=1e-12)


def test_nearly_separated_classes_keep_a_width_too():
    scores, member = np.arange(100.0), np.arange(100) >= 50
    scores[[49, 50]] = scores[[50, 49]]
    found = auc(scores, member)
    assert found.low < 0.999 < found.value < found.high <= 1.0


def test_a_class_of_one_person_bounds_nothing():
    found = auc([3, 3, 1, 2, 0.5], [1, 1, 0, 0, 0], ["a", "a", "b", "c", "d"])
    assert tuple(found) == (1.0, 0.0, 1.0, 4)
    assert tuple(auc_difference([3, 3, 1, 2], [1, 1, 2, 1], [1, 1, 0, 0], [0, 0, 1, 2]))[1:3] == (-1.0, 1.0)


def test_people_with_rows_in_both_classes_are_paired():
    """Obuchowski 1997: a shared level of the person cancels, so the interval is shorter than for strangers."""
    rng = np.random.default_rng(2)
    level = np.repeat(rng.normal(size=200), 2)
    member = np.tile([1, 0], 200)
    scores = level + 0.3 * rng.normal(size=400) + 0.3 * member
    paired, apart = auc(scores, member, np.repeat(np.arange(200), 2)), auc(scores, member)
    assert paired.value == apart.value
    assert paired.high - paired.low < 0.6 * (apart.high - apart.low)


def test_equal_scores_differ_by_exactly_nothing_but_keep_a_width():
    rng = np.random.default_rng(0)
    scores, member = rng.normal(size=300), np.arange(300) < 100
    found = auc_difference(scores, scores, member)
    assert found.value == 0.0
    assert found.high == -found.low == pytest.approx(1 - 0.025 ** (1 / 100), abs=1e-12)


def test_smallest_detectable_leak():
    small, large = detectable_auc(100, 100), detectable_auc(10_000, 10_000)
    null_error = np.sqrt(20_001 / (12 * 1e8))  # near .5 both errors are the null one: (1.96 + .8416) of them
    assert large == pytest.approx(0.5 + 2.8016 * null_error, rel=1e-4)
    assert 0.60 < small < 0.62
    assert detectable_auc(100, 100, power=0.95) > small
    assert detectable_auc(2, 2) == detectable_auc(0, 5) == 1.0


def test_smallest_detectable_leak_is_detected_as_often_as_promised():
    rng = np.random.default_rng(4)
    area = detectable_auc(150, 150)
    rate = area / (1 - area)  # exponential scores with this ratio of means have that AUC
    member = np.repeat([1, 0], 150)
    found = [auc(rng.exponential(np.where(member, rate, 1.0)), member).low > 0.5 for _ in range(400)]
    assert 0.72 < np.mean(found) < 0.88  # .8 +- 4 standard errors of 400 trials


@pytest.mark.parametrize(
    "scores, member, words",
    [
        ([1, np.nan], [0, 1], "1 missing values"),
        ([1, 2], [1, 1], "2 of 2 rows are members"),
        ([1, 2], [0, 0], "0 of 2 rows are members"),
        ([1, 2], [0, 1, 1], "3 rows but 2"),
        ([1, 2], [0, 3], "only 0 and 1"),
    ],
)
def test_mistakes_are_named(scores, member, words):
    with pytest.raises(DataError, match=words):
        auc(scores, member)
