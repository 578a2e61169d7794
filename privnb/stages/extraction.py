"""Model extraction: can somebody who may ask the model train a copy of it on the answers?"""

from pydantic import Field

from privnb.findings import Finding, StageResult, Table
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Model extraction",
    question="Can the model be copied through its answers?",
    kind="assessment",
    scope="variant",
    facts=("fidelity", "fidelity_labels", "chance_agreement"),
    references=(
        "Tramer et al. 2016 (extraction through prediction interfaces)",
        "Orekondy, Schiele & Fritz 2019 (knockoff nets)",
        "Jagielski et al. 2020 (fidelity)",
    ),
    attacker=True,
)
_LEAST = 50  # rows to ask about, and to compare on
_MOST_TESTED = 5000  # rows on which copy and model are compared


class Parameters(StageParameters):
    """How often the model is asked."""

    queries: int = Field(
        4000,
        ge=50,
        le=1_000_000,
        description="rows that the attacker asks the model about at most",
        json_schema_extra={"profiles": {"quick": 1000, "thorough": 20_000}},
    )


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Copy the model from probabilities and from labels alone, and compare copy and model on evaluation rows."""
    import pandas as pd

    from privnb.attacks.extraction import extract_model
    from privnb.errors import NotApplicable

    subject, model = inputs.subject, inputs.variant.model
    asked, tested, source = _rows(subject, params.queries, ctx)
    if len(asked) < _LEAST or len(tested) < _LEAST:
        raise NotApplicable(
            f"a copy needs {_LEAST} rows to ask about and {_LEAST} others to compare on; there are "
            f"{len(asked)} and {len(tested)}"
        )
    persons = pd.concat([pd.Series(asked.persons), pd.Series(tested.persons)]).to_numpy()
    ways = ["probabilities"] * _probabilities(model, ctx) + ["label"] * (model.classes is not None)
    ways = ways or ["probabilities"]  # a regressor's values are all there is
    found = {
        way: extract_model(
            model, asked.X, X_test=tested.X, outputs=way, persons=persons, schema=subject.rows.schema,
            seed=ctx.seed_for("copy"), level=ctx.level, points=5 if way == ways[0] else 1,
        )
        for way in ways
    }  # fmt: skip
    main = next(iter(found.values()))
    facts = {
        "queries": int(main.curve["queries"][-1]),
        "attacker_rows": source,
        "copy": main.surrogate,
        "tested_rows": main.tested,
        "taught": {"value": "values", "label": "labels"}.get(main.outputs, main.outputs),
    }
    return StageResult(
        findings=_findings(found, model, ctx),
        series={"curve": {name: [float(value) for value in values] for name, values in main.curve.items()}},
        tables={"copies": _copies(found)},
        facts=facts,
    )


def _rows(subject, queries: int, ctx: StageContext):
    """Rows to ask about and rows to compare on, of different people and never the same row, and whence the first are.

    The attacker's rows are the pool's. Without a pool half of the evaluation people are his.
    """
    import numpy as np

    from privnb.attacks.copies import row_keys
    from privnb.errors import NotApplicable

    if ctx.attacker.data == "none":
        raise NotApplicable("this attacker holds no rows of his own to ask the model about")
    asked, tested, source = subject.part("pool"), subject.part("evaluation"), "rows of the pool"
    if len(asked) < _LEAST:
        people = np.unique(tested.persons)
        half = np.random.default_rng(ctx.seed_for("halves")).permutation(people)[: len(people) // 2]
        his = np.isin(tested.persons, half)
        asked, tested = tested.take(np.flatnonzero(his)), tested.take(np.flatnonzero(~his))
        source = "rows of half of the evaluation people, as the pool is too small"
    asked = _sample(asked, queries, ctx.seed_for("queries"))
    repeated = np.isin(row_keys(_unlabelled(tested)), row_keys(_unlabelled(asked)))
    tested = _sample(tested.take(np.flatnonzero(~repeated)), _MOST_TESTED, ctx.seed_for("tested"))
    return asked, tested, source


def _unlabelled(rows):
    from dataclasses import replace

    import numpy as np

    return replace(rows, y=np.zeros(len(rows)))


def _sample(rows, most: int, seed: int):
    """At most so many rows, drawn by seed."""
    import numpy as np

    if len(rows) <= most:
        return rows
    return rows.take(np.sort(np.random.default_rng(seed).permutation(len(rows))[:most]))


def _probabilities(model, ctx: StageContext) -> bool:
    shown = getattr(ctx.attacker, "outputs", "probabilities") != "label"
    return model.classes is not None and shown and getattr(model, "gives_probabilities", True)


def _findings(found, model, ctx: StageContext) -> list[Finding]:
    regression = model.classes is None
    first = found.get("probabilities")
    findings = [
        _finding("fidelity", first, "the model gives the attacker no probabilities", ctx, regression),
        _finding("fidelity_labels", found.get("label"), "a regressor gives values, no labels", ctx, False),
    ]
    main = next(iter(found.values()))
    if main.chance is None:
        reason = "a regressor has no commonest answer; always its mean value has an R2 of 0"
        return [*findings, Finding(id="extraction.chance_agreement", status="not_applicable", reason=reason)]
    value, low, high, n = main.chance
    chance = Finding(
        id="extraction.chance_agreement", value=value, low=low, high=high, n=n, level=ctx.level, unit="proportion",
        reason="agreement of a copy that always gives the model's commonest answer",
    )  # fmt: skip
    return [*findings, chance]


def _finding(name: str, found, reason: str, ctx: StageContext, regression: bool) -> Finding:
    id = f"extraction.{name}"
    if found is None:
        return Finding(id=id, status="not_applicable", reason=reason)
    value, low, high, n = found.fidelity
    what = "R2 of the copy against the model's values" if regression else "evaluation rows answered alike"
    return Finding(
        id=id, value=value, low=low, high=high, n=n, level=ctx.level, unit="R2" if regression else "proportion",
        direction="lower", reason=f"{what}; {found.surrogate}, {found.curve['queries'][-1]} queries",
    )  # fmt: skip


def _copies(found) -> Table:
    """Agreement of each kind of copy on queries held back, for each kind of answer."""
    rows = [
        [{"label": "labels", "value": "values"}.get(copy.outputs, copy.outputs), name, float(value)]
        for copy in found.values()
        for name, value in copy.choice.items()
    ]
    return Table(title="Kinds of copy, on queries held back", columns=["taught with", "copy", "agreement"], rows=rows)
