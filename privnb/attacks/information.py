"""Mutual information between a model's answers and membership, in bits, against a null of exchanged people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.stats.estimate import Estimate
from privnb.stats.people import by_person, checked_scores, person_codes


@dataclass(frozen=True)
class Information:
    """`bits` of a fair coin's one bit that a score tells of membership, less the `null` that chance alone shows.

    `plug_in` is the uncorrected figure, `p_value` the share of exchanges of people with as much.
    """

    bits: Estimate
    plug_in: float
    null: float
    p_value: float


def membership_information(
    scores: ArrayLike,
    member: ArrayLike,
    persons: ArrayLike | None = None,
    *,
    bins: int = 10,
    draws: int = 400,
    level: float = 0.95,
    seed: int = 0,
) -> Information:
    """Mutual information of `scores` (n; in at most `bins` quantile bins) and `member` (n bools), both sides alike.

    Members and non-members count half each, so 1 bit means that the score always tells. The plug-in estimate is too
    high in any sample: the mean over `draws` exchanges of membership between people is subtracted, never below 0. The
    interval is a bootstrap over the people of both sides, moved to the corrected value; its low end is 0 unless fewer
    than 1 - level of the exchanges show as much (a permutation test: Phipson & Smyth 2010). Plug-in and permutation
    after Chothia & Guha 2011 (leakage of a channel from trials). DataError when a side has fewer than two people.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, scores, side="right")
    table = np.zeros((people, len(edges) + 1))
    np.add.at(table, (codes, place), 1.0)
    inside = by_person(member.astype(float), codes, people) > 0
    if min(inside.sum(), (~inside).sum()) < 2:
        raise DataError("information about membership needs at least two members and two people who are not.")
    plug_in = float(_bits(inside[None].astype(float), (~inside)[None].astype(float), table)[0])
    random = np.random.default_rng(seed)
    exchanged = random.permuted(np.broadcast_to(inside, (draws, people)), axis=1).astype(float)
    chance = _bits(exchanged, 1.0 - exchanged, table)
    drawn = []
    for side in (inside, ~inside):
        weights = np.zeros((draws, people))
        weights[:, side] = random.multinomial(side.sum(), np.full(side.sum(), 1 / side.sum()), draws)
        drawn.append(weights)
    samples = _bits(*drawn, table)
    null, p_value = float(chance.mean()), float((1 + (chance >= plug_in).sum()) / (draws + 1))
    value = max(0.0, plug_in - null)
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2]) - samples.mean() + plug_in - null
    low = 0.0 if p_value > 1 - level else low
    return Information(Estimate.within(value, low, high, people, 0.0, 1.0), plug_in, null, p_value)


def _bits(inside: np.ndarray, outside: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Mutual information (draws) from weights of people (draws x people) and their rows by bin (people x bins)."""
    p, q = inside @ table, outside @ table
    p, q = p / p.sum(axis=1, keepdims=True), q / q.sum(axis=1, keepdims=True)
    return (_terms(p, p + q) + _terms(q, p + q)) / 2


def _terms(part: np.ndarray, both: np.ndarray) -> np.ndarray:
    ratio = np.divide(2 * part, both, out=np.ones_like(part), where=part > 0)
    return (part * np.log2(ratio)).sum(axis=1)
