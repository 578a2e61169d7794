"""A decision threshold that never sees the people it decides about."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.stats.bootstrap import person_draws
from privnb.stats.people import checked_scores, person_codes, stable_people


def crossfit_decisions(
    scores: ArrayLike,
    member: ArrayLike,
    persons: ArrayLike | None = None,
    seed: int = 0,
    folds: int = 5,
    draws: int = 25,
) -> np.ndarray:
    """Which rows (n bools) are called members by a threshold that was chosen on the other folds' people.

    The threshold is the median over bootstrap draws of the one with the best balanced accuracy (bagging, Breiman
    1996: a single best threshold jumps about, and the interval of what it decides would be too short). People are
    dealt to `folds` by a seeded draw within members, non-members and those who are both; with fewer people in one
    class there are as many folds as people. The highest of equally good thresholds is taken, so constant scores call
    nobody a member. Raises DataError where a class has fewer than two people.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    codes = stable_people(codes, people, [member.astype(float), scores])
    strata = np.zeros(people, dtype=int)
    np.bitwise_or.at(strata, codes, np.where(member, 1, 2))
    folds = min(folds, int(np.sum(strata & 1 > 0)), int(np.sum(strata & 2 > 0)))
    if folds < 2:
        raise DataError("A threshold cannot be chosen here: it needs at least two members and two non-members.")
    fold = _deal(strata, folds, seed)
    block = np.unique(-scores, return_inverse=True)[1]  # 0 is the highest score
    order = np.argsort(block, kind="stable")
    sorted_codes, sorted_member = codes[order], member[order]
    ends = np.flatnonzero(np.diff(block[order], append=block.max() + 1))
    best = np.empty((draws, folds), dtype=int)
    for draw, weights in enumerate(person_draws(strata * folds + fold, draws, seed)):
        drawn = weights[sorted_codes]
        for held_out in range(folds):
            learn = np.where(fold[sorted_codes] == held_out, 0, drawn)
            inside, outside = np.cumsum(learn * sorted_member)[ends], np.cumsum(learn * ~sorted_member)[ends]
            advantage = inside / inside[-1] - outside / outside[-1]
            best[draw, held_out] = np.argmax(np.concatenate([[0.0], advantage]))
    cut = np.sort(best, axis=0)[draws // 2]
    return block < cut[fold[codes]]


def _deal(strata, folds, seed):
    """Fold of each person: a seeded shuffle within each stratum, dealt round."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(strata), dtype=int)
    for stratum in np.unique(strata):
        group = np.flatnonzero(strata == stratum)
        fold[rng.permutation(group)] = np.arange(len(group)) % folds
    return fold
