"""What shadow models are trained on: the attacker's rows, and which half of their people each shadow sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from privnb.errors import DataError
from privnb.subject.rows import Rows

Knowledge = Literal["actual", "same-distribution"]


@dataclass(frozen=True)
class Universe:
    """The rows an attacker draws shadow training sets from.

    `rows` are all rows the shadows can see; `keep` (shadows x rows) says which rows each shadow trains on. Under
    `actual` the first `candidates` rows are the records under attack (members, then non-members); under
    `same-distribution` there are none of them (`candidates` is 0). Shadows 2i and 2i + 1 are twins: together they see
    every row exactly once.
    """

    rows: Rows
    keep: np.ndarray
    candidates: int


def draw_universe(
    members: Rows, non_members: Rows, pool: Rows | None, shadows: int, data: Knowledge, seed: Callable[..., int]
) -> Universe:
    """The attacker's universe and its balanced complementary halves.

    `actual`: the attacker holds the candidate records; pool people are added until the universe is twice the members,
    so that a shadow is trained on about as many rows as the target (all of the pool where it is smaller than that).
    `same-distribution`: the pool alone. Membership is never looked at beyond the number of members. Raises DataError
    when `shadows` is odd or below 2, or when `same-distribution` has fewer than 30 pool rows.
    """
    if shadows < 2 or shadows % 2:
        raise DataError(f"shadow models come in twins: {shadows} is not an even number from 2 on; use {shadows + 1}.")
    if data == "same-distribution":
        if pool is None or len(pool) < 30:
            found = 0 if pool is None else len(pool)
            raise DataError(
                f"the pool holds {found} rows and shadow models need 30 or more under same-distribution; "
                "give the pool a larger share in data.split or set threat_model.data to actual."
            )
        rows, candidates = pool, 0
    else:
        candidates = len(members) + len(non_members)
        parts = [members, non_members]
        if pool is not None and len(pool) and 2 * len(members) > candidates:
            parts.append(_people_with_rows(pool, 2 * len(members) - candidates, seed("shadow-pool")))
        rows = stack(parts)
    labels = rows.y if rows.y.dtype.kind != "f" else None
    return Universe(rows, balanced_halves(rows.persons, labels, shadows, seed), candidates)


def balanced_halves(
    persons: np.ndarray, labels: np.ndarray | None, shadows: int, seed: Callable[..., int]
) -> np.ndarray:
    """Which rows each shadow trains on: bool (shadows x rows), every person in exactly one of each pair of twins.

    `persons` (n) are codes, `labels` (n) the classes or None. People are paired at random among those of their label
    and one of each pair goes to each twin, so no class is missing where it has two people. The result depends on the
    set of people, their labels and the seed, never on the order of the rows.
    """
    people, person = np.unique(persons, return_inverse=True)
    keep = np.empty((shadows, len(persons)), bool)
    stratum = np.zeros(len(people), int)
    if labels is not None:  # of a person with several labels, the first in their order
        codes = np.unique(labels, return_inverse=True)[1]
        stratum[:] = codes.max()
        np.minimum.at(stratum, person, codes)
    for pair in range(shadows // 2):
        random = np.random.default_rng(seed("shadow-half", pair))
        order = np.lexsort((random.random(len(people)), stratum))
        side = np.empty(len(people), bool)
        side[order] = _one_of_each_two(len(people), random)
        keep[2 * pair] = side[person]
        keep[2 * pair + 1] = ~keep[2 * pair]
    return keep


def some_people(rows: Rows, people: int, seed: int) -> Rows:
    """All rows of `people` people drawn at random, in their order; all rows where there are no more."""
    names, person = np.unique(rows.persons, return_inverse=True)
    if len(names) <= people:
        return rows
    chosen = np.zeros(len(names), bool)
    chosen[np.random.default_rng(seed).permutation(len(names))[:people]] = True
    return rows.take(np.flatnonzero(chosen[person]))


def stack(parts: Sequence[Rows]) -> Rows:
    """The rows of several parts of one table, one below the other."""
    return Rows(
        pd.concat([part.X for part in parts], ignore_index=True),
        np.concatenate([part.y for part in parts]),
        pd.concat([part.context for part in parts], ignore_index=True),
        parts[0].schema,
        np.concatenate([part.position for part in parts]),
    )


def _one_of_each_two(n: int, random: np.random.Generator) -> np.ndarray:
    coin = random.random((n + 1) // 2) < 0.5
    return np.column_stack([coin, ~coin]).ravel()[:n]


def _people_with_rows(rows: Rows, wanted: int, seed: int) -> Rows:
    """Whole people at random until there are `wanted` rows or just above; all if there are fewer."""
    people, person, sizes = np.unique(rows.persons, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(people))
    before = np.concatenate([[0], np.cumsum(sizes[order])[:-1]])
    chosen = np.zeros(len(people), bool)
    chosen[order[before < wanted]] = True
    return rows.take(np.flatnonzero(chosen[person]))
