"""Divides people, never rows, into disjoint parts."""

from collections.abc import Mapping

import numpy as np

from privnb.errors import DataError
from privnb.units import derive_seed


def split_by_person(
    persons: np.ndarray, fractions: Mapping[str, float], seed: int, labels: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Row positions of each part (ascending), drawn so that all rows of a person fall into one part.

    `persons` (n) are integer codes of people by first appearance, `fractions` the share of people of each part in their
    order; what they leave of 1 belongs to no part. With `labels` (n), the shares hold within each label where every
    person has one label alone, and the first part gets at least one person of each; people of several labels are drawn
    without regard to them. The draw depends on people, their
    order and their labels, not on how many rows each has. Raises DataError for fractions that are negative or exceed 1.
    """
    if not fractions or any(share < 0 for share in fractions.values()) or sum(fractions.values()) > 1 + 1e-9:
        given = ", ".join(f"{name} {share:g}" for name, share in fractions.items())
        raise DataError(f"the parts of the split must be positive and sum to at most 1, got {given or 'none'}")
    people, first, person = np.unique(persons, return_index=True, return_inverse=True)
    part = np.full(len(people), -1)
    shares = np.array(list(fractions.values()))
    for stratum, members in enumerate(_strata(person, first, labels)):
        shuffled = np.random.default_rng(derive_seed(seed, "split", stratum)).permutation(members)
        edges = np.rint(np.cumsum(shares) * len(members)).astype(int)
        if labels is not None and shares[0] > 0:
            edges = np.maximum(edges, 1)  # a label that no training row has could never be predicted
        for number, (start, stop) in enumerate(zip([0, *edges[:-1]], edges)):
            part[shuffled[start:stop]] = number
    return {name: np.flatnonzero(part[person] == number) for number, name in enumerate(fractions)}


def person_codes(identifiers) -> np.ndarray:
    """Integer codes (n) by first appearance of whatever identifies people; DataError where one is missing."""
    import pandas as pd

    codes, _ = pd.factorize(pd.Series(identifiers))
    if (codes < 0).any():
        raise DataError(
            f"the person column is empty in {int((codes < 0).sum())} rows; fill it or remove these rows, "
            "because parts and intervals follow the person"
        )
    return codes.astype(np.int64)


def _strata(person: np.ndarray, first: np.ndarray, labels: np.ndarray | None) -> list[np.ndarray]:
    """People (positions in the sorted list of people) by label; one stratum without labels or for mixed people."""
    everyone = np.arange(len(first))
    if labels is None:
        return [everyone]
    _, code = np.unique(labels, return_inverse=True)
    own = code[first]
    if (code != own[person]).any():
        return [everyone]
    return [everyone[own == label] for label in range(code.max() + 1)]
