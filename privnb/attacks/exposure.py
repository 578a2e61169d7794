"""What true and false positives mean for people: how many are identified, how surely, and who is exposed most."""

from dataclasses import dataclass
from math import exp, hypot, inf, log

import numpy as np
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.findings import Table
from privnb.stats.estimate import Estimate
from privnb.stats.people import checked_scores, person_codes


def positive_predictive_value(tpr: Estimate, fpr: Estimate, prior: float) -> Estimate:
    """Chance that somebody who is called a member is one, where a share `prior` of the candidates are members.

    `tpr` and `fpr` are the attack's rates at one threshold with intervals of one level. PPV is a monotone map of the
    ratio TPR / FPR, whose interval combines theirs on the log scale (variance recovery, Zou & Donner 2008); where a
    rate is 0 the ends combine the unfavourable ends of both. Where the attack calls nobody a member the sample says
    nothing: the value is `prior`, between 0 and 1. `n` counts the people behind both rates. Raises DataError unless
    0 < prior < 1. Source: Jayaraman et al. 2021, arXiv 2005.10881.
    """
    _check_prior(prior)
    n = tpr.n + fpr.n
    if tpr.value == 0.0 and fpr.value == 0.0:
        return Estimate(prior, 0.0, 1.0, n)
    odds = log(prior / (1.0 - prior))
    value, low, high = _log_ratio(tpr.value, fpr.value), *_log_ratio_interval(tpr, fpr)
    return Estimate.within(*(_logistic(odds + end) for end in (value, low, high)), n, 0.0, 1.0)


@dataclass(frozen=True)
class Identified:
    """How many people an attack identifies among `candidates`.

    `right` are members called members, `wrong` people called members who are none (numbers of people, with
    intervals), `precision` is the share of right ones among those called members, `chance` how many members a guesser
    who calls as many candidates would hit. `worst_case` is the upper end of `right`.
    """

    candidates: float
    right: Estimate
    wrong: Estimate
    precision: Estimate
    chance: float

    @property
    def worst_case(self) -> float:
        """The most people that the sample leaves possible: the upper end of `right`."""
        return self.right.high


def expected_identified(tpr: Estimate, fpr: Estimate, prior: float, members: int) -> Identified:
    """Expected number of people identified when `members` of `members / prior` candidates were in the training data.

    `tpr` and `fpr` are the attack's rates at one threshold; `prior` is the share of members among those whom the
    attacker considers. Raises DataError unless 0 < prior < 1 and there is a member.
    """
    _check_prior(prior)
    if members < 1:
        raise DataError(f"{members} members cannot be identified: give the number of people in the training data.")
    candidates = members / prior
    right, wrong = _times(tpr, members), _times(fpr, candidates - members)
    called = right.value + wrong.value
    return Identified(candidates, right, wrong, positive_predictive_value(tpr, fpr, prior), prior * called)


def exposure_rates(scores: ArrayLike, member: ArrayLike, persons: ArrayLike | None = None) -> np.ndarray:
    """For each member row, in order, the false-positive rate of an attacker who calls it and all above it members.

    Estimated from the non-members as (k + 1) / (n + 1), with k of n people scoring as high or higher on any of their
    rows: never 0, and on average never below the true rate (a conformal p-value: Vovk et al. 2005; Phipson & Smyth
    2010). `scores` (n) are higher where the attack believes in membership.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    highest = np.full(people, -np.inf)
    np.maximum.at(highest, codes[~member], scores[~member])
    outside = np.sort(highest[np.unique(codes[~member])])
    above = len(outside) - np.searchsorted(outside, scores[member], side="left")
    return (above + 1) / (len(outside) + 1)


def most_exposed(
    scores: ArrayLike, member: ArrayLike, positions: ArrayLike, top: int = 20, *, persons: ArrayLike | None = None
) -> Table:
    """The `top` training rows that this attack gives away most, by `exposure_rates`: position and rate, nothing else.

    `positions` (n) are the rows' places in the user's table. The lowest rate comes first, then the higher score, then
    the earlier row. With n people who are not members no rate below 1 / (n + 1) can be told, and the title says so.
    """
    rates = exposure_rates(scores, member, persons)
    scores, member = checked_scores(scores, member)
    positions = np.asarray(positions)
    if positions.shape != scores.shape:
        raise DataError(f"there are {len(positions)} positions for {len(scores)} rows; give one a row.")
    codes, _ = person_codes(persons, len(scores))
    lowest = 1 / (len(np.unique(codes[~member])) + 1)
    order = np.lexsort((positions[member], -scores[member], rates))[: max(int(top), 0)]
    return Table(
        title=f"Most exposed training rows (no rate below {lowest:.2%} can be told)",
        columns=["row", "estimated false-positive rate"],
        rows=[[int(row), float(rate)] for row, rate in zip(positions[member][order], rates[order])],
    )


def _check_prior(prior: float) -> None:
    if not 0.0 < prior < 1.0:
        raise DataError(f"the prior is {prior}; give the share of members among the candidates, between 0 and 1.")


def _times(rate: Estimate, people: float) -> Estimate:
    return Estimate(rate.value * people, rate.low * people, rate.high * people, rate.n)


def _log_ratio(above: float, below: float) -> float:
    if below == 0.0:
        return inf
    return log(above / below) if above > 0.0 else -inf


def _log_ratio_interval(tpr: Estimate, fpr: Estimate) -> tuple[float, float]:
    if tpr.value == 0.0 or fpr.value == 0.0:
        return _log_ratio(tpr.low, fpr.high), _log_ratio(tpr.high, fpr.low)
    middle = log(tpr.value / fpr.value)
    up, down = _log_ratio(tpr.high, tpr.value), _log_ratio(fpr.value, fpr.low)
    fall, rise = _log_ratio(tpr.value, tpr.low), _log_ratio(fpr.high, fpr.value)
    return middle - hypot(fall, rise), middle + hypot(up, down)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + exp(-x)) if x > -700.0 else 0.0
