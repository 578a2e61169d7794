"""Runs a spec: what is not finished is executed as notebooks, then results, gates and fact sheet are written."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from privnb.errors import PrivnbError
from privnb.findings import Results, canonical_json
from privnb.gates import exit_code
from privnb.plan import Plan, build_plan
from privnb.run.collect import collect
from privnb.run.folder import RunFolder, read_json, write_json, write_whole
from privnb.run.graph import run_graph
from privnb.run.journal import Journal
from privnb.run.lock import run_lock
from privnb.run.machine import machine_facts
from privnb.run.options import RunOptions
from privnb.run.store import StageRecord, Store
from privnb.spec import effective_yaml
from privnb.stages import load_spec

DEFAULT_OUT = Path("reports")


@dataclass(frozen=True)
class RunOutcome:
    """A run that ended: where it is, what it found, which stages were executed now, and the exit code it deserves."""

    folder: RunFolder
    results: Results
    executed: Sequence[str]
    exit_code: int
    documents: Mapping[str, Path] = field(default_factory=dict)


def run_spec(
    path: str | Path,
    out: str | Path | None = None,
    *,
    profile: str | None = None,
    options: RunOptions | None = None,
    only: Sequence[str] = (),
    fresh: bool = False,
    on_event: Callable[[dict], None] = lambda event: None,
    render: Callable[[Path, Sequence[str]], Mapping[str, Path]] | None = None,
) -> RunOutcome:
    """Run the spec at `path`; `render(run_folder, formats)` writes the fact sheet when anything changed.

    `out` is the run folder (default `reports/<slug of the spec's name>`), `options` say how it is done, `only` limits
    the run to these stages and what they need, `fresh` forgets what was finished. `on_event` gets each line of
    events.jsonl as it is written. Raises SpecError before anything is written, PrivnbError when another process holds
    the folder, KeyboardInterrupt when cancelled (the folder then says so).
    """
    loaded = load_spec(path, profile=profile)
    plan = build_plan(loaded)
    folder = run_folder(loaded.spec.name, out).create()
    if out is None:
        _refuse_anothers(folder, loaded.path)
    with run_lock(folder):
        return _run(loaded, plan, folder, options or RunOptions(), only, fresh, on_event, render)


def run_folder(name: str, out: str | Path | None) -> RunFolder:
    """The folder of a run: `out`, or `reports/<slug of the spec's name>` below the current folder."""
    return RunFolder(Path(out) if out else DEFAULT_OUT / slug(name))


def report_formats(folder: str | Path) -> Sequence[str]:
    """The formats that a finished run's spec asks for; PrivnbError when the folder holds no results."""
    results = read_json(RunFolder(Path(folder)).results)
    if results is None:
        raise PrivnbError(f"{folder} holds no results.json; give the folder of a run")
    return results["spec"]["report"]["formats"]


def _refuse_anothers(folder: RunFolder, spec: Path) -> None:
    """PrivnbError when the folder of this name holds the run of another spec that still exists."""
    other = read_json(folder.plan, {}).get("spec")
    if other and Path(other).exists() and Path(other) != Path(spec).resolve():
        raise PrivnbError(
            f"{folder.root} holds the run of {other}, which has the same name; give this spec another name, or --out"
        )


def slug(name: str) -> str:
    """A folder name for a spec's name: lower case, words joined by hyphens; `run` where nothing is left."""
    kept = "".join(char if char.isalnum() else " " for char in name.lower())
    return "-".join(kept.split())[:80].strip("-") or "run"


def _run(loaded, plan: Plan, folder: RunFolder, options: RunOptions, only, fresh, on_event, render) -> RunOutcome:
    started = time.time()
    write_whole(folder.spec, loaded.text)
    write_whole(folder.effective, effective_yaml(loaded))
    where = str(Path(loaded.path).resolve())
    write_json(folder.plan, {"spec": where, "profile": loaded.spec.profile, **_plan_json(plan)})
    store = Store(folder.store)
    if fresh:
        store.forget_all()
    done = {node.id for node in plan.nodes if (kept := store.read_stage(node.key)) is not None and not kept.without}
    costs = {id: cost["seconds"] for id, cost in read_json(folder.run, {}).get("stages", {}).items()}
    damaged = [node.id for node in plan.nodes if store.damaged_stage(node.key)]
    journal = Journal(folder, plan, done, on_event, costs, options.at_once)
    if damaged:
        journal.log("damaged", stages=damaged)
    try:
        return _finish(loaded, plan, folder, store, done, options, only, journal, render, started)
    except BaseException:
        journal.broken()
        raise


def _finish(loaded, plan, folder, store, done, options, only, journal: Journal, render, started: float) -> RunOutcome:
    ended, executed = run_graph(plan, folder, store, done, loaded.path, options, only, journal)
    records = {node.id: record for node in plan.nodes if (record := store.read_stage(node.key)) is not None}
    results = collect(loaded, plan, records, ended)
    text = canonical_json(results) + "\n"
    _write_if_changed(folder.results, text)
    if executed or not folder.run.exists():
        write_json(folder.run, _run_json(plan, records, executed, started))
    sheet = {"results": hashlib.sha256(text.encode()).hexdigest(), "formats": list(loaded.spec.report.formats)}
    documents = _documents(folder, sheet, bool(executed), journal, render)
    code = exit_code(results.gates, results.stages)
    journal.finish(code)
    return RunOutcome(folder, results, executed, code, documents)


def _documents(folder: RunFolder, sheet: dict, executed: bool, journal: Journal, render) -> Mapping[str, Path]:
    """The fact sheet's files, written again when they are missing or were written from other results."""
    documents = {name: folder.root / f"fact-sheet.{name}" for name in sheet["formats"]}
    stale = executed or read_json(folder.sheet) != sheet
    if render is None:
        return {name: path for name, path in documents.items() if path.exists()}
    if stale or not all(path.exists() for path in documents.values()):
        journal.log("report_started")
        folder.sheet.unlink(missing_ok=True)
        documents = render(folder.root, sheet["formats"])
        write_json(folder.sheet, sheet)
        journal.log("report_written", documents=[path.name for path in documents.values()])
    return documents


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)


def _plan_json(plan: Plan) -> dict:
    return {
        "nodes": [
            {
                "id": node.id,
                "stage": node.stage,
                "variant": node.variant,
                "params": node.params.model_dump(mode="json"),
                "needs": list(node.needs),
                "after": list(node.after),
                "key": node.key,
            }
            for node in plan.nodes
        ],
        "left_out": [status.model_dump() for status in plan.left_out],
    }


def _run_json(plan: Plan, records: Mapping[str, StageRecord], executed: Sequence[str], started: float) -> dict:
    finished = time.time()
    costs = {id: record.cost for id, record in records.items()}
    return {
        "started": _utc(started),
        "finished": _utc(finished),
        "wall_s": round(finished - started, 2),
        "peak_memory_bytes": int(max((cost["peak_memory_bytes"] for cost in costs.values()), default=0)),
        **machine_facts(),
        "stages": {
            node.id: {"seconds": round(costs[node.id]["seconds"], 3), "executed": node.id in executed}
            for node in plan.nodes
            if node.id in costs
        },
    }


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
