"""Runs that go otherwise: many gates, broken stages, a file of unknown membership, a regressor on few people."""

from run_fixture import GATES, VARIANTS, about, exact, results

from privnb.findings import Finding, Results, StageStatus, VariantInfo

DENSE = (
    *GATES,
    {"metric": "membership.tpr_at_fpr_10pct", "max": 0.2},
    {"metric": "membership.tpr_at_fpr_0_1pct", "max": 0.01},
    {"metric": "reidentification.k", "min": 5, "use": "value"},
    {"metric": "reidentification.unique_rows", "max": 0.05, "use": "value"},
    {"metric": "utility.auc", "min": 0.9, "use": "lower"},
    {"metric": "attribute.sex.inference_gain", "max": 0.05},
    {"metric": "membership.auc", "max": 0.53, "on": ["logistic"]},
    {"metric": "utility.accuracy", "min": 0.85, "use": "lower", "on": ["logistic"]},
)


def dense() -> Results:
    """Twelve gates: passed, failed, inconclusive and not assessed, some on another variant."""
    return results(DENSE)


def broken() -> Results:
    """A run in which membership failed on the release, comparison was skipped and a control ran out of time."""
    return results(
        drop=(
            ("membership", "leaf50"),
            ("comparison", "leaf50"),
            ("comparison", "logistic"),
            ("utility", "logistic-control"),
        ),
        stages=(
            StageStatus(stage="membership", variant="leaf50", status="failed", reason="MemoryError in cell 4"),
            StageStatus(stage="comparison", variant=None, status="skipped", reason="membership on leaf50 failed"),
            StageStatus(stage="utility", variant="logistic-control", status="timed_out", reason="after 600 s"),
        ),
    )


def given_file() -> Results:
    """A model file without declared membership: no membership figure, no difference to training."""
    why = "the model is a file and nobody declared who was in its training data"
    base = VARIANTS[:1]
    data = about()["data"] | {"membership": "unknown", "parts": {"given": {"rows": 48_842, "people": 48_842}}}
    model = about()["model"] | {"origin": "file", "digest": "9c1f" * 16}
    made = results(
        gates=({"metric": "membership.auc", "max": 0.53},),
        release="baseline",
        variants=base,
        drop=(("membership", "baseline"), ("factors", "baseline")),
        stages=(
            StageStatus(stage="membership", variant="baseline", status="not_applicable", reason=why),
            StageStatus(stage="factors", variant="baseline", status="ok"),
        ),
        found=(Finding(id="factors.overfitting_gap", variant="baseline", status="not_applicable", reason=why),),
        data=data,
        model=model,
    )
    unknown = [
        f.model_copy(update={"method": "rows of unknown membership"}) if f.id.startswith("utility.") else f
        for f in made.findings
        if ".train_" not in f.id
    ]
    return made.model_copy(update={"findings": unknown})


def regression() -> Results:
    """A regressor on few people: R2 and MAE, no classes, a rate that cannot be resolved, no evidence of a leak."""
    base = (VariantInfo(id="baseline", kind="baseline", label="Ridge"),)
    n = {"n": 88, "variant": "baseline"}
    why = "needs at least 1,000 non-members, has 88"
    found = [
        Finding(id="utility.r2", value=0.482, low=0.31, high=0.60, **n),
        Finding(id="utility.mae", value=43.62, low=37.9, high=49.8, unit="target", **n),
        Finding(id="utility.train_r2", value=0.53, low=0.44, high=0.61, **n),
        Finding(id="utility.train_mae", value=42.1, low=38.2, high=46.7, unit="target", **n),
        Finding(id="factors.overfitting_gap", value=0.048, low=-0.12, high=0.21, unit="r2", **n),
        exact("factors.training_people", 155, "people"),
        exact("factors.features", 10, "features"),
        Finding(id="factors.classes", variant="baseline", status="not_applicable", reason="a regressor has no classes"),
        Finding(id="membership.auc", value=0.507, low=0.43, high=0.58, **n),
        Finding(id="membership.tpr_at_fpr_10pct", value=0.11, low=0.05, high=0.2, unit="proportion", **n),
        Finding(id="membership.tpr_at_fpr_1pct", variant="baseline", status="not_resolvable", reason=why),
        Finding(id="membership.tpr_at_fpr_0_1pct", variant="baseline", status="not_resolvable", reason=why),
        exact("membership.detectable_auc", 0.621, ""),
    ]
    made = results(gates=(), release="baseline", variants=base, found=found, task="regression", target="target")
    gone = (
        "accuracy",
        "utility.auc",
        "train_auc",
        "smallest_class",
        "reidentification",
        "rows_per",
        "subject.",
        "advantage",
    )
    kept = [f for f in made.findings if not any(word in f.id for word in gone) and f.method is None]
    kept = [f for f in kept if f in found or not any(f.id == g.id for g in found)]
    stages = [s for s in made.stages if s.stage not in ("reidentification", "comparison")]
    tables = {k: v for k, v in made.tables.items() if not k.startswith("comparison")}
    return made.model_copy(update={"findings": kept, "stages": stages, "tables": tables})
