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

    k: int = Field(5, ge=2, description="rows in equivalence classes smaller than this are counted")


def run(inputs: StageInputs, params: Parameters, ctx: StageContext) -> StageResult:
    """Count the equivalence classes of the quasi-identifiers in the whole table; missing is a value of its own."""
    import numpy as np

    from privnb.subject.classes import equivalence_classes

    names = inputs.roles["quasi_identifiers"]
    sizes = equivalence_classes(inputs.subject.rows, names)
    of_row = np.repeat(sizes, sizes)
    n = len(of_row)
    exact = "an exact count over the whole table, not a sample"
    return StageResult(
        findings=[
            Finding(id="reidentification.k", value=int(sizes.min()), unit="rows", direction="higher", reason=exact),
            Finding(
                id="reidentification.unique_rows", value=float((of_row == 1).mean()), unit="proportion", n=n,
                direction="lower", reason=exact,
            ),
            Finding(
                id="reidentification.rows_below_k", value=float((of_row < params.k).mean()), unit="proportion", n=n,
                direction="lower", reason=exact,
            ),
        ],
        series={"class_sizes": _share_by_size(of_row)},
        facts={"quasi_identifiers": list(names), "classes": len(sizes), "k": params.k, "rows": n},
    )  # fmt: skip


def _share_by_size(of_row) -> dict[str, list[float]]:
    """Share of rows in classes of at most 1, 2, 5, 10, ... rows."""
    import numpy as np

    bounds = [size for size in (1, 2, 5, 10, 20, 50, 100, 1000) if size <= of_row.max()] or [1]
    return {"size": [float(size) for size in bounds], "share": [float(np.mean(of_row <= size)) for size in bounds]}
