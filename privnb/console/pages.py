"""What is printed at once: the plan, the effective spec, what there is, and how a run ended."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from privnb.catalogue import fact
from privnb.findings import GateVerdict
from privnb.plan import Plan
from privnb.run.execute import RunOutcome
from privnb.run.folder import RunFolder, read_json
from privnb.run.store import Store
from privnb.shown import limit_text, span_text, value_text
from privnb.stages import stages

_WORDS = {"pass": ("passes", "green"), "fail": ("fails", "red"), "inconclusive": ("inconclusive", "yellow")}


def show_plan(plan: Plan, folder: RunFolder, warnings: Iterable[str] = ()) -> None:
    """Stages in order, which are kept, and what each cost when it last ran in this folder."""
    store = Store(folder.store)
    costs = read_json(folder.run, {}).get("stages", {})
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("stage", "variant", "state", "last time", "needs"):
        table.add_column(heading, justify="right" if heading == "last time" else "left")
    to_run = 0
    for node in plan.nodes:
        kept = store.read_stage(node.key) is not None
        to_run += not kept
        last = costs.get(node.id, {}).get("seconds")
        table.add_row(
            node.stage,
            node.variant or "",
            "kept" if kept else "to run",
            f"{last:.1f} s" if last is not None else "not measured",
            ", ".join((*node.needs, "everything before" if node.after else "")).strip(", "),
        )
    console = _console()
    console.print(table)
    console.print(f"\n{len(plan.nodes)} stages, {to_run} to run; run folder {folder.root}")
    for status in plan.left_out:
        console.print(
            Text(f"{status.stage}{f' on {status.variant}' if status.variant else ''}: {status.reason}", style="dim")
        )
    for warning in warnings:
        console.print(Text.assemble(("warning  ", "bold red"), warning))


def show_explained(lines: Sequence) -> None:
    """The effective spec, a value a line with its source; lines are never folded, so that they can be searched."""
    from privnb.spec.dump import flow_yaml

    shown = [(line.path, flow_yaml(line.value), line.source) for line in lines]
    keys = max(len(key) for key, _, _ in shown)
    values = min(48, max(len(value) for _, value, _ in shown))
    console = _console()
    for key, value, source in shown:
        text = Text(f"{key:{keys}}  {value:{values}}  ")
        console.print(text.append(source, style="" if source == "file" else "dim"))


def show_list() -> None:
    """Assessments, mitigations and embedded data sets, with the question each answers."""
    from privnb.spec import BUILTINS

    console = _console()
    by_kind = sorted(stages().values(), key=lambda stage: (stage.meta.kind, stage.name))
    for kind, group in groupby(by_kind, key=lambda stage: stage.meta.kind):
        console.print(Text(f"{kind}s", style="bold"))
        for stage in group:
            console.print(f"  {stage.name:18}{stage.meta.question}")
    console.print(Text("metrics that a gate may name", style="bold"))
    for stage in stages().values():
        if stage.meta.facts:
            console.print(f"  {stage.name + '.':18}{', '.join(stage.meta.facts)}")
    console.print(Text("data sets", style="bold"))
    for name, what in BUILTINS.items():
        console.print(f"  {name:18}{what}")


def show_outcome(outcome: RunOutcome, quiet: bool = False) -> None:
    """Gates, stages that did not end well, and where the fact sheet is; `quiet` leaves out what is well."""
    console = _console()
    for verdict in outcome.results.gates:
        if quiet and verdict.verdict == "pass":
            continue
        word, colour = _WORDS.get(verdict.verdict, ("not assessed", "red"))
        console.print(Text.assemble((f"{word:13}", f"bold {colour}"), _gate_line(verdict)))
    for status in outcome.results.stages:
        if status.status in ("failed", "died", "timed_out", "cancelled", "skipped"):
            place = f"{status.stage} on {status.variant}" if status.variant else status.stage
            console.print(
                Text.assemble((f"{status.status.replace('_', ' '):13}", "bold red"), f"{place}: {status.reason}")
            )
    count = len(outcome.executed)
    if not quiet:
        console.print(Text(f"{count} stage{'s' if count != 1 else ''} executed", style="dim"))
    for path in outcome.documents.values():
        print(path)


def _gate_line(found: GateVerdict) -> str:
    if found.value is None or found.verdict == "not_assessed":
        return f"{found.metric} on {found.variant}: {found.reason}"
    value = value_text(found.metric, found.value, found.unit)
    span = f" ({span_text(found.metric, found.low, found.high, found.unit)})" if found.low is not None else ""
    limit = limit_text(fact(found.metric, found.unit), found.limit, found.kind, found.unit)
    return f"{found.metric} on {found.variant}: {value}{span}, gate {limit}"


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
