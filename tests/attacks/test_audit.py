"""The audit without a spec: estimators, arrays, data frames, strings and pipelines, as people have them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from privnb.attacks import audit_membership
from privnb.errors import DataError

X, y = load_breast_cancer(return_X_y=True)
SPLIT = (X[::2], y[::2], X[1::2], y[1::2])


def test_an_unfitted_and_a_fitted_estimator_are_audited():
    forest = RandomForestClassifier(25, random_state=0)
    unfitted = audit_membership(forest, *SPLIT, shadows=4)
    fitted = audit_membership(RandomForestClassifier(25, random_state=0).fit(X[::2], y[::2]), *SPLIT, shadows=4)
    for audit in (unfitted, fitted):
        found = audit.findings["auc"]
        assert found.value == pytest.approx(roc_auc_score(audit.member, audit.scores[audit.attack.selected]), abs=1e-9)
        assert 0.5 < found.low < found.value < found.high < 0.95
        assert audit.findings["tpr_at_fpr_0_1pct"].status == "not_resolvable"
    assert set(unfitted.table()["attack"]) == set(unfitted.scores)
    fpr, tpr, _ = unfitted.roc()
    assert np.trapezoid(tpr, fpr) == pytest.approx(unfitted.findings["auc"].value, abs=0.02)
    records = unfitted.records(5)
    rates = list(records["estimated false-positive rate"])
    assert rates == sorted(rates) and rates[0] >= 1 / (1 + len(SPLIT[2]))
    assert records["row"].max() < len(SPLIT[0])


def test_frames_strings_and_pipelines_are_taken():
    frame = pd.DataFrame(X[:, :5], columns=list("abcde"))
    frame["size"] = np.where(X[:, 0] > 14, "large", "small")
    labels = np.where(y == 1, "benign", "malignant")
    halves = (frame[::2], labels[::2], frame[1::2], labels[1::2])
    audit = audit_membership("sklearn.linear_model.LogisticRegression", *halves, shadows=2)
    assert audit.attack.selected == "rmia"
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], labels[::2])
    halves = (X[::2], labels[::2], X[1::2], labels[1::2])
    assert audit_membership(pipeline, *halves, shadows=2).findings["auc"].n == len(X)


def test_people_widen_the_interval():
    persons = np.concatenate([np.repeat(np.arange(57), 5), 57 + np.repeat(np.arange(57), 5)])[: len(X)]
    alone, grouped = (
        audit_membership(RandomForestClassifier(10), *SPLIT, shadows=2, persons=p) for p in (None, persons)
    )
    assert grouped.findings["auc"].n == 114
    assert alone.findings["auc"].n == 569


def test_mistakes_are_told():
    with pytest.raises(DataError, match="labels are 3"):
        audit_membership(LogisticRegression(), X[::2], y[:3], X[1::2], y[1::2])
    with pytest.raises(DataError, match="have to be the same"):
        audit_membership(LogisticRegression(), X[::2], y[::2], X[1::2, :4], y[1::2])
    with pytest.raises(DataError, match="persons has 3 entries"):
        audit_membership(LogisticRegression(), *SPLIT, persons=[1, 2, 3])
    with pytest.raises(DataError, match="attacker 'labels' is none that privnb knows; use probabilities, top-n"):
        audit_membership(LogisticRegression(), *SPLIT, attacker="labels")
    with pytest.raises(DataError, match="groups has 3 rows"):
        audit_membership(LogisticRegression(), *SPLIT, shadows=2, groups=[1, 2, 3])


def test_groups_are_judged_at_the_one_threshold_of_the_audit():
    groups = pd.Series(np.concatenate([y[::2], y[1::2]]), name="diagnosis")
    audit = audit_membership(RandomForestClassifier(20, random_state=0), *SPLIT, shadows=4, groups=groups)
    called = audit.scores[audit.attack.selected] >= audit.attack.thresholds[audit.attack.selected]
    rates = {(found.id, found.group): found.value for found in audit.by_group}
    for value in (0, 1):
        inside = audit.member & (groups == value).to_numpy()
        assert rates["membership.tpr_at_threshold", f"diagnosis={value}"] == pytest.approx(called[inside].mean())
    assert len(rates) == 4
