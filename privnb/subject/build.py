"""From the spec's data, model and seed to the subject: rows, roles, and parts that no person straddles."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from privnb.errors import DataError
from privnb.subject.contract import PARTS, Subject
from privnb.subject.datasets import LICENCES, load_builtin
from privnb.subject.dictionary import Dictionary, read_dictionary
from privnb.subject.models import load_model
from privnb.subject.rows import Rows
from privnb.subject.split import person_codes, split_by_person
from privnb.subject.tables import as_declared, read_table, require_columns
from privnb.subject.target import check_known_classes, target_values
from privnb.subject.trainers import EstimatorTrainer, FactoryTrainer

_ROLES = {"person": "person_id", "party": "party"}
FEWEST_ROWS = 30
_MEMBER = {"true": True, "yes": True, "1": True, "1.0": True, "member": True,
           "false": False, "no": False, "0": False, "0.0": False, "non-member": False}  # fmt: skip


def build_subject(spec: Any, base: Path) -> Subject:
    """The subject of a validated spec; paths are relative to `base`.

    Identifiers, person, party and member columns never reach X: `context` holds `person` (integer codes by first
    appearance), `party`, `added` (what model.added says), and the sensitive and quasi-identifying columns that are no
    features, under their own names. Membership is `declared` by train and holdout files or a member column; `unknown`
    for a given model file without either, whose rows are then all in part `given`; else `split`, drawn by person.
    Rows outside training whose person is in training are in no part, and counted in `facts["set_aside_rows"]`.

    Raises DataError for data that do not fit the spec, with fewer than 30 rows for training or evaluation among
    them, and ModelError for a model that cannot be had.
    """
    data, model, base = spec.data, spec.model, Path(base)
    frame, schema, member, source = _read(data, base)
    require_columns(frame, [data.target], "data.target")
    for role in ("sensitive", "quasi_identifiers", "identifiers"):
        require_columns(frame, getattr(data, role) or (), f"data.{role}")
    for role in ("person_id", "party", "member"):
        require_columns(frame, [named] if (named := getattr(data, role)) else (), f"data.{role}")
    added = getattr(model, "added", None)
    require_columns(frame, [added] if added else (), "model.added")
    if data.member:
        member = _flags(frame[data.member], data.member, "data.member")
    task, classes = _task_of(model, base)
    y = target_values(frame[data.target], data.target, task)
    rows = _rows(frame, y, schema, data, added)
    check_known_classes(y, classes)
    parts, set_aside = _parts(rows, member, spec, task)
    membership = "declared" if member is not None else "unknown" if model.file else "split"
    facts = {
        "source": source,
        "licence": LICENCES.get(data.builtin, "") if data.builtin else "",
        "columns": int(frame.shape[1]),
        "people": len(np.unique(rows.persons)),
        "set_aside_rows": set_aside,
        "classes": [] if task == "regression" else [str(label) for label in np.unique(y)],
    }
    return Subject(rows, parts, task, membership, facts)


def _read(data: Any, base: Path) -> tuple[pd.DataFrame, Dictionary, np.ndarray | None, str]:
    """The whole table, its dictionary, who was in training where files say so, and the data's name for people."""
    declared = read_dictionary(base / data.dictionary) if data.dictionary else None
    if data.builtin:
        frame, schema = load_builtin(data.builtin)
        if declared is not None:
            schema = replace(declared, columns={**schema.columns, **declared.columns})
        return as_declared(frame, declared, data.builtin), schema, None, data.builtin
    if data.path:
        frame, member, source = read_table(base / data.path, declared), None, Path(data.path).name
    else:
        train, holdout = read_table(base / data.train, declared), read_table(base / data.holdout, declared)
        if set(train.columns) != set(holdout.columns):
            differing = sorted(set(train.columns) ^ set(holdout.columns))
            raise DataError(
                f"{data.train} and {data.holdout} differ in columns: only one of them has {', '.join(differing[:5])}"
            )
        frame = pd.concat([train, holdout[list(train.columns)]], ignore_index=True)
        member = np.arange(len(frame)) < len(train)
        source = f"{Path(data.train).name}, {Path(data.holdout).name}"
    return frame, (declared or Dictionary({}, "declared")).completed(frame), member, source


def _flags(values: pd.Series, name: str, place: str) -> np.ndarray:
    words = values.map(lambda value: _MEMBER.get(str(value).strip().lower()), na_action="ignore")
    if words.isna().any():
        raise DataError(
            f"{place}: column {name!r} must say true or false (or 1 and 0, yes and no) in every row; "
            f"{int(words.isna().sum())} rows say something else"
        )
    member = words.to_numpy(bool)
    if member.all() or not member.any():
        raise DataError(f"{place}: column {name!r} says {'true' if member.all() else 'false'} in every row")
    return member


def _task_of(model: Any, base: Path) -> tuple[str, np.ndarray | None]:
    """The task of the spec's model, and the classes that a fitted file knows."""
    if model.file:
        fitted, _, _ = load_model(base / model.file, bool(getattr(model, "trust", False)))
        return ("regression" if fitted.classes is None else "classification"), fitted.classes
    if model.factory:
        return FactoryTrainer(model.factory, base).task, None
    return EstimatorTrainer(model.train.estimator, model.train.params).task, None


def _rows(frame: pd.DataFrame, y: np.ndarray, schema: Dictionary, data: Any, added: str | None = None) -> Rows:
    hidden = [*(data.identifiers or ()), *(name for name in (data.person_id, data.party, data.member, added) if name)]
    features = [name for name in frame.columns if name != data.target and name not in hidden]
    if not features:
        raise DataError("no column is left as a feature: all are target, identifiers, person, party or member")
    context = {}
    for name in [*(data.sensitive or ()), *(data.quasi_identifiers or ())]:
        if name not in features:
            if name in ("person", "party"):
                raise DataError(
                    f"column {name!r} is no feature and has privnb's own name for data.{_ROLES[name]}; rename it"
                )
            context[name] = frame[name]
    if data.person_id:
        context["person"] = person_codes(frame[data.person_id])
    if data.party:
        context["party"] = frame[data.party]
    if added:
        context["added"] = _flags(frame[added], added, "model.added")
    return Rows(frame[features], y, pd.DataFrame(context, index=frame.index), schema)


def _parts(rows: Rows, member: np.ndarray | None, spec: Any, task: str) -> tuple[dict[str, np.ndarray], int]:
    nobody = {name: np.array([], dtype=np.int64) for name in PARTS}
    shares = {name: float(getattr(spec.data.split, name)) for name in ("train", "validation", "evaluation", "pool")}
    labels = rows.y if task == "classification" else None
    set_aside = 0
    if member is None and spec.model.file:
        parts = nobody | {"given": np.arange(len(rows))}
        _enough(parts, ("given",))
        return parts, set_aside
    if member is None:
        parts = nobody | split_by_person(rows.persons, shares, spec.seed, labels)
    else:
        outside = ~member & ~np.isin(rows.persons, rows.persons[member])
        set_aside = int((~member & ~outside).sum())
        parts = nobody | {"train": np.flatnonzero(member)} | _outside(rows, outside, shares, spec, labels)
    _enough(parts, ("train", "evaluation"))
    return parts, set_aside


def _outside(
    rows: Rows, outside: np.ndarray, shares: Mapping[str, float], spec: Any, labels: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The parts of people who were not in training: all evaluation for a given file, else by the ratio of the split."""
    positions = np.flatnonzero(outside)
    if spec.model.file:
        return {"evaluation": positions}
    rest = {name: share for name, share in shares.items() if name != "train"}
    total = sum(rest.values())
    ratios = {name: share / total for name, share in rest.items()}
    drawn = split_by_person(rows.persons[positions], ratios, spec.seed, None if labels is None else labels[positions])
    return {name: positions[index] for name, index in drawn.items()}


def _enough(parts: Mapping[str, np.ndarray], names: tuple[str, ...]) -> None:
    for name in names:
        if len(parts[name]) < FEWEST_ROWS:
            sizes = ", ".join(f"{part} {len(index)}" for part, index in parts.items() if len(index))
            raise DataError(
                f"too few rows: part {name} has {len(parts[name])}, it needs at least {FEWEST_ROWS} "
                f"(rows by part: {sizes or 'none'}); give more data or change data.split"
            )
