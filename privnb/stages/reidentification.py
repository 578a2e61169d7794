"""Re-identification: how many people does the table single out, by what an outsider may know?"""

from pydantic import Field

from privnb.findings import Finding, StageResult
from privnb.stages.contract import StageContext, StageInputs, StageMeta, StageParameters

META = StageMeta(
    title="Data as they are",
    question="How many people are singled out by what an outsider may know about them?",
    kind="assessment",
    scope="table",
    facts=("k", "unique_rows", "rows_below_k"),
    needs=frozenset({"quasi_identifiers"}),
    references=("Sweeney 2002 (k-anonymity)",),
)


class Parameters(StageParameters):
    """What counts as a small group."""

    k: int = Field(5, ge=2, description="rows in equivalence classes of fewer people than this are counted")


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Count the equivalence classes of the quasi-identifiers in the whole table; missing is a value of its own."""
    import numpy as np

    from privnb.subject.classes import people_alike

    names = inputs.roles["quasi_identifiers"]
    rows = inputs.subject.rows
    alike, classes = people_alike(rows, names)
    people = len(np.unique(rows.persons))
    exact = "an exact count over the whole table, not a sample"
    return StageResult(
        findings=[
            Finding(id="reidentification.k", value=int(alike.min()), unit="people", direction="higher", reason=exact),
            Finding(
                id="reidentification.unique_rows", value=float((alike == 1).mean()), unit="proportion", n=people,
                direction="lower", reason=exact,
            ),
            Finding(
                id="reidentification.rows_below_k", value=float((alike < params.k).mean()), unit="proportion", n=people,
                direction="lower", reason=exact,
            ),
        ],
        series={"class_sizes": _share_by_size(alike)},
        facts={"quasi_identifiers": list(names), "classes": classes, "k": params.k, "rows": len(alike)},
    )  # fmt: skip


def _share_by_size(alike) -> dict[str, list[float]]:
    """Share of rows in classes of at most 1, 2, 5, 10, ... people."""
    import numpy as np

    bounds = [size for size in (1, 2, 5, 10, 20, 50, 100, 1000) if size <= alike.max()] or [1]
    return {"size": [float(size) for size in bounds], "share": [float(np.mean(alike <= size)) for size in bounds]}
