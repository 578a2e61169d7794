"""Finds the stages: one a module of this package, and third parties' by the entry-point group `privnb.stages`."""

import functools
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from privnb.advisor import Advice, advise
from privnb.advisor.recipes import advised_mitigations
from privnb.errors import PrivnbError
from privnb.spec import LoadedSpec, read_spec
from privnb.stages.contract import Stage, StageMeta, StageParameters

UNASKED = frozenset({"subject"})  # part of every run, and nothing to ask for
_NOTEBOOKS = Path(__file__).parent.parent / "_notebooks"
_NOT_STAGES = {"contract", "registry"}


@functools.cache
def stages() -> Mapping[str, Stage]:
    """Every stage by name. A module is a stage when it has META, Parameters and run.

    Raises PrivnbError when two packages bring the same name or a module lacks one of the three.
    """
    found: dict[str, Stage] = {}  # a third party's module names its own notebook as NOTEBOOK
    package = import_module("privnb.stages")
    modules = [
        (info.name, import_module(f"privnb.stages.{info.name}"))
        for info in pkgutil.iter_modules(package.__path__)
        if info.name not in _NOT_STAGES
    ]
    modules += [(point.name, point.load()) for point in entry_points(group="privnb.stages")]
    for name, module in sorted(modules, key=lambda pair: pair[0]):
        if name in found:
            raise PrivnbError(f"two packages bring a stage named {name!r}; uninstall one of them")
        found[name] = _stage(name, module)
    return found


def assessments() -> dict[str, type[StageParameters]]:
    """Parameter classes of the assessments a spec may name, by stage name."""
    return {
        name: stage.parameters
        for name, stage in stages().items()
        if stage.meta.kind == "assessment" and name not in UNASKED
    }


def mitigations() -> dict[str, type[StageParameters]]:
    """Parameter classes of the mitigations, by stage name."""
    return {name: stage.parameters for name, stage in stages().items() if stage.meta.kind == "mitigation"}


def facts() -> list[str]:
    """The ids of all findings that a gate may name; `*` stands for one word."""
    return sorted(f"{name}.{fact}" for name, stage in stages().items() for fact in stage.meta.facts)


def load_spec(path: str | Path, profile: str | None = None) -> LoadedSpec:
    """Read the spec at `path`; `profile` overrides the file's. Raises SpecError with every problem located."""
    always = [name for name, stage in stages().items() if stage.meta.always]
    return read_spec(
        path, assessments(), mitigations(), facts(), always=always, profile=profile, advisor=chosen_mitigations
    )


def advice_of(spec: Mapping[str, Any], given: Mapping[str, str] | None = None) -> Advice:
    """Advice for a spec's plain mapping in this version; `given` are answers by question."""
    return advise(spec, stages(), facts(), given)


def chosen_mitigations(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The mitigations of `mitigations: auto`, as a spec would hold them."""
    return advised_mitigations(advice_of(spec), mitigations())


def _stage(name: str, module: ModuleType) -> Stage:
    missing = [part for part in ("META", "Parameters", "run") if not hasattr(module, part)]
    if missing or not isinstance(module.META, StageMeta):
        raise PrivnbError(f"stage {name!r} ({module.__name__}) lacks {', '.join(missing) or 'a StageMeta'}")
    return Stage(
        name=name,
        meta=module.META,
        parameters=module.Parameters,
        run=module.run,
        notebook=Path(getattr(module, "NOTEBOOK", _NOTEBOOKS / f"{name}.ipynb")),
        make=getattr(module, "make", None),
        has_control=getattr(module, "has_control", lambda params: False),
        describe=getattr(module, "describe", lambda params: name),
    )
