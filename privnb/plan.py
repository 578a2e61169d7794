"""The plan: stages times variants as a graph, each with a content key that decides whether it must run."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from privnb import __version__
from privnb.findings import StageStatus, VariantInfo
from privnb.spec import Explained, LoadedSpec, effective, profile_parameters
from privnb.spec.profiles import profile_of
from privnb.stages import advice_of, stages
from privnb.stages.contract import Stage, StageParameters
from privnb.stages.registry import UNASKED
from privnb.units import content_key

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas")
_NOBODY_DECLARED = (
    "nobody declared who was in this model's training data; give data.train and data.holdout, or data.member"
)


@dataclass(frozen=True)
class Node:
    """One stage on one variant (None for scope table and run).

    `needs` must have ended well before it starts, `after` must only have ended. `key` is the SHA-256 of everything that
    decides its result.
    """

    stage: str
    variant: str | None
    params: StageParameters
    needs: tuple[str, ...]
    after: tuple[str, ...]
    key: str

    @property
    def id(self) -> str:
        """`<stage>--<variant>`, with `data` or `run` where there is no variant."""
        return node_id(self.stage, self.variant)


@dataclass(frozen=True)
class Plan:
    """Nodes in an order that respects their dependencies, the variants, and the stages that will not run and why.

    `data_key` names the data, their roles and split, the model's source and the library versions.
    """

    nodes: tuple[Node, ...]
    variants: tuple[VariantInfo, ...]
    left_out: tuple[StageStatus, ...]
    data_key: str

    def node(self, id: str) -> Node:
        """The node of that id; KeyError if the plan has none."""
        for node in self.nodes:
            if node.id == id:
                return node
        raise KeyError(id)


def node_id(stage: str, variant: str | None) -> str:
    """The name of a stage on a variant, as used for notebooks, progress and state."""
    return f"{stage}--{variant or stages()[stage].meta.scope.replace('table', 'data')}"


def variants_of(spec) -> tuple[VariantInfo, ...]:
    """The baseline, then each mitigation's variant in the order of the spec, followed by its control if any."""
    found = [VariantInfo(id="baseline", kind="baseline", label="as trained")]
    for mitigation in spec.mitigations:
        stage = stages()[mitigation.kind]
        label = stage.describe(mitigation.params)
        parent = mitigation.from_ or "baseline"
        found.append(VariantInfo(id=mitigation.id, kind=mitigation.kind, from_=parent, label=label))
        if stage.has_control(mitigation.params):
            found.append(
                VariantInfo(
                    id=f"{mitigation.id}-control",
                    kind="control",
                    from_=parent,
                    label=f"control of {mitigation.id}",
                    control_of=mitigation.id,
                )
            )
    return tuple(found)


def build_plan(loaded: LoadedSpec) -> Plan:
    """The graph of stages for a spec. Reads the data files' bytes for their digest, but trains and parses nothing."""
    from privnb.subject.digests import content_digest

    spec = loaded.spec
    base = {
        "data": content_digest(spec.data, loaded.base),
        "roles": spec.data.model_dump(mode="json", exclude={"path", "train", "holdout", "dictionary"}),
        "model": spec.model.model_dump(mode="json"),
        "source": _source_digest(spec.model, loaded.base),
        "previous": _file_digest(loaded.base / spec.model.previous) if spec.model.previous else None,
        "seed": spec.seed,
        "versions": {"privnb": __version__, **{name: version(name) for name in LIBRARIES}},
    }
    attacker = spec.threat_model.model_dump(mode="json")
    membership_known = _membership_known(spec)
    variants = variants_of(spec)
    nodes: dict[str, Node] = {}
    left_out: list[StageStatus] = []

    def add(stage: Stage, variant: str | None, params, needs: Iterable[str] = (), after: Iterable[str] = ()) -> Node:
        needs, after = tuple(needs), tuple(after)
        key = content_key(
            {
                "stage": stage.name,
                "version": stage.meta.version,
                "params": params.model_dump(mode="json"),
                "variant": variant,
                "needs": {name: nodes[name].key for name in (*needs, *after)},
                "base": base,
                "attacker": attacker if stage.meta.attacker else None,
                "small_cell": spec.report.small_cell,
            }
        )
        node = Node(stage.name, variant, params, needs, after, key)
        nodes[node.id] = node
        return node

    makers = {"baseline": add(stages()["subject"], "baseline", stages()["subject"].parameters()).id}
    chosen, unasked = _chosen_assessments(spec)
    left_out += [StageStatus(stage=name, variant=None, status="not_requested", reason=why) for name, why in unasked]

    for name, params in chosen.items():
        if stages()[name].meta.scope == "table":
            add(stages()[name], None, params)

    for mitigation in spec.mitigations:
        stage = stages()[mitigation.kind]
        if not membership_known:
            left_out.append(
                StageStatus(stage=stage.name, variant=mitigation.id, status="not_applicable", reason=_NOBODY_DECLARED)
            )
            continue
        node = add(stage, mitigation.id, mitigation.params, needs=[makers[mitigation.from_ or "baseline"]])
        makers[mitigation.id] = makers[f"{mitigation.id}-control"] = node.id

    variants = tuple(variant for variant in variants if variant.id in makers)
    for variant in variants:
        for name, params in chosen.items():
            stage = stages()[name]
            if stage.meta.scope != "variant":
                continue
            if "holdout" in stage.meta.needs and not membership_known:
                left_out.append(
                    StageStatus(stage=name, variant=variant.id, status="not_applicable", reason=_NOBODY_DECLARED)
                )
                continue
            add(stage, variant.id, params, needs=[makers[variant.id]])

    earlier = [node.id for node in nodes.values()]
    for name, params in chosen.items():
        if stages()[name].meta.scope == "run":
            if len(variants) < 2:
                reason = "there is only one model; name mitigations to compare"
                left_out.append(StageStatus(stage=name, variant=None, status="not_applicable", reason=reason))
            else:
                add(stages()[name], None, params, after=earlier)
    return Plan(tuple(nodes.values()), variants, tuple(left_out), content_key(base))


def explain(loaded: LoadedSpec) -> list[Explained]:
    """Every value of the effective spec with its source, those of assessments that nobody named included."""
    named = () if loaded.spec.assess == "auto" else loaded.spec.assess
    lines = effective(loaded)
    for stage, params in _chosen_assessments(loaded.spec)[0].items():
        if stage in named:
            continue
        for name, field in type(params).model_fields.items():
            source = f"profile {loaded.spec.profile}" if profile_of(field, loaded.spec.profile)[0] else "default"
            lines.append(Explained(f"assess.{stage}.{name}", params.model_dump(mode="json")[name], source))
    return lines


def _chosen_assessments(spec) -> tuple[dict[str, StageParameters], list[tuple[str, str]]]:
    """Assessments that will run with their parameters, and those nobody asked for with the reason."""
    chosen: dict[str, StageParameters] = {}
    unasked = []
    advice = advice_of(spec.model_dump(mode="json", by_alias=True)) if spec.assess == "auto" else None
    for name, stage in stages().items():
        if stage.meta.kind != "assessment" or name in UNASKED:
            continue
        if spec.assess == "auto":
            against = _advised_against(advice, stage, spec)
            if against:
                unasked.append((name, against))
            else:
                chosen[name] = profile_parameters(stage.parameters, spec.profile)
        elif name in spec.assess:
            chosen[name] = spec.assess[name]
        elif stage.meta.always:
            chosen[name] = profile_parameters(stage.parameters, spec.profile)
        else:
            unasked.append((name, "the spec does not ask for it; name it under assess, or leave assess out"))
    return chosen, unasked


def _advised_against(advice, stage: Stage, spec) -> str:
    """Why the advisor leaves a stage out; empty when it does not, or where the plan itself says that it cannot run."""
    verdict = next((found for found in advice.verdicts if found.item == stage.name), None)
    if verdict is None or verdict.chosen or ("holdout" in stage.meta.needs and not _membership_known(spec)):
        return ""
    return verdict.because


def _membership_known(spec) -> bool:
    """Whether anybody can say who was in the training: we train the model ourselves, or the user declared it."""
    return spec.model.file is None or spec.data.member is not None or spec.data.train is not None


def _source_digest(model, base: Path) -> str | None:
    """SHA-256 of a model file or of a factory's module; None for an estimator by name."""
    if model.file is not None:
        path = base / model.file
    elif model.factory is not None:
        path = factory_module(model.factory, base)
    else:
        return None
    return _file_digest(path) if path else None


def _file_digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def factory_module(factory: str, base: Path) -> Path | None:
    """The source of `package.module:callable`: beside the spec, in this folder, where Python finds it, or None."""
    module = factory.partition(":")[0]
    for folder in (base, Path.cwd()):
        place = folder.joinpath(*module.split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.exists():
                return path
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(found.origin) if found and found.origin else None
