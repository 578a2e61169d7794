"""People behind rows: codes, sums by person, and an order that no shuffling or copying of rows changes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError


def person_codes(persons: ArrayLike | None, rows: int) -> tuple[np.ndarray, int]:
    """Code of each row's person (0 to people - 1) and the number of people; None makes every row its own person.

    Codes follow the sorted identifiers, so they depend neither on the order of rows nor on how often a row occurs.
    Raises DataError when `persons` does not fit the rows or holds missing values.
    """
    if persons is None:
        return np.arange(rows), rows
    persons = np.asarray(persons)
    if persons.shape != (rows,):
        raise DataError(f"persons has shape {persons.shape} but there are {rows} rows: give one person for each row.")
    if persons.dtype.kind == "O":
        absent = np.array(
            [type(person).__name__ == "NAType" or person is None or person != person for person in persons]
        )
        if not absent.any():
            persons = persons.astype(str)
    else:
        absent = np.isnan(persons) if persons.dtype.kind == "f" else np.zeros(rows, dtype=bool)
    if absent.any():
        raise DataError(f"{int(absent.sum())} of {rows} rows have no person: fill in the column or leave persons out.")
    distinct, codes = np.unique(persons, return_inverse=True)
    return codes, len(distinct)


def by_person(values: np.ndarray, codes: np.ndarray, people: int) -> np.ndarray:
    """Sum of `values` (n) within each person (people)."""
    return np.bincount(codes, weights=values, minlength=people)


def stable_people(codes: np.ndarray, people: int, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Person codes renumbered by content: by the largest, then the smallest value of each column, then by old code.

    A draw of people in this order is the same however rows are ordered, copied or people are renamed; a new name
    matters only between people with equal extremes in every column.
    """
    keys = []
    for column in columns:
        order = np.lexsort((column, codes))
        sorted_codes = codes[order]
        first = np.searchsorted(sorted_codes, np.arange(people), side="left")
        last = np.searchsorted(sorted_codes, np.arange(people), side="right") - 1
        keys += [column[order[last]], column[order[first]]]
    rank = np.empty(people, dtype=np.intp)
    rank[np.lexsort((np.arange(people), *keys[::-1]))] = np.arange(people)
    return rank[codes]


def checked_column(values: ArrayLike, name: str, rows: int | None = None) -> np.ndarray:
    """`values` as a one-dimensional float array; DataError when it is empty, has another length or holds NaN."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) == 0:
        raise DataError(f"{name} has shape {values.shape}: it must be one column with at least one row.")
    if rows is not None and len(values) != rows:
        raise DataError(f"{name} has {len(values)} rows but {rows} were expected: give one value for each row.")
    absent = int(np.isnan(values).sum())
    if absent:
        raise DataError(f"{name} holds {absent} missing values among {len(values)}: drop or fill in these rows.")
    return values


def checked_flags(values: ArrayLike, name: str, rows: int | None = None) -> np.ndarray:
    """`values` as a boolean array; DataError when it holds anything but 0 and 1 or has another length."""
    column = checked_column(values, name, rows)
    if not np.isin(column, (0.0, 1.0)).all():
        raise DataError(f"{name} must hold only 0 and 1 (or False and True); it holds {float(column.max())} too.")
    return column == 1.0


def checked_scores(scores: ArrayLike, member: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n floats) and membership (n bools) that fit each other, with rows of both kinds; DataError otherwise."""
    scores = checked_column(scores, "scores")
    member = checked_flags(member, "member", len(scores))
    members = int(member.sum())
    if members in (0, len(member)):
        raise DataError(
            f"{members} of {len(member)} rows are members: rows of members and of non-members are both needed."
        )
    return scores, member
