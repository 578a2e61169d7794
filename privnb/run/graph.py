"""Executes the plan's graph: ready stages in parallel, dependants of a failed one skipped, the rest finished."""

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from privnb.errors import PrivnbError
from privnb.findings import StageStatus
from privnb.plan import Node, Plan
from privnb.run.folder import RunFolder
from privnb.run.journal import Journal, unit_reports
from privnb.run.options import RunOptions
from privnb.run.store import Store
from privnb.run.tokens import TokenPool
from privnb.stages import stages

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_WELL = ("ok", "not_applicable")


def run_graph(
    plan: Plan,
    folder: RunFolder,
    store: Store,
    done: Collection[str],
    spec_path: Path,
    options: RunOptions,
    only: Sequence[str],
    journal: Journal,
) -> tuple[dict[str, StageStatus], list[str]]:
    """How every node ended, and the ids of those executed now.

    Raises KeyboardInterrupt after every kernel has been stopped and the journal says so.
    """
    wanted = _wanted(plan, only)
    ended = {node.id: _status_in_store(node, store) for node in plan.nodes if node.id in done}
    for node in plan.nodes:
        if node.id not in wanted and node.id not in ended:
            ended[node.id] = _status(node, "not_requested", f"this run was limited to {', '.join(only)}")
    executed: list[str] = []
    if all(node.id in ended for node in plan.nodes):
        return ended, executed

    from privnb.run.notebook import Outcome, allow_kernels, cancel_all, cool_kernels, run_notebook, warm_kernels
    from privnb.run.units import check_backend

    check_backend(options.backend)  # a cluster that does not answer is told before anything is executed
    allow_kernels()
    jobs = options.at_once

    def work(node: Node) -> Outcome:
        with pool_of_tokens.acquire():  # the stage's own; its units take more of them when they are free
            return execute(node)

    def execute(node: Node) -> Outcome:
        journal.started(node.id)
        parameters = {
            "spec": str(Path(spec_path).resolve()),
            "variant": node.variant or "baseline",
            "run_dir": str(folder.root.resolve()),
            **node.params.model_dump(mode="json"),
        }
        return run_notebook(
            stages()[node.stage].notebook,
            folder.notebook(node.id),
            parameters,
            stage_timeout_s=options.timeout_s,
            max_memory_bytes=options.max_memory_bytes,
            on_cell=lambda done, total: journal.cell(node.id, done, total),
        )

    running: dict[Future, Node] = {}
    with _kernel_environment(options, journal) as pool_of_tokens, ThreadPoolExecutor(jobs) as pool:
        warm_kernels(min(jobs, len(plan.nodes) - len(ended)))
        try:
            while True:
                for node in plan.nodes:
                    if node.id in ended or node in running.values() or len(running) >= jobs:
                        continue
                    blocker = next((id for id in node.needs if id in ended and ended[id].status not in _WELL), None)
                    if blocker:
                        ended[node.id] = _status(node, "skipped", f"{blocker} ended as {ended[blocker].status}")
                        journal.ended(ended[node.id], node.id)
                    elif all(id in ended for id in (*node.needs, *node.after)):
                        running[pool.submit(work, node)] = node
                if not running:
                    if all(node.id in ended for node in plan.nodes):
                        break
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    node = running.pop(future)
                    ended[node.id] = _after(node, future.result(), store)
                    executed.append(node.id)
                    journal.ended(ended[node.id], node.id)
        except KeyboardInterrupt:
            cancel_all()
            journal.cancelled([node.id for node in plan.nodes if node.id not in ended])
            raise
        finally:
            cool_kernels()
    return ended, executed


def _after(node: Node, outcome, store: Store) -> StageStatus:
    """The status of an executed node: what its notebook recorded, or why it recorded nothing."""
    if outcome.status == "ok":
        record = store.read_stage(node.key)
        if record is None:
            return _status(node, "failed", "the notebook ended but recorded no result")
        return _status(node, record.status, record.reason)
    store.forget_stage(node.key)
    return _status(node, outcome.status, outcome.reason)


def _status(node: Node, status, reason: str = "") -> StageStatus:
    return StageStatus(stage=node.stage, variant=node.variant, status=status, reason=reason)


def _status_in_store(node: Node, store: Store) -> StageStatus:
    record = store.read_stage(node.key)
    return _status(node, record.status, record.reason)


def _wanted(plan: Plan, only: Sequence[str]) -> set[str]:
    """Ids of the nodes to run: all, or those of the named stages with everything they need."""
    if not only:
        return {node.id for node in plan.nodes}
    unknown = [name for name in only if name not in {node.stage for node in plan.nodes}]
    if unknown:
        there = ", ".join(sorted({node.stage for node in plan.nodes}))
        raise PrivnbError(f"--only {unknown[0]}: the plan has no such stage; it has {there}")
    queue = [node.id for node in plan.nodes if node.stage in only]
    wanted: set[str] = set()
    while queue:
        id = queue.pop()
        if id not in wanted:
            wanted.add(id)
            queue += plan.node(id).needs
    return wanted


@contextmanager
def _kernel_environment(options: RunOptions, journal: Journal) -> Iterator[TokenPool]:
    """What the kernels inherit: one BLAS thread a unit, the pool of tokens, where units report, nobody watching."""
    with tempfile.TemporaryDirectory(prefix="privnb-") as name:
        progress = Path(name) / "units.jsonl"
        tokens = TokenPool(Path(name) / "tokens", options.at_once)
        wanted = {
            **dict.fromkeys(_BLAS_THREADS, "1"),
            "PRIVNB_HEADLESS": "1",
            "PRIVNB_JOBS": str(options.at_once),
            "PRIVNB_BACKEND": options.backend,
            "PRIVNB_TOKENS": str(tokens.folder),
            "PRIVNB_PROGRESS": str(progress),
            "PRIVNB_MAX_MEMORY": str(options.max_memory_bytes or ""),
        }
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            with unit_reports(progress, journal):
                yield tokens
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
