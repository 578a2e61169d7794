"""Membership by group: one global threshold, intervals that hold together, small cells and what would reveal them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binomtest

from privnb.attacks.groups import group_findings, suppressed
from privnb.errors import DataError


def leaky(sizes, shifts, seed=0):
    """Scores, membership and groups: `sizes` (members and as many others a group), members shifted by `shifts`."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(sizes)), 2 * np.asarray(sizes))
    member = np.concatenate([np.repeat([1, 0], size) for size in sizes])
    return rng.normal(size=len(groups)) + np.asarray(shifts)[groups] * member, member, groups


def by(findings):
    return {(found.id.removeprefix("membership."), found.group): found for found in findings}


def test_rates_by_group_are_bonferroni_clopper_pearson_at_one_threshold():
    scores, member, groups = leaky([300, 200], [0.0, 1.5])
    found = by(group_findings(scores, member, groups, 1.0, name="class"))
    assert set(found) == {(f"{rate}_at_threshold", f"class={g}") for rate in ("tpr", "fpr") for g in (0, 1)}
    for (key, group), finding in found.items():
        rows = (groups == int(group[-1])) & (member == (key == "tpr_at_threshold"))
        k, n = int((scores[rows] >= 1.0).sum()), int(rows.sum())
        exact = binomtest(k, n).proportion_ci(1 - 0.05 / 4)  # two groups, two rates
        assert (finding.value, finding.low, finding.high) == pytest.approx((k / n, exact.low, exact.high), abs=1e-12)
        assert (finding.n, finding.level, finding.direction, finding.unit) == (n, 0.95, "lower", "proportion")
    assert found["tpr_at_threshold", "class=1"].low > found["tpr_at_threshold", "class=0"].high


def test_rows_of_one_person_do_not_narrow_an_interval():
    scores, member, groups = leaky([80, 80], [1.0, 1.0])
    once = by(group_findings(scores, member, groups, 0.5))
    persons = np.repeat(np.arange(len(scores)), 10)
    many = by(group_findings(*(np.repeat(a, 10) for a in (scores, member, groups)), 0.5, persons=persons))
    for key, finding in once.items():
        assert (many[key].value, many[key].low, many[key].high, many[key].n) == pytest.approx(
            (finding.value, finding.low, finding.high, finding.n), abs=1e-12
        )


def test_a_small_group_is_left_out_with_the_next_smallest():
    scores, member, groups = leaky([200, 4, 50, 90], [0.5] * 4)
    found = by(group_findings(scores, member, groups, 0.5, name="race"))
    hidden = {group for (_, group), finding in found.items() if finding.status == "not_resolvable"}
    assert hidden == {"race=1", "race=2"}
    reasons = {finding.reason for finding in found.values() if finding.status == "not_resolvable"}
    assert len(reasons) == 1  # it does not tell which of the two is the small one
    for finding in found.values():
        assert (finding.value is None) == (finding.group in hidden) and (finding.n is None) == (finding.group in hidden)
    k, n = int((scores[(groups == 0) & (member == 1)] >= 0.5).sum()), 200
    assert found["tpr_at_threshold", "race=0"].high == pytest.approx(
        beta.ppf(1 - 0.025 / 4, k + 1, n - k)
    )  # four intervals are shown, and only those count


def test_small_cells_count_people_of_either_side():
    member = np.repeat([1, 0, 1, 0, 1, 0], [100, 100, 60, 60, 40, 40])
    groups = np.repeat(["a", "b", "c"], [200, 120, 80])
    persons = np.arange(400)
    persons[360:] = 360 + np.arange(40) % 4  # group c's 40 rows of non-members are of four people
    found = by(group_findings(np.arange(400.0), member, groups, 3.0, persons=persons))
    assert {group for (_, group), finding in found.items() if finding.status == "ok"} == {"class=a"}
    assert all(f.status == "ok" for f in group_findings(np.arange(400.0), member, groups, 3.0))


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([[9, 9], [5, 5]], []),
        ([[9, 9], [4, 5]], [0, 1]),
        ([[90, 90], [0, 7], [8, 8], [20, 20]], [1, 2]),
        ([[90, 90], [1, 1], [1, 1], [20, 20]], [1, 2, 3]),  # 2 and 2 together would still be a small cell
        ([[90, 90], [3, 3], [4, 4], [20, 20]], [1, 2]),  # together 7 and 7
        ([[4, 4]], [0]),
        ([[1, 1], [1, 1]], [0, 1]),
    ],
)
def test_complementary_suppression(people, hidden):
    assert np.flatnonzero(suppressed(people, 5)).tolist() == hidden


@pytest.mark.parametrize("seed", range(20))
def test_no_total_minus_the_groups_shown_is_a_small_cell(seed):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 15, size=(rng.integers(1, 9), 2))
    hidden = suppressed(people, 5)
    assert (people[~hidden] >= 5).all()
    if hidden.any() and not hidden.all():
        assert hidden.sum() >= 2 and (people[hidden].sum(axis=0) >= 5).all()


def test_names_of_groups_and_missing_values():
    scores, member, _ = leaky([30, 30, 30], [0, 0, 0])
    groups = pd.Series(np.repeat([2.0, None, 10.0], 60))
    names = [f.group for f in group_findings(scores, member, groups, 0.0, name="age")][::2]
    assert names == ["age=2", "age=10", "age=missing"]
    mixed = np.repeat(np.array(["x", 3, None], dtype=object), 60)
    assert {f.group for f in group_findings(scores, member, mixed, 0.0)} == {"class=3", "class=x", "class=missing"}


def test_mistakes_are_named():
    scores, member, groups = leaky([60, 60], [0, 0])
    with pytest.raises(DataError, match="groups has 7 rows and the scores have 240"):
        group_findings(scores, member, groups[:7], 0.0)
    with pytest.raises(DataError, match="240 groups"):
        group_findings(scores, member, np.arange(240), 0.0)
    with pytest.raises(DataError, match="missing"):
        group_findings(scores, member, groups, float("nan"))


@pytest.mark.slow
def test_all_intervals_hold_together_in_95_of_100_samples():
    rng = np.random.default_rng(0)
    rates, held = {"tpr": [0.02, 0.1, 0.3, 0.5, 0.9], "fpr": [0.01, 0.01, 0.05, 0.1, 0.02]}, 0
    groups = np.repeat(np.arange(5), 120)
    member = np.tile(np.repeat([1, 0], 60), 5)
    truth = np.where(member == 1, np.array(rates["tpr"])[groups], np.array(rates["fpr"])[groups])
    for _ in range(1000):
        flagged = (rng.random(600) < truth).astype(float)
        found = group_findings(flagged, member, groups, 1.0)
        held += all(f.low <= rates[f.id.split(".")[1][:3]][int(f.group[-1])] <= f.high for f in found)
    assert held >= 950 - 20, f"{held} of 1000"
