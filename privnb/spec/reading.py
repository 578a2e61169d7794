"""Reads a spec: from a file or a text to a validated Spec, or to every problem in it with line and column."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from privnb.errors import Problem, SpecError
from privnb.spec.checks import check_all
from privnb.spec.draft import Draft, TooMany, shown
from privnb.spec.later import refuse
from privnb.spec.model import Spec
from privnb.spec.positions import MAX_BYTES, parse
from privnb.spec.settle import settle
from privnb.spec.syntax import decode
from privnb.spec.tree import spec_model
from privnb.spec.wording import describe, validation_errors

Parameters = Mapping[str, type[pydantic.BaseModel]]
Advisor = Callable[[Mapping[str, Any]], list[dict[str, Any]]]


@dataclass(frozen=True)
class LoadedSpec:
    """A valid spec and where it comes from.

    `path` is the file (or the name given with a text), `base` the folder its paths are relative to. `source` and
    `key_source` map a path of keys and list indices to the (line, column) of its value and key, `given` are the paths
    that the file sets, `filled` those set by the profile or the caller, with that source's name.
    """

    spec: Spec
    path: Path
    text: str
    base: Path
    source: Mapping[tuple, tuple[int, int]] = field(repr=False)
    key_source: Mapping[tuple, tuple[int, int]] = field(repr=False)
    given: frozenset[tuple] = field(repr=False)
    filled: Mapping[tuple, str] = field(default_factory=dict, repr=False)


def read_spec(
    path: str | Path,
    assessments: Parameters,
    mitigations: Parameters,
    facts: Collection[str],
    *,
    always: Collection[str] | None = None,
    profile: str | None = None,
    advisor: Advisor | None = None,
) -> LoadedSpec:
    """Read and validate the spec in a file (UTF-8, YAML 1.2, at most 1 MiB).

    `assessments` and `mitigations` are the stages' parameter classes by name, `facts` the finding ids that gates may
    name (`*` for one word), `always` the assessments that run without being requested (without it, a gate on an
    assessment that was not requested is not refused), `profile` replaces the file's. `advisor` gives the mitigations of
    `mitigations: auto`, as a spec would hold them, for the plain values of the rest. Raises SpecError with every
    problem, or the first 200 found.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError(
            str(path), [Problem(1, 1, "there is no such file; docs/spec.md shows the shortest spec")]
        ) from None
    except OSError as error:
        raise SpecError(
            str(path), [Problem(1, 1, f"cannot be read: {(error.strerror or str(error)).lower()}")]
        ) from None
    text, problem = decode(data, MAX_BYTES)
    if problem:
        raise SpecError(str(path), [problem])
    return read_spec_text(
        text, path, path.parent, assessments, mitigations, facts, always=always, profile=profile, advisor=advisor
    )


def read_spec_text(
    text: str,
    filename: str | Path,
    base_dir: str | Path,
    assessments: Parameters,
    mitigations: Parameters,
    facts: Collection[str],
    *,
    always: Collection[str] | None = None,
    profile: str | None = None,
    advisor: Advisor | None = None,
) -> LoadedSpec:
    """As `read_spec`, for a text: `filename` is named in the problems, paths in the spec are relative to `base_dir`."""
    draft = Draft(
        parse(text), spec_model(assessments, mitigations), Path(base_dir), assessments, mitigations, facts, always
    )
    spec = _validate(draft, Path(filename), profile, advisor)
    if draft.problems or spec is None:
        raise SpecError(str(filename), draft.problems)
    return LoadedSpec(
        spec=spec,
        path=Path(filename),
        text=text,
        base=Path(base_dir),
        source=draft.located.values,
        key_source=draft.located.keys,
        given=frozenset(draft.given),
        filled=draft.filled,
    )


def spec_problems(
    text: str,
    filename: str | Path,
    base_dir: str | Path,
    assessments: Parameters,
    mitigations: Parameters,
    facts: Collection[str],
    *,
    always: Collection[str] | None = None,
    advisor: Advisor | None = None,
) -> list[Problem]:
    """Every problem of a text in the order of the file, for an editor; empty when it is valid."""
    try:
        read_spec_text(text, filename, base_dir, assessments, mitigations, facts, always=always, advisor=advisor)
    except SpecError as error:
        return error.problems
    return []


def _validate(draft: Draft, filename: Path, profile: str | None, advisor: Advisor | None) -> Spec | None:
    """The spec, or None with the problems noted in the draft."""
    if draft.located.broken:
        return None  # what follows the place would only be said to be missing
    if not isinstance(draft.raw, dict):
        what = "holds nothing but comments" if draft.raw is None else f"is {shown(draft.raw)}"
        draft.at_value((), f"the spec {what}; it must be a mapping that starts with 'privnb: 1'")
        return None
    draft.given.update(draft.located.keys)
    draft.given.update(draft.located.values)
    _defaults_of_this_reading(draft, filename, profile)
    try:
        if advisor is not None and draft.raw.get("mitigations") == "auto":
            _advised(draft, advisor)
        return _checked(draft)
    except TooMany:
        return None


def _checked(draft: Draft) -> Spec | None:
    settle(draft)
    refuse(draft)
    check_all(draft)
    _drop_refused(draft)
    try:
        return draft.tree.model_validate_json(json.dumps(draft.raw), strict=True)
    except pydantic.ValidationError as error:
        describe(draft, validation_errors(error))
    return None


def _defaults_of_this_reading(draft: Draft, filename: Path, profile: str | None) -> None:
    if draft.raw.get("name") is None:
        draft.raw["name"] = filename.name.partition(".")[0] or "assessment"
        draft.filled[("name",)] = "default"
    if profile is not None:
        draft.raw["profile"] = profile
        draft.filled[("profile",)] = "command line"


def _advised(draft: Draft, advisor: Advisor) -> None:
    """Write the advisor's mitigations where the spec says auto."""
    chosen = draft.raw["mitigations"] = advisor(draft.raw)
    steps = [(("mitigations", place), item) for place, item in enumerate(chosen)]
    while steps:
        path, value = steps.pop()
        if isinstance(value, dict):
            steps += [((*path, key), inner) for key, inner in value.items()]
        draft.filled[path] = "advisor"


def _drop_refused(draft: Draft) -> None:
    """Take out the assessments of later versions: they are known and refused, not unknown."""
    for path in draft.refused:
        if path[0] == "assess":
            draft.get("assess").pop(path[1], None)
