"""Model inversion: can a typical input of a class be recovered from the model?"""

from pydantic import Field

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Model inversion",
    question="Can the portrait of a class be recovered?",
    kind="assessment",
    scope="variant",
    facts=("gain_over_prior", "confidence", "ssim_mean", "distance"),
    needs=frozenset({"classifier"}),
    references=(
        "Fredrikson, Jha & Ristenpart 2015 (MIFace)",
        "Wang et al. 2004 (SSIM)",
        "Haufe et al. 2014 (forward patterns of linear models)",
    ),
    attacker=True,
)
LEAST_CLASSES = 5  # fewer cannot stand for a population of classes in a bootstrap


class Parameters(StageParameters):
    """How long the attack searches, and when it is content."""

    confidence: float = Field(0.9, gt=0, lt=1, description="stop when the model is this sure of its class")
    queries: int = Field(
        4000,
        ge=100,
        description="rows a class that the model is asked about at most",
        json_schema_extra={"profiles": {"quick": 2000, "thorough": 20_000}},
    )
    steps: int = Field(500, ge=1, description="gradient steps at most, where the attacker has the model's weights")
    reference: int = Field(
        2000, ge=0, description="rows of the pool that the attacker holds without labels; 0: none, only the dictionary"
    )
    shape: list[int] | None = Field(
        None, description="rows, columns and channels of a picture; left out: as data.image says"
    )


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Recover one representative a class and compare it with the class mean of the training rows."""
    import numpy as np

    from privnb.attacks.inversion import invert_classes
    from privnb.errors import NotApplicable

    subject, variant = inputs.subject, inputs.variant
    if variant.model.classes is None:
        raise NotApplicable("a regressor has no classes, so there is no portrait of a class to recover")
    if subject.membership == "unknown" or not len(variant.rows):
        raise NotApplicable("the training records are not known, so there is no class mean to compare with")
    shape = params.shape or (inputs.image or {}).get("shape")
    span = float(np.ptp(inputs.image["range"])) if inputs.image and not params.shape else None
    train, reference = subject.part("train"), _reference(subject, params.reference, ctx)
    white = ctx.attacker.access == "white-box" or ctx.attacker.release == "open-weights"
    found = invert_classes(
        variant.model, reference, shape=shape, bounds=_limits(subject.rows.schema, train.X, inputs.image),
        confidence=params.confidence, steps=params.steps, queries=params.queries, white_box=white,
        seed=ctx.seed_for("search"),
    ).judge(train.X, train.y, shape=shape, span=span)  # fmt: skip
    people = np.array([len(np.unique(train.persons[train.y == c])) for c in found.classes])
    shown = people >= ctx.small_cell
    series = _portraits(found, shown) if shape else {}
    facts = {
        "method": "gradients of the model" if found.method == "gradient" else "questions to the model",
        "queries": int(found.queries),
        "attacker_rows": 0 if reference is None else len(reference),
        "classes": len(found.classes),
        "class_names": [str(c) for c, kept in zip(found.classes, shown) if kept],
        "shape": list(shape) if shape else [],
        "people": "each class is one person" if people.max(initial=0) == 1 else "a class holds several people; "
        "a representative is no person's record",
    }  # fmt: skip
    return StageResult(findings=_findings(found, shape, ctx), series=series, tables=_tables(found, shown), facts=facts)


def _reference(subject, most: int, ctx: StageContext):
    """Unlabelled rows of the pool that the attacker holds, or None."""
    import numpy as np

    pool = subject.parts["pool"]
    if ctx.attacker.data == "none" or not most or len(pool) < 2:
        return None
    random = np.random.default_rng(ctx.seed_for("reference"))
    return subject.rows.take(np.sort(random.permutation(pool)[:most])).X


def _limits(schema, X, image) -> dict:
    """What the dictionary, or the image's range, declares of each column; the rest comes from what the attacker has."""
    limits = {}
    for name in X.columns:
        column = schema[name]
        if column.bounds is not None:
            limits[name] = (float(column.bounds[0]), float(column.bounds[1]))
        elif column.categories:
            limits[name] = list(column.categories)
        elif image:
            limits[name] = (float(image["range"][0]), float(image["range"][1]))
    return limits


def _findings(found, shape, ctx: StageContext) -> list[Finding]:
    import numpy as np

    mine, guess = (found.mse, found.prior_mse) if shape else (found.distance, found.prior_distance)
    known = np.isfinite(mine) & np.isfinite(guess)
    findings = [_over_classes("gain_over_prior", ctx, lambda w, a, b: 1 - np.sum(w * a) / np.sum(w * b),
                              mine[known], guess[known])]  # fmt: skip
    if np.isfinite(found.confidence).all():
        findings.append(_over_classes("confidence", ctx, _mean, found.confidence))
    else:
        reason = "the model gives no probabilities"
        findings.append(Finding(id="inversion.confidence", status="not_applicable", reason=reason))
    if shape:
        findings.append(_over_classes("ssim_mean", ctx, _mean, found.similarity, unit="ssim"))
        reason = "pictures are compared by SSIM and squared error"
        findings.append(Finding(id="inversion.distance", status="not_applicable", reason=reason))
    else:
        findings.append(_over_classes("distance", ctx, _mean, found.distance[known], unit="SD", direction="higher"))
        reason = "the data are no pictures; data.image says how features form one"
        findings.append(Finding(id="inversion.ssim_mean", status="not_applicable", reason=reason))
    return findings


def _mean(weights, values) -> float:
    return float((weights * values).sum() / weights.sum())


def _over_classes(
    name: str, ctx: StageContext, statistic, *columns, unit: str = "proportion", direction: str = "lower"
) -> Finding:
    """A figure over the model's classes, with a bootstrap over them where they are many enough."""
    import numpy as np

    from privnb.stats import paired_bootstrap

    id, classes = f"inversion.{name}", len(columns[0])
    if not classes or not np.isfinite(value := statistic(np.ones(classes), *columns)):
        return Finding(id=id, status="not_resolvable", reason="no class has training rows to compare with")
    if classes < LEAST_CLASSES:
        reason = f"computed over all {classes} classes of this model: nothing was sampled"
        return Finding(id=id, value=float(value), unit=unit, direction=direction, reason=reason)
    found = paired_bootstrap(statistic, *columns, level=ctx.level, seed=ctx.seed_for("bootstrap"))
    return Finding(
        id=id, value=found.value, low=found.low, high=found.high, level=ctx.level, unit=unit, direction=direction,
        reason=f"interval over {classes} classes",
    )  # fmt: skip


def _portraits(found, shown) -> dict[str, dict[str, list[float]]]:
    """Recovered picture and class mean, pixel by pixel, of the classes that hold enough people."""
    import numpy as np

    kept = np.flatnonzero(shown)
    pictures = np.asarray(found.representatives, dtype=float)[kept]
    place, pixel = np.meshgrid(np.arange(len(kept)), np.arange(pictures.shape[1]), indexing="ij")
    columns = {"class": place, "pixel": pixel, "recovered": pictures, "mean": found.means[kept]}
    return {"portraits": {name: np.asarray(values, float).ravel().tolist() for name, values in columns.items()}}


def _tables(found, shown) -> dict[str, Table]:
    import numpy as np

    table = found.table()[shown]
    names = {"prior_similarity": "similarity of the prior guess", "prior_distance": "distance of the prior guess",
             "mse": "squared error", "prior_mse": "squared error of the prior guess"}  # fmt: skip
    rows = [
        [str(line[0]), *(float(value) if np.isfinite(value) else None for value in line[1:])]
        for line in table.itertuples(index=False)
    ]
    return {"classes": Table(title="Representative of each class", columns=[names.get(c, c) for c in table], rows=rows)}
