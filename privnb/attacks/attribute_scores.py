"""The figures of attribute inference: gain over the guess without the model, members against others, bits."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from privnb.attacks.imputation import dealt
from privnb.stats.differences import accuracy_difference, r2_difference
from privnb.stats.estimate import Estimate
from privnb.stats.means import mean_interval
from privnb.stats.people import by_person, person_codes

_RIDGE = 1e-4


def balanced_gain(
    truth: np.ndarray,
    attack: np.ndarray,
    baseline: np.ndarray,
    classes: Sequence[int],
    persons: np.ndarray,
    level: float = 0.95,
) -> Estimate:
    """Balanced accuracy of `attack` minus that of `baseline` (n guesses each) over these classes of `truth`, paired.

    Each class's difference of recalls has the adjusted Wald interval for paired proportions by person (Bonett & Price
    2012); they are combined by variance recovery (Zou & Donner 2008), widened where people with rows in several classes
    make the recalls move together. Rows of other classes count for nothing.
    """
    rows = np.flatnonzero(np.isin(truth, classes))
    truth, codes = truth[rows], person_codes(persons[rows], len(rows))[0]
    right, guessed = attack[rows] == truth, baseline[rows] == truth
    people = codes.max() + 1
    parts, influence = [], np.zeros(len(rows))
    for each in classes:
        own = truth == each
        part = accuracy_difference(right[own], guessed[own], codes[own], level)
        influence[own] = (right[own].astype(float) - guessed[own] - part.value) / own.sum()
        parts.append((part, np.sum(by_person(influence[own], codes[own], people) ** 2)))
    separate, joint = sum(alone for _, alone in parts), np.sum(by_person(influence, codes, people) ** 2)
    widening = np.sqrt(max(1.0, joint / separate)) if separate > 0 else 1.0
    value = float(np.mean([part.value for part, _ in parts]))
    below = np.sqrt(sum((part.value - part.low) ** 2 for part, _ in parts))
    above = np.sqrt(sum((part.high - part.value) ** 2 for part, _ in parts))
    low, high = (value + sign * widening * half / len(parts) for sign, half in ((-1, below), (1, above)))
    return Estimate.within(value, low, high, people, -1.0, 1.0)


def r2_gain(
    truth: np.ndarray, attack: np.ndarray, baseline: np.ndarray, persons: np.ndarray, level: float = 0.95
) -> Estimate:
    """R2 of `attack` minus that of `baseline` on the same rows, paired by person; see `r2_difference`."""
    return r2_difference(truth, attack, baseline, persons, level)


def apart(one: Estimate, other: Estimate, floor: float = -np.inf, ceiling: float = np.inf) -> Estimate:
    """`one` minus `other` of different people, by variance recovery (Zou & Donner 2008); cut to floor and ceiling."""
    value = one.value - other.value
    low = value - np.hypot(one.value - one.low, other.high - other.value)
    high = value + np.hypot(one.high - one.value, other.value - other.low)
    return Estimate.within(value, low, high, one.n + other.n, floor, ceiling)


def gained_bits(
    truth: np.ndarray,
    log_guess: np.ndarray,
    log_likelihood: np.ndarray,
    persons: np.ndarray,
    seed: int,
    level: float = 0.95,
    folds: int = 5,
) -> Estimate:
    """Bits about the value (codes n) that the model's answers add to the guess (n x K log-probabilities), per record.

    Usable information (Xu et al. 2020, arXiv 2002.10689): the log-loss of the guess minus that of guess and likelihood
    together, each weighted by exponents that are fitted on other people (so that a model that is too sure of itself
    does not count as saying less than nothing). At least 2 people are needed. Where the likelihood never differs
    between values the gain is exactly 0.
    """
    fold = dealt(persons, folds, seed)
    gain = np.empty(len(truth))
    both = np.stack([log_guess, log_likelihood])
    for number in range(fold.max() + 1):
        learn, judge = fold != number, fold == number
        losses = []
        for signals in (both[:1], both):
            if np.ptp(signals[-1], axis=1).max() == 0:
                signals = signals[:1]
            exponents = _fitted(signals[:, learn], truth[learn])
            losses.append(
                -_log_softmax(np.tensordot(exponents, signals[:, judge], 1))[np.arange(judge.sum()), truth[judge]]
            )
        gain[judge] = (losses[0] - losses[1]) / np.log(2)
    return mean_interval(gain, persons, level, span=float(np.log2(log_guess.shape[1])))


def _fitted(signals: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Exponents (s) of the signals (s x n x K) that make the truth likeliest, with a slight pull towards 1, then 0."""
    start = np.zeros(len(signals))
    start[0] = 1.0
    row = np.arange(len(truth))
    true = signals[:, row, truth]

    def loss(exponents: np.ndarray) -> tuple[float, np.ndarray]:
        log_p = _log_softmax(np.tensordot(exponents, signals, 1))
        expected = np.einsum("nk,snk->sn", np.exp(log_p), signals)
        pull = exponents - start
        value = -log_p[row, truth].mean() + _RIDGE * float(pull @ pull)
        return value, (expected - true).mean(axis=1) + 2 * _RIDGE * pull

    return minimize(loss, start, jac=True, method="L-BFGS-B").x


def _log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))
