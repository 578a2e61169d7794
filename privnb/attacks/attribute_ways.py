"""The ways of attribute inference: what each puts beside the guess without the model, and the value it then calls."""

from dataclasses import dataclass

import numpy as np

from privnb.attacks.attacker import Attacker, seen
from privnb.attacks.attribute_signals import (
    answers,
    answers_by_candidate,
    prediction_log_likelihood,
    true_label_log_likelihood,
)
from privnb.attacks.attribute_whitebox import leaf_log_likelihood
from privnb.attacks.candidates import Candidates, column_of
from privnb.attacks.imputation import Guess, Imputation
from privnb.subject.contract import Model
from privnb.subject.rows import Rows

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
_REHEARSED = ("true label", "leaf counts")  # a released answer either agrees or not: it needs no weight


@dataclass(frozen=True)
class Way:
    """One way's guesses and the baseline's (n codes of candidates, or n numbers), what they came from, the exponent."""

    attack: np.ndarray
    baseline: np.ndarray
    guess: Guess
    log_likelihood: np.ndarray
    weight: float


def evidence(
    model: Model, records: Rows, column: str, imputation: Imputation, attacker: Attacker
) -> dict[str, tuple[Guess, np.ndarray]]:
    """By way of attack: the guess without the model, and the model's log-likelihood of each candidate (n x K)."""
    shown, candidates = seen(attacker, model), imputation.candidates
    answered = answers_by_candidate(shown, records.X, column, candidates)
    best = imputation.with_label.log_p.argmax(axis=1)
    labels_only = shown.classes is not None and not getattr(shown, "gives_probabilities", True)
    likely = true_label_log_likelihood(answered, records.y, shown.classes, best, labels_only)
    released = prediction_log_likelihood(answered, answers(shown, records.X))
    found = {
        "true label": (imputation.with_label, likely),
        "prediction": (imputation.without_label, released),
    }
    leaves = leaf_log_likelihood(model, records.X, records.y, column, candidates) if attacker.white_box else None
    return found if leaves is None else found | {"leaf counts": (imputation.with_label, leaves)}


def guessed_by(guess: Guess, log_likelihood: np.ndarray, candidates: Candidates, weight: float) -> Way:
    """The attack's and the baseline's guesses by one rule, the likelihood raised to `weight`."""
    posterior = guess.log_p + weight * log_likelihood
    if not candidates.numeric:
        prior = np.log(candidates.prior)
        calls = ((p - prior).argmax(axis=1) for p in (posterior, guess.log_p))
        return Way(*calls, guess, log_likelihood, weight)
    moved = _mean(posterior, candidates.values) - _mean(guess.log_p, candidates.values)
    return Way(guess.mean + moved, guess.mean, guess, log_likelihood, weight)


def rehearsed(shadow: Model, known: Rows, column: str, imputation: Imputation, attacker: Attacker) -> dict[str, float]:
    """The exponent of each way's likelihood that finds most values of the rows `known`, on which `shadow` was trained.

    The attacker trains a model of the target's kind on rows of its own and plays its attack there: a model that
    remembers deserves more trust than one that has only learnt (0: none at all). `imputation` are guesses about `known`
    that are cross-fitted over its people. The target's people choose nothing.
    """
    candidates = imputation.candidates
    hidden = column_of(known, column)
    code = candidates.code(hidden)
    rows = np.flatnonzero(code >= 0)
    weights = {}
    for name, (guess, likelihood) in evidence(shadow, known, column, imputation, attacker).items():
        if name not in _REHEARSED:
            continue
        scores = []
        for weight in WEIGHTS:
            attack = guessed_by(guess, likelihood, candidates, weight).attack[rows]
            if candidates.numeric:
                scores.append(-float(((attack - hidden.to_numpy(float)[rows]) ** 2).mean()))
            else:
                share = np.bincount(code[rows], minlength=len(candidates.values))
                hits = np.bincount(code[rows][attack == code[rows]], minlength=len(share))
                scores.append(float((hits / np.maximum(share, 1))[share > 0].mean()))
        weights[name] = WEIGHTS[int(np.argmax(scores))]
    return weights


def _mean(log_p: np.ndarray, values: np.ndarray) -> np.ndarray:
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return (p @ values) / p.sum(axis=1)
