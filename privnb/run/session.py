"""A stage opened for work: in a notebook of a run, alone under papermill, or in a live JupyterLab kernel."""

import functools
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from privnb.errors import NotApplicable, PrivnbError
from privnb.findings import StageResult
from privnb.plan import Node, Plan, build_plan
from privnb.run.declared import declared_augmentation, declared_image, earlier_release
from privnb.run.folder import RunFolder, read_json
from privnb.run.store import StageRecord, Store
from privnb.run.units import units_from_environment
from privnb.run.variants import VariantShelf
from privnb.run.words import Sentence
from privnb.stages import load_spec, stages
from privnb.stages.contract import StageContext, StageInputs, StageOutput


def open_stage(
    name: str, spec: str = "adult", variant: str | None = "baseline", run_dir: str = "", **params: Any
) -> "StageSession":
    """Open one stage.

    `spec` is the path of a privacy spec, or `adult` for the embedded example; `variant` names the model under test
    (ignored by stages on the data or the whole run); with `run_dir` the result is recorded there and what is already
    there is used. `params` are the stage's own parameters; None means: as the spec says. Raises SpecError, or
    PrivnbError naming the stage or variant that does not exist.
    """
    folder = RunFolder(Path(run_dir)).create() if run_dir else None
    profile = read_json(folder.plan, {}).get("profile") if folder else None  # a run may have been started with another
    loaded = load_spec(example_spec(spec), profile)
    plan = build_plan(loaded)
    if name not in stages():
        raise PrivnbError(f"there is no stage {name!r}; there are {', '.join(stages())}")
    stage = stages()[name]
    wanted = variant if stage.meta.scope == "variant" else None
    given = {key: value for key, value in params.items() if value is not None}
    node = next((node for node in plan.nodes if (node.stage, node.variant) == (name, wanted)), None)
    if node is None:
        raise PrivnbError(_why_not_planned(plan, name, wanted))
    return StageSession(loaded, plan, node, given, folder)


def example_spec(spec: str) -> Path:
    """The path of a spec; a bare name without ending is one of the embedded examples."""
    if spec.isidentifier():
        path = Path(__file__).parent.parent / "_examples" / f"{spec}.privacy.yaml"
        if path.exists():
            return path
    return Path(spec)


class StageSession:
    """One stage with its inputs at hand: `run()`, look at `table()` and `figure()`, then `record()`."""

    def __init__(self, loaded, plan: Plan, node: Node, given: Mapping[str, Any], folder: RunFolder | None):
        self.loaded = loaded
        self.plan = plan
        self.node = node
        self.stage = stages()[node.stage]
        self.params = node.params.model_validate({**node.params.model_dump(), **given})
        self.folder = folder
        self.status, self.reason = "pending", ""
        self.result = StageResult()
        self._store = Store(folder.store) if folder else None
        self._output = StageOutput(self.result)
        self._siblings: dict[str, tuple[StageRecord, Mapping[str, Any]]] = {}
        self._started = time.perf_counter()

    @functools.cached_property
    def subject(self):
        """The data in their four parts."""
        from privnb.subject import build_subject

        return build_subject(self.loaded.spec, self.loaded.base)

    @functools.cached_property
    def shelf(self) -> VariantShelf:
        """The models of the run; fitted when first asked for, and kept in the run folder."""
        return VariantShelf(self.loaded, self.plan, self.subject, self._store)

    def run(self) -> StageResult:
        """Do the stage's work; what has no meaning for this variant ends as not applicable, with the reason."""
        from threadpoolctl import threadpool_limits

        try:
            with threadpool_limits(limits=1):  # units run side by side: one thread each
                output = self.stage.run(self._inputs(), self.params, self._context())
            self._output = output if isinstance(output, StageOutput) else StageOutput(output)
            self.status, self.reason = "ok", ""
        except NotApplicable as reason:
            self._output, self.status, self.reason = StageOutput(StageResult()), "not_applicable", str(reason)
        self.result = self._output.result.about(self.node.variant)
        return self.result

    def table(self):
        """The findings as a data frame; where there are none, the reason."""
        from privnb.run.display import findings_table

        variants = [info.id for info in self.plan.variants] if self.stage.meta.scope == "run" else ()
        return findings_table(self.result, self.reason, variants)

    def methods(self):
        """What each method found, as a data frame: one line a method."""
        from privnb.run.display import methods_table

        return methods_table(self.result)

    def side_table(self, name: str):
        """One of the stage's small tables, by name, as a data frame; a sentence where the stage made none."""
        from privnb.run.display import WholeTable

        table = self.result.tables.get(name)
        return WholeTable(table.rows, columns=table.columns) if table else Sentence(f"There is no table {name!r}.")

    def figure(self, name: str):
        """A picture of this stage's result, by name; a sentence where the stage found nothing to draw."""
        from privnb.figures import stage_figure
        from privnb.run.display import Picture

        figure = stage_figure(name, self.node.stage, self.node.variant, self.result, self.plan.variants)
        why = self.reason or "the stage found no such series"
        return Picture(figure) if figure else Sentence(f"Nothing to draw: {why}.")

    def again(self, **changed: Any) -> StageResult:
        """The result with some parameters changed; nothing is recorded. A mitigation's variant is fitted anew."""
        given = {**self.params.model_dump(), **changed}
        other = StageSession(self.loaded, self.plan, self.node, given, self.folder)
        other.__dict__.update(subject=self.subject, shelf=self.shelf)
        if self.stage.meta.kind == "mitigation":
            other.shelf = self.shelf.with_mitigation(self.node.variant, other.params)
        return other.run()

    def record(self) -> str:
        """Write the result into the run folder, under the key the plan gave this stage; says what was written."""
        if self._store is None:
            return Sentence("No run folder was given: the result is shown here and recorded nowhere.")
        if self.params != self.node.params:
            return Sentence("The parameters differ from the spec's: the result is shown here and recorded nowhere.")
        if self.status == "pending":
            raise PrivnbError(f"{self.node.id} was not run; call run() before record()")
        cost = {"seconds": time.perf_counter() - self._started, "peak_memory_bytes": _peak_memory_bytes()}
        without = tuple(id for id in self.node.after if not self._store.has_stage(self.plan.node(id).key))
        record = StageRecord(self.status, self.reason, self.result, cost, without)
        self._store.write_stage(self.node.key, record, self._output.arrays)
        return Sentence(f"Recorded {self.node.id}: {len(self.result.findings)} findings.")

    def _inputs(self) -> StageInputs:
        variants = {}
        if self.stage.meta.scope == "variant":
            variants["variant"] = self.shelf.variant(self.node.variant)
        if self.stage.meta.kind == "mitigation":
            variants["parent"] = self.shelf.variant(variants["variant"].parent)
            variants["control"] = self.shelf.control(self.node.variant)
        earlier = [self.plan.node(id) for id in self.node.after] if self.stage.meta.scope == "run" else []
        records = {node.id: self._record_of(node) for node in earlier}
        done = [node for node in earlier if records[node.id] is not None]
        return StageInputs(
            subject=self.subject,
            roles={name: tuple(getattr(self.loaded.spec.data, name)) for name in ("quasi_identifiers", "sensitive")},
            variants=self.plan.variants,
            results={(node.stage, node.variant): records[node.id].result for node in done},
            arrays={(node.stage, node.variant): self._arrays_of(node) for node in done},
            image=declared_image(self.loaded.spec),
            augmentation=declared_augmentation(self.loaded.spec),
            previous=earlier_release(self.loaded.spec, self.loaded.base),
            **variants,
        )

    def _record_of(self, node: Node) -> StageRecord | None:
        if self._store is None:
            return self._sibling(node)[0]
        return self._store.read_stage(node.key)

    def _arrays_of(self, node: Node) -> Mapping[str, Any]:
        if self._store is None:
            return self._sibling(node)[1]
        return self._store.read_stage_arrays(node.key)

    def _sibling(self, node: Node) -> tuple[StageRecord, Mapping[str, Any]]:
        """An earlier stage run here and now, for a notebook that was opened without a run folder."""
        if node.id not in self._siblings:
            other = StageSession(self.loaded, self.plan, node, {}, None)
            other.__dict__.update(subject=self.subject, shelf=self.shelf)
            other.run()
            record = StageRecord(other.status, other.reason, other.result, {})
            self._siblings[node.id] = (record, other._output.arrays)
        return self._siblings[node.id]

    def _context(self) -> StageContext:
        spec = self.loaded.spec
        scope = {"stage": self.node.stage, "version": self.stage.meta.version, "data": self.plan.data_key}
        return StageContext(
            stage=self.node.stage,
            attacker=spec.threat_model,
            seed=spec.seed,
            units=units_from_environment(self._store, scope, self.node.id),
            small_cell=spec.report.small_cell,
            data_key=self.plan.data_key,
        )


def _why_not_planned(plan: Plan, name: str, variant: str | None) -> str:
    for left in plan.left_out:
        if left.stage == name and left.variant in (None, variant):
            return f"{name} does not apply here: {left.reason}"
    ids = ", ".join(info.id for info in plan.variants)
    return f"{name} is not planned on variant {variant!r}; the spec's variants are {ids}"


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
