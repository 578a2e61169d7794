"""A decision threshold that never sees the people it decides about."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.stats.people import checked_scores, person_codes, stable_people


def crossfit_decisions(
    scores: ArrayLike, member: ArrayLike, persons: ArrayLike | None = None, seed: int = 0, folds: int = 5
) -> np.ndarray:
    """Which rows (n bools) are called members by the threshold of best balanced accuracy on the other folds' people.

    People are dealt to `folds` by a seeded draw within members, non-members and those who are both; with fewer people
    in one class there are as many folds as people. The highest of equally good thresholds is taken, so constant
    scores call nobody a member. Raises DataError where a class has fewer than two people.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    codes = stable_people(codes, people, [member.astype(float), scores])
    strata = np.zeros(people, dtype=int)
    strata[codes[member]] += 1
    strata[codes[~member]] += 2
    folds = min(folds, int(((strata & 1) > 0).sum()), int(((strata & 2) > 0).sum()))
    if folds < 2:
        raise DataError("A threshold cannot be chosen here: it needs at least two members and two non-members.")
    fold = _deal(strata, folds, seed)[codes]
    values, block = np.unique(-scores, return_inverse=True)
    decided = np.zeros(len(scores), dtype=bool)
    for held_out in range(folds):
        learn = fold != held_out
        flagged = [
            np.cumsum(np.bincount(block[learn & kind], minlength=len(values))) / max(1, np.sum(learn & kind))
            for kind in (member, ~member)
        ]
        advantage = np.concatenate([[0.0], flagged[0] - flagged[1]])
        decided |= (block < np.argmax(advantage)) & ~learn
    return decided


def _deal(strata, folds, seed):
    """Fold of each person: a seeded shuffle within each stratum, dealt round."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(strata), dtype=int)
    for stratum in np.unique(strata):
        group = np.flatnonzero(strata == stratum)
        fold[rng.permutation(group)] = np.arange(len(group)) % folds
    return fold
