"""Database reconstruction: can the one unknown training record be rebuilt from the model and all other records?"""

from pydantic import Field

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Data reconstruction",
    question="Can training records be rebuilt from the model?",
    kind="assessment",
    scope="variant",
    facts=("gain_over_prior", "exact_share"),
    references=("Balle, Cherubin & Hayes 2022 (informed adversary)",),
)
ATTACKER = (
    "The strongest adversary: holds the model's parameters and all training records but one, which is rebuilt. "
    "Assumed whatever the threat model says, as a worst case"
)
_SEARCHED = 5  # records, where each costs hundreds of refits
_EXACT = 1e-3  # of a standard deviation


class Parameters(StageParameters):
    """How many records are rebuilt, and how long is searched where no formula exists."""

    records: int = Field(
        30,
        ge=2,
        le=10_000,
        description="training people, drawn by seed, one record each, that are left out and rebuilt",
        json_schema_extra={"profiles": {"quick": 15, "thorough": 200}},
    )
    refits: int = Field(
        60,
        ge=0,
        le=100_000,
        description="refits for each of five records where no formula exists and at most 500 rows were used; 0: none",
        json_schema_extra={"profiles": {"quick": 0, "thorough": 400}},
    )


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Leave out each drawn record in turn, rebuild it, and compare with a guess from the other records alone."""
    import numpy as np

    from privnb.errors import NotApplicable
    from privnb.stats import proportion

    rows = inputs.variant.rows
    if inputs.subject.membership == "unknown" or len(rows) < 3:
        raise NotApplicable("the training records are not known, so none of them can be left out and rebuilt")
    drawn = _drawn(rows, params.records, ctx.seed_for("records"))
    found = _rebuilt(inputs, drawn[:1], params, ctx)
    rest = drawn[1:_SEARCHED] if "numeric search" in str(found[0]["method"]) else drawn[1:]
    found += _rebuilt(inputs, rest, params, ctx)
    persons = rows.persons[drawn[: len(found)]]
    errors, priors = (np.array([each[name] for each in found]) for name in ("error", "prior"))
    exact = np.array([bool(each["exact"]) for each in found])
    share = proportion(exact, persons, ctx.level)
    findings = [
        _gain(errors.mean(axis=1), priors.mean(axis=1), persons, ctx),
        Finding(
            id="reconstruction.exact_share", value=share.value, low=share.low, high=share.high, n=share.n,
            level=ctx.level, unit="proportion", direction="lower",
            reason="records of which every value and the label were rebuilt exactly",
        ),
    ]  # fmt: skip
    methods = list(dict.fromkeys(str(each["method"]) for each in found))
    facts = {"attacker": ATTACKER, "method": ", ".join(methods), "records": len(found), "training_rows": len(rows)}
    if reasons := {str(each["reason"]) for each in found if str(each["reason"])}:
        facts["limits"] = min(reasons)
    return StageResult(findings=findings, tables={"features": _features(rows, errors, priors)}, facts=facts)


def _drawn(rows, records: int, seed: int):
    """Positions of one row of each of `records` people."""
    import numpy as np

    random = np.random.default_rng(seed)
    order = random.permutation(len(rows))
    first = np.unique(rows.persons[order], return_index=True)[1]
    return order[np.sort(first)][:records]


def _rebuilt(inputs: StageInputs, drawn, params: Parameters, ctx: StageContext) -> list[dict]:
    """One result a record, kept as units where the trainer's identity says which model it is about."""
    from privnb.units import ThreadUnits, Unit

    trainer = inputs.variant.trainer
    decides = {"data": ctx.data_key, "trainer": dict(trainer.identity) if trainer else {}, "refits": params.refits}
    units = [Unit("record", {**decides, "record": int(i), "seed": ctx.seed_for("search", int(i))}) for i in drawn]
    runner = ctx.units if trainer is not None else ThreadUnits()
    return runner.map(lambda unit: _one(inputs.variant, unit.inputs), units)


def _one(variant, asked) -> dict:
    import numpy as np

    from privnb.attacks.reconstruction import reconstruct_record

    rows, i = variant.rows, asked["record"]
    known = rows.take(np.delete(np.arange(len(rows)), i))
    found = reconstruct_record(variant.model, known.X, known.y, refits=asked["refits"], seed=asked["seed"])
    truth, scale = rows.X.iloc[i], _scales(rows.X)
    error = _errors(found.guess, truth, scale)
    right = _label_right(found, rows.y, i)
    return {
        "error": error,
        "prior": _errors(found.prior_x, truth, scale),
        "exact": np.array(bool((_errors(found.x, truth, scale) <= _EXACT).all()) and right),
        "method": np.array(found.method),
        "reason": np.array(found.reason),
    }


def _scales(X):
    """Standard deviation of a number, 0 for anything else (d)."""
    import numpy as np
    import pandas as pd

    numeric = [pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes]
    spread = [float(X[c].astype(float).std(ddof=0)) or 1.0 if n else 0.0 for c, n in zip(X.columns, numeric)]
    return np.nan_to_num(np.array(spread), nan=1.0)


def _errors(found, truth, scale):
    """Error of each value (d): in standard deviations for a number, 0 or 1 for anything else."""
    import numpy as np
    import pandas as pd

    errors = np.zeros(len(scale))
    for place, (mine, real, unit) in enumerate(zip(found.to_list(), truth.to_list(), scale)):
        absent = pd.isna(mine), pd.isna(real)
        if any(absent) or unit == 0:
            errors[place] = 0.0 if all(absent) or (not any(absent) and mine == real) else 1.0
        else:
            errors[place] = abs(float(mine) - float(real)) / unit
    return errors


def _label_right(found, y, i: int) -> bool:
    if y.dtype.kind == "f":
        return abs(float(found.y) - float(y[i])) <= _EXACT * (float(y.std()) or 1.0)
    return bool(found.y == y[i])


def _gain(errors, priors, persons, ctx: StageContext) -> Finding:
    """Share of the prior guess's error that the model's parameters remove."""
    import numpy as np

    from privnb.stats import paired_bootstrap, unseen_share

    id = "reconstruction.gain_over_prior"
    if not priors.sum() > 0:
        return Finding(id=id, status="not_resolvable", reason="the guess without the model is already exact")
    found = paired_bootstrap(
        lambda weights, mine, guess: 1.0 - np.sum(weights * mine) / max(np.sum(weights * guess), 1e-300),
        errors, priors, persons=persons, level=ctx.level, seed=ctx.seed_for("bootstrap"),
    )  # fmt: skip
    width = unseen_share(found.n, ctx.level) if found.high - found.low < 1e-6 else 0.0
    return Finding(
        id=id, value=found.value, low=found.low - width, high=min(1.0, found.high + width), n=found.n,
        level=ctx.level, unit="proportion", direction="lower",
        reason="share of the error of a guess from the other records that the model removes",
    )  # fmt: skip


def _features(rows, errors, priors) -> Table:
    lines = [
        [str(name), float(mine), float(guess)]
        for name, mine, guess in zip(rows.X.columns, errors.mean(axis=0), priors.mean(axis=0))
    ]
    return Table(
        title="Mean error by feature (standard deviations of a number; share wrong of a category)",
        columns=["feature", "rebuilt", "guess without the model"],
        rows=sorted(lines, key=lambda line: line[1] - line[2]),
    )
