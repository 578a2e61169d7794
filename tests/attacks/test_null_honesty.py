"""Honesty: audits of models that leak nothing raise no more false alarms than stated, and intervals hold the truth."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from privnb.attacks.membership import attack_membership
from privnb.attacks.metrics import membership_metrics
from privnb.subject.datasets import load_builtin
from privnb.subject.dictionary import infer
from privnb.subject.rows import Rows
from privnb.subject.trainers import as_trainer
from privnb.units import ThreadUnits, derive_seed

AUDITS = 1000
MOST_ALARMS = 0.068  # 5 %, and 2.6 standard errors of a rate over 1,000 audits
BY_CHANCE = {"auc": 0.5, "balanced_accuracy": 0.5, "advantage": 0.0}


def rates_of(found, truth):
    """By key: how often the interval leaves out what is true (`missed`), and how often it lies above it (`above`)."""
    table = {}
    for key, value in truth.items():
        ends = np.array([(f[key].low, f[key].high) for f in found if f[key].status == "ok"])
        above, below = (ends[:, 0] > value).mean(), (ends[:, 1] < value).mean()
        table[key] = {"missed": above + below, "above": above, "audits": len(ends)}
    print(told(table))  # pytest -rP shows it
    return table


def told(table):
    return "; ".join(f"{key}: missed {row['missed']:.3f}, above {row['above']:.3f}" for key, row in table.items())


@pytest.mark.parametrize("order", ["members first", "members last", "alternating", "shuffled"])
@pytest.mark.parametrize("value", [0.0, 1.0, -3.7, 1e300])
def test_constant_scores_have_an_area_of_exactly_one_half_in_any_order(order, value):
    member = {
        "members first": np.repeat([1, 0], [60, 90]),
        "members last": np.repeat([0, 1], [90, 60]),
        "alternating": np.arange(150) % 5 < 2,
        "shuffled": np.random.default_rng(0).permutation(np.repeat([1, 0], [60, 90])),
    }[order]
    for persons in (None, np.arange(150) // 3):
        found = membership_metrics(np.full(150, value), member, persons=persons)
        assert found["auc"].value == 0.5
        assert found["auc"].low < 0.5 < found["auc"].high


@pytest.mark.slow
@pytest.mark.parametrize("people", ["each row a person", "two rows a person"])
def test_scores_that_know_nothing(people):
    rng, found = np.random.default_rng(0), []
    copies = 1 if people == "each row a person" else 2
    member = np.repeat([1, 0], 1000 * copies)
    persons = np.arange(len(member)) // copies
    for seed in range(AUDITS):
        scores = np.repeat(rng.normal(size=2000), copies) + 0.3 * rng.normal(size=len(member))
        found.append(membership_metrics(scores, member, persons=persons, seed=seed, draws=400))
    table = rates_of(found, BY_CHANCE | {"tpr_at_fpr_10pct": 0.1, "tpr_at_fpr_1pct": 0.01})
    for key in BY_CHANCE:
        assert table[key]["missed"] <= MOST_ALARMS, told(table)
    assert 0.93 <= 1 - table["auc"]["missed"] <= 0.97, told(table)
    for key in ("tpr_at_fpr_10pct", "tpr_at_fpr_1pct"):
        assert 1 - table[key]["missed"] >= 0.92, told(table)
        assert table[key]["above"] <= MOST_ALARMS, told(table)


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0.5, 1.5])
def test_scores_that_know_something(shift):
    rng, found, member = np.random.default_rng(1), [], np.repeat([1, 0], 1000)
    for seed in range(AUDITS):
        scores = rng.normal(size=2000) + shift * member
        found.append(membership_metrics(scores, member, seed=seed, threshold=shift / 2, draws=400))
    half = norm.cdf(shift / 2)
    truth = {"auc": norm.cdf(shift / np.sqrt(2)), "balanced_accuracy": half, "advantage": 2 * half - 1}
    truth |= {"tpr_at_threshold": half, "fpr_at_threshold": 1 - half}
    truth |= {"tpr_at_fpr_10pct": norm.sf(norm.isf(0.1) - shift), "tpr_at_fpr_1pct": norm.sf(norm.isf(0.01) - shift)}
    table = rates_of(found, truth)
    assert 0.93 <= 1 - table["auc"]["missed"] <= 0.97, told(table)
    for key in set(truth) - {"auc"}:
        assert 1 - table[key]["missed"] >= 0.92, told(table)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "estimator", "shadows"),
    [
        ("digits", GaussianNB(), 4),
        ("adult", DecisionTreeClassifier(min_samples_leaf=2), 4),
    ],
)
def test_whole_audits_of_models_that_saw_neither_side(table, estimator, shadows):
    """The target learnt other rows, so members and non-members are alike; shadows, choice and threshold are real."""
    rows, trainer, found = plain(table), as_trainer(estimator), []
    for audit in range(AUDITS):
        order = np.random.default_rng(audit).permutation(len(rows))
        learnt, members, others = (rows.take(order[i * 150 : (i + 1) * 150]) for i in range(3))
        seeds = functools.partial(derive_seed, audit)
        attack = attack_membership(
            trainer.fit(learnt, audit), trainer, members, others, None,
            shadows=shadows, data="actual", methods=["confidence", "rmia", "lira"],
            units=ThreadUnits(1), seed=seeds, data_key="null",
        )  # fmt: skip
        chosen = attack.selected
        found.append(
            membership_metrics(
                attack.scores[chosen],
                attack.member,
                persons=attack.persons,
                threshold=attack.thresholds[chosen],
                draws=1,
            )
        )
    table = rates_of(found, BY_CHANCE)
    assert 0.93 <= 1 - table["auc"]["missed"] <= 0.97, told(table)
    for key in BY_CHANCE:
        assert table[key]["missed"] <= MOST_ALARMS, told(table)


@functools.cache
def plain(name) -> Rows:
    """digits, or the numeric columns of Adult."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = pd.DataFrame(X, columns=[f"x{i}" for i in range(64)])
    else:
        frame, _ = load_builtin("adult")
        y, X = frame["income"].astype(str).to_numpy(), frame.select_dtypes("number").astype(float)
    return Rows(X, np.asarray(y), pd.DataFrame(index=X.index), infer(X))
