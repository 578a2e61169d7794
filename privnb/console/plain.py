"""What the command line prints with --json: the same as its pages, as plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from privnb.errors import SpecError
from privnb.plan import Plan
from privnb.run.folder import RunFolder, read_json
from privnb.run.store import Store
from privnb.spec import BUILTINS, LoadedSpec
from privnb.stages import stages


def plain_check(path: Path, loaded: LoadedSpec | None, error: SpecError | None) -> dict[str, Any]:
    """Whether a spec is valid, and every problem with line and column."""
    problems = [asdict(problem) for problem in error.problems] if error else []
    found = {"spec": str(path), "valid": error is None, "problems": problems}
    if loaded is not None:
        found |= {"mitigations": len(loaded.spec.mitigations), "gates": len(loaded.spec.gates)}
    return found


def plain_explained(lines: Sequence) -> list[dict[str, Any]]:
    """Every value of the effective spec with its source."""
    return [asdict(line) for line in lines]


def plain_plan(plan: Plan, folder: RunFolder, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """Stages in order, which are kept, what each cost when it last ran, what is left out and why, and warnings."""
    store = Store(folder.store)
    costs = read_json(folder.run, {}).get("stages", {})
    return {
        "run_folder": str(folder.root),
        "stages": [
            {
                "id": node.id,
                "stage": node.stage,
                "variant": node.variant,
                "kept": store.read_stage(node.key) is not None,
                "last_seconds": costs.get(node.id, {}).get("seconds"),
                "needs": list(node.needs),
                "after": list(node.after),
            }
            for node in plan.nodes
        ],
        "left_out": [status.model_dump(mode="json") for status in plan.left_out],
        "warnings": list(warnings),
    }


def plain_list() -> dict[str, Any]:
    """Assessments, mitigations, metrics and data sets."""
    by_kind: dict[str, Any] = {"assessment": {}, "mitigation": {}}
    for name, stage in sorted(stages().items()):
        by_kind[stage.meta.kind][name] = stage.meta.question
    metrics = [f"{name}.{fact}" for name, stage in sorted(stages().items()) for fact in stage.meta.facts]
    return {
        "assessments": by_kind["assessment"],
        "mitigations": by_kind["mitigation"],
        "metrics": metrics,
        "data_sets": dict(BUILTINS),
    }
