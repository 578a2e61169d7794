"""Checks of the data section: files exist, columns exist in the header, and roles do not contradict each other."""

from pathlib import Path

from privnb.spec.columns import builtin_columns, data_columns, header, is_file, names_in, some_columns
from privnb.spec.draft import Draft, spoken
from privnb.spec.nearest import nearest
from privnb.spec.tree import named_values

TABLES = (".csv", ".parquet")


def check_data_source(draft: Draft) -> None:
    """The files that data names exist, are tables, and have a header."""
    for key in ("path", "train", "holdout"):
        name = draft.get("data", key, kind=str)
        if not name or draft.get("data", "builtin"):
            continue
        path, place = draft.base / name, ("data", key)
        if path.suffix not in TABLES:
            draft.at_value(place, f"{spoken(place)} is '{name}'; a table ends in {' or '.join(TABLES)}")
        elif file_exists(draft, place, name):
            try:
                columns = header(path)
            except ValueError as error:
                draft.at_value(place, f"{spoken(place)}: {error}")
                continue
            twice = sorted({column for column in columns if columns.count(column) > 1})
            if twice:
                draft.at_value(place, f"{name} has more than one column named '{twice[0]}'; rename one")
    name = draft.get("data", "dictionary", kind=str)
    if name:
        file_exists(draft, ("data", "dictionary"), name)


def check_columns(draft: Draft) -> None:
    """Every column that the spec names is in the table, and in the holdout table too."""
    tables = _tables(draft)
    if not tables or not isinstance(draft.raw, dict):
        return
    for kind, path, value in named_values(draft.raw, draft.tree):
        if kind != "column" or not isinstance(value, str) or not value:
            continue
        for label, columns in tables:
            if value in columns:
                continue
            near = nearest(value, columns)
            ending = f"did you mean '{near}'?" if near else f"columns are {some_columns(columns)}"
            draft.at_value(path, f"{spoken(path, draft.raw)}: {label} has no column '{value}'; {ending}")
            break


def check_roles(draft: Draft) -> None:
    """The target is no quasi-identifier, identifier or key column; no list names a column twice."""
    target = draft.get("data", "target", kind=str)
    named = draft.get("data", "identifiers", kind=list) or []
    identifiers = {name: place for place, name in enumerate(named) if isinstance(name, str)}
    there = f"data.target ({draft.place(('data', 'target'))})"
    for role in ("sensitive", "quasi_identifiers", "identifiers"):
        seen: set[str] = set()
        for place, column in enumerate(draft.get("data", role, kind=list) or []):
            path = ("data", role, place)
            if not isinstance(column, str):
                continue
            if column in seen:
                draft.at_value(path, f"data.{role} names '{column}' twice")
            seen.add(column)
            if column == target and role != "sensitive":
                draft.at_value(path, f"'{column}' is {there} and cannot be in data.{role}; remove it from one")
            if role == "quasi_identifiers" and column in identifiers:
                where = draft.place(("data", "identifiers", identifiers[column]))
                draft.at_value(path, f"'{column}' is in data.identifiers ({where}) and here; keep one")
    for role in ("person_id", "party", "member"):
        column = draft.get("data", role, kind=str)
        if column is not None and column == target:
            draft.at_value(("data", role), f"'{column}' is {there} and cannot be data.{role}")


def file_exists(draft: Draft, place: tuple, name: str) -> bool:
    """Whether the file that the value at `place` names is there; if not, that is noted with the near name."""
    path = draft.base / name
    if is_file(path):
        return True
    near = nearest(path.name, names_in(path.parent))
    ending = f"; did you mean '{Path(name).with_name(near)}'?" if near else "; paths are relative to the spec"
    draft.at_value(place, f"{spoken(place)}: there is no file '{name}'{ending}")
    return False


def _tables(draft: Draft) -> list[tuple[str, list[str]]]:
    """(name for people, columns) of each table whose columns are known."""
    data = draft.get("data", kind=dict) or {}
    if isinstance(data.get("builtin"), str):
        columns = builtin_columns().get(data["builtin"])
        return [(f"the data set {data['builtin']}", columns)] if columns else []
    tables = []
    for key in ("path", "train", "holdout"):
        if isinstance(data.get(key), str):
            try:
                columns = data_columns({"path": data[key]}, draft.base)
            except ValueError:
                columns = None
            if columns:
                tables.append((Path(data[key]).name, columns))
    return tables
