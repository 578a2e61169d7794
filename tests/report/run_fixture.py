"""Builds a realistic run folder through the models of privnb.findings: the Adult example with four variants."""

import functools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from privnb.findings import Finding, Results, StageStatus, Table, VariantInfo, canonical_json
from privnb.gates import judge

SPEC = """# What is tested, against whom, and what must hold. `privnb explain` shows every default.
privnb: 1
name: Adult income
profile: quick
seed: 7
data:
  builtin: adult
  target: income
  sensitive: [race, sex]
  quasi_identifiers: [age, education, marital-status, race, sex, native-country]
model:
  train: {estimator: sklearn.ensemble.RandomForestClassifier, params: {min_samples_leaf: 1}}
threat_model:
  access: black-box
  outputs: probabilities
  data: actual
  release: public-api
mitigations:
  - {id: leaf50, regularize: {params: {min_samples_leaf: 50}}}
  - {id: logistic, regularize: {estimator: sklearn.linear_model.LogisticRegression, l2: 10}}
release: leaf50
gates:
  - {metric: membership.tpr_at_fpr_1pct, max: 0.05, use: upper}
  - {metric: membership.auc, max: 0.53, use: upper}
  - {metric: utility.accuracy, min: 0.84, use: lower}
  - {metric: factors.overfitting_gap, max: 0.011, use: upper}
declared: {purpose: "Income statistics for a teaching example", retention: "until the course ends"}
"""

GATES = (
    {"metric": "membership.tpr_at_fpr_1pct", "max": 0.05, "use": "upper"},
    {"metric": "membership.auc", "max": 0.53, "use": "upper"},
    {"metric": "utility.accuracy", "min": 0.84, "use": "lower"},
    {"metric": "factors.overfitting_gap", "max": 0.011, "use": "upper"},
)

VARIANTS = (
    VariantInfo(id="baseline", kind="baseline", label="as trained"),
    VariantInfo(id="leaf50", kind="regularize", from_="baseline", label="min_samples_leaf = 50"),
    VariantInfo(id="logistic", kind="regularize", from_="baseline", label="LogisticRegression, L2 penalty 10"),
    VariantInfo(
        id="logistic-control", kind="control", from_="baseline", label="control of logistic", control_of="logistic"
    ),
)
# leak (distance of members), accuracy, training accuracy
MADE_OF = {
    "baseline": (2.1, 0.8463, 0.9998),
    "leaf50": (0.16, 0.8561, 0.8668),
    "logistic": (0.012, 0.8487, 0.8507),
    "logistic-control": (0.03, 0.8493, 0.8519),
}
METHODS = {"rmia": 1.0, "lira": 0.94, "confidence": 0.55, "entropy": 0.5, "gap": 0.3}
MEMBERS, OTHERS = 17_094, 12_211


def gate(**given: Any) -> SimpleNamespace:
    """A gate as the spec's model has it."""
    return SimpleNamespace(**({"max": None, "min": None, "use": "upper", "on": None} | given))


def results(
    gates=GATES, release: str = "leaf50", variants=VARIANTS, found=(), drop=(), stages=(), **subject: Any
) -> Results:
    """Results of the Adult run. `found` replaces findings of the same id, variant and method; `drop` removes by
    (stage, variant) and needs a status in `stages`."""
    findings, series, tables, facts = _subject(), {}, {}, {}
    facts["subject/baseline"] = {"roles": "2 sensitive columns, 6 quasi-identifiers"}
    for variant in variants:
        _variant(variant.id, findings, series, tables, facts)
    _table(findings, series, facts)
    _comparison(variants, findings, tables)
    findings = [f for f in findings if (f.id.split(".")[0], f.variant) not in drop]
    keys = {(f.id, f.variant, f.method) for f in found}
    findings = [f for f in findings if (f.id, f.variant, f.method) not in keys] + list(found)
    gone = {f"{stage}/{variant or '-'}" for stage, variant in drop}
    series = {k: v for k, v in series.items() if k.rsplit("/", 1)[0] not in gone}
    statuses = _stages(variants)
    replaced = {(s.stage, s.variant) for s in stages}
    statuses = [s for s in statuses if (s.stage, s.variant) not in replaced] + list(stages)
    verdicts = judge([gate(**g) for g in gates], findings, release, statuses)
    return Results(
        spec={"privnb": 1, "name": "Adult income"},
        subject=about() | subject,
        variants=list(variants),
        stages=statuses,
        findings=findings,
        series=series,
        tables=tables,
        facts=facts,
        gates=verdicts,
        release=release,
    )


def run_folder(root: Path, made: Results | None = None, spec: str = SPEC, **run: Any) -> Path:
    """Write a run folder that holds these results."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "results.json").write_text(canonical_json(made or results()) + "\n", encoding="utf-8")
    (root / "spec.yaml").write_text(spec, encoding="utf-8")
    (root / "run.json").write_text(json.dumps(_run() | run, indent=1), encoding="utf-8")
    return root


def _run() -> dict[str, Any]:
    return {
        "started": "2026-11-24T09:12:03Z",
        "finished": "2026-11-24T09:13:21Z",
        "wall_s": 78.2,
        "peak_memory_bytes": 913_000_000,
        "host": {"python": "3.11.7", "platform": "Linux x86_64", "cores": 2},
        "versions": {
            "privnb": "0.1.0",
            "numpy": "2.4.6",
            "scikit-learn": "1.9.1",
            "pandas": "3.1.1",
            "scipy": "1.17.1",
        },
        "stages": {
            "subject--baseline": {"seconds": 2.1, "executed": True},
            "membership--baseline": {"seconds": 21.4, "executed": True},
            "membership--leaf50": {"seconds": 17.9, "executed": False},
        },
    }


def about() -> dict[str, Any]:
    """What was assessed, as the run writes it."""
    people = {"train": 17_094, "validation": 4_885, "evaluation": 12_211, "pool": 14_652}
    return {
        "title": "Adult income", "name": "Adult income", "task": "classification", "target": "income",
        "model": {
            "label": "RandomForestClassifier, 100 trees", "estimator": "sklearn.ensemble.RandomForestClassifier",
            "params": {"min_samples_leaf": 1, "n_estimators": 100}, "origin": "train", "digest": None,
        },
        "data": {
            "name": "adult", "source": "UCI Machine Learning Repository, census income 1994", "licence": "CC BY 4.0",
            "rows": 48_842, "people": 48_842, "columns": 15, "membership": "split",
            "parts": {part: {"rows": n, "people": n} for part, n in people.items()},
            "digest": "hmac-sha256:5f0c2b7d91aa34e8",
        },
        "sensitive": ["race", "sex"],
        "quasi_identifiers": ["age", "education", "marital-status", "race", "sex", "native-country"],
        "attacker": {"access": "black-box", "outputs": "probabilities", "data": "actual", "knows_architecture": True},
        "release_kind": "public-api", "profile": "quick", "seed": 7,
        "declared": {"purpose": "Income statistics for a teaching example", "retention": "until the course ends"},
        "small_cell": 5,
    }  # fmt: skip


def _stages(variants) -> list[StageStatus]:
    made = [StageStatus(stage="subject", variant="baseline", status="ok")]
    for variant in variants:
        if variant.kind == "regularize":
            made.append(StageStatus(stage="regularize", variant=variant.id, status="ok"))
        made += [StageStatus(stage=s, variant=variant.id, status="ok") for s in ("utility", "factors", "membership")]
    made.append(StageStatus(stage="reidentification", variant=None, status="ok"))
    made.append(StageStatus(stage="comparison", variant=None, status="ok"))
    return made


def exact(id: str, value: float, unit: str, variant: str | None = "baseline") -> Finding:
    """A finding that is a count."""
    return Finding(id=id, variant=variant, value=value, unit=unit, reason="a count, not an estimate")


def _near(id: str, variant: str, value: float, half: float, unit: str, n: int, method=None, ends=(0.0, 1.0)) -> Finding:
    low, high = max(ends[0], value - half), min(ends[1], value + half)
    return Finding(id=id, variant=variant, method=method, value=value, low=low, high=high, unit=unit, n=n)


def _subject() -> list[Finding]:
    return [
        exact("subject.rows", 48_842, "rows"),
        exact("subject.people", 48_842, "people"),
        exact("subject.copied_rows", 0.0021, "proportion"),
    ]


@functools.cache
def _roc(leak: float, seed: int):
    draw = np.random.default_rng(seed)
    inside, outside = draw.normal(leak, 1, MEMBERS), draw.normal(0, 1, OTHERS)
    cuts = np.sort(np.concatenate([inside, outside]))[::-1]
    fpr = 1 - np.searchsorted(np.sort(outside), cuts, side="left") / OTHERS
    tpr = 1 - np.searchsorted(np.sort(inside), cuts, side="left") / MEMBERS
    fpr, first = np.unique(np.concatenate([[0.0], fpr]), return_index=True)
    tpr = np.concatenate([[0.0], tpr])
    top = np.append(tpr[np.append(first[1:], tpr.size) - 1][:-1], 1.0)
    keep = np.unique(np.concatenate([np.flatnonzero(fpr < 0.01), np.linspace(0, fpr.size - 1, 400).astype(int)]))
    return fpr[keep], top[keep]


def _variant(id: str, findings: list, series: dict, tables: dict, facts: dict) -> None:
    leak, accuracy, train = MADE_OF[id]
    findings += [
        _near("utility.accuracy", id, accuracy, 0.0063, "proportion", OTHERS),
        _near("utility.balanced_accuracy", id, accuracy - 0.075, 0.0081, "proportion", OTHERS),
        _near("utility.auc", id, accuracy + 0.058, 0.0052, "", OTHERS),
        _near("utility.train_accuracy", id, train, 0.0046, "proportion", MEMBERS),
        _near("utility.train_balanced_accuracy", id, train - 0.06, 0.006, "proportion", MEMBERS),
        _near("utility.train_auc", id, min(0.9999, train + 0.05), 0.0001, "", MEMBERS),
        _near("factors.overfitting_gap", id, train - accuracy, 0.0079, "proportion", OTHERS, ends=(-1.0, 1.0)),
        exact("factors.training_people", MEMBERS, "people", id),
        exact("factors.rows_per_feature", MEMBERS / 14, "rows", id),
        exact("factors.features", 14, "columns", id),
        exact("factors.classes", 2, "classes", id),
        exact("factors.smallest_class_people", 4_089, "people", id),
        _near("membership.blind_auc", id, 0.502, 0.0067, "auc", MEMBERS + OTHERS, "without the model"),
        exact("membership.detectable_auc", 0.5096, "", id),
    ]
    for index, (method, power) in enumerate({"": 1.0, **METHODS}.items()):
        fpr, tpr = _roc(leak * power, 11 + index)
        auc = float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))
        at = {c: float(tpr[fpr <= c].max()) for c in (0.1, 0.01, 0.001)}
        gain = float(np.max(tpr - fpr))
        who = {"variant": id, "method": method or None, "n": MEMBERS + OTHERS}
        findings += [
            _near("membership.auc", value=auc, half=0.0065 - 0.005 * (auc > 0.9), unit="", **who),
            _near("membership.balanced_accuracy", value=(1 + gain) / 2, half=0.0056, unit="proportion", **who),
            _near("membership.advantage", value=gain, half=0.011, unit="proportion", **who),
            _near("membership.tpr_at_fpr_10pct", value=at[0.1], half=0.0085, unit="proportion", **who),
            _near(
                "membership.tpr_at_fpr_1pct", value=at[0.01], half=0.0009 + 0.16 * at[0.01], unit="proportion", **who
            ),
            _near(
                "membership.tpr_at_fpr_0_1pct", value=at[0.001], half=0.0009 + 0.4 * at[0.001], unit="proportion", **who
            ),
        ]
        key = f"membership/{id}/roc" + (f".{method}" if method else "")
        if not method or id == "baseline":
            series[key] = {"fpr": fpr.tolist(), "tpr": tpr.tolist()}
    facts[f"membership/{id}"] = {
        "selected": "rmia", "shadows": 8, "members": MEMBERS, "non_members": OTHERS, "online": True,
        "attacker": "The attacker sees the model's answers, holds the records in question and trains 8 shadow models.",
    }  # fmt: skip
    if id == "leaf50":
        facts["regularize/leaf50"] = {"label": "min_samples_leaf = 50"}
        rows = [["min_samples_leaf", 1, 50]]
        tables["regularize/leaf50/changes"] = Table(
            title="Changes", columns=["parameter", "before", "after"], rows=rows
        )
    if id == "logistic":
        facts["regularize/logistic"] = {"label": "LogisticRegression, L2 penalty 10"}
        rows = [["estimator", "RandomForestClassifier", "LogisticRegression"], ["C", 1.0, 0.1]]
        tables["regularize/logistic/changes"] = Table(
            title="Changes", columns=["parameter", "before", "after"], rows=rows
        )


def _table(findings: list, series: dict, facts: dict) -> None:
    findings += [
        exact("reidentification.k", 1, "rows", None),
        exact("reidentification.unique_rows", 0.2318, "proportion", None),
        exact("reidentification.rows_below_k", 0.4127, "proportion", None),
    ]
    facts["reidentification/-"] = {"quasi_identifiers": 6, "classes": 19_312, "k": 5}
    series["reidentification/-/class_sizes"] = {
        "size": [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        "rows": [11322.0, 6121.0, 7440.0, 6902.0, 8110.0, 6047.0, 2900.0],
    }


def _comparison(variants, findings: list, tables: dict) -> None:
    ids = {v.id for v in variants}
    against = {"leaf50": "baseline", "logistic": "logistic-control", "logistic-control": "baseline"}
    value = {(f.id, f.variant): f.value for f in findings if f.method is None}
    for id, control in against.items():
        if not {id, control} <= ids:
            continue
        for name, what, half, unit in (
            ("accuracy_difference", "utility.accuracy", 0.004, "proportion"),
            ("membership_auc_difference", "membership.auc", 0.006, ""),
            ("tpr_at_fpr_1pct_difference", "membership.tpr_at_fpr_1pct", 0.004, "proportion"),
        ):
            change = value[what, id] - value[what, control]
            method = f"against {control}"
            findings.append(_near(f"comparison.{name}", id, change, half, unit, OTHERS, method, ends=(-1.0, 1.0)))
    columns = ["variant", "accuracy", "AUC", "TPR at 1% FPR"]
    rows = [
        [
            v.id,
            value["utility.accuracy", v.id],
            value["membership.auc", v.id],
            value["membership.tpr_at_fpr_1pct", v.id],
        ]
        for v in variants
    ]
    tables["comparison/-/variants"] = Table(title="Variants", columns=columns, rows=rows)
