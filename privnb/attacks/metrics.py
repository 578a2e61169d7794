"""The figures of one membership attack, from its scores: AUC, balanced accuracy, advantage, rates."""

import numpy as np
from numpy.typing import ArrayLike

from privnb.findings import Finding
from privnb.stats.estimate import Estimate
from privnb.stats.people import checked_scores, person_codes
from privnb.stats.proportions import balanced_accuracy, proportion
from privnb.stats.ranking import auc
from privnb.stats.rates import NotResolvable, people_needed, tpr_at_fprs, unbounded_below
from privnb.stats.thresholds import crossfit_decisions

FPRS = {"tpr_at_fpr_10pct": 0.1, "tpr_at_fpr_1pct": 0.01, "tpr_at_fpr_0_1pct": 0.001}


def membership_metrics(
    scores: ArrayLike,
    member: ArrayLike,
    level: float = 0.95,
    persons: ArrayLike | None = None,
    seed: int = 0,
    *,
    threshold: float | None = None,
    draws: int = 1000,
) -> dict[str, Finding]:
    """Findings `membership.<key>` for keys auc, balanced_accuracy, advantage and tpr_at_fpr_10pct, _1pct and _0_1pct.

    `scores` (n) are higher where the attack believes in membership, `member` (n) is 0 or 1, `persons` (n) says whose
    row it is; intervals at `level` count people. `threshold` is the one fixed on shadow models (a member is called at
    or above it); without one, balanced accuracy and advantage use a threshold cross-fitted over people, which never
    judges those it was chosen on; with one, the keys tpr_at_threshold and fpr_at_threshold say what share of members
    and of non-members it flags (Clopper-Pearson by person). A rate that the non-members are too few to resolve is
    `not_resolvable`, with the number needed. Raises DataError for missing scores or when either class is absent.

    AUC: DeLong 1988, Obuchowski 1997. TPR at FPR: Carlini et al. 2022. Advantage (TPR - FPR): Yeom et al. 2018.
    """
    scores, member = checked_scores(scores, member)
    codes, people = person_codes(persons, len(scores))
    members, outsiders = len(np.unique(codes[member])), len(np.unique(codes[~member]))
    findings = {}

    def note(key: str, found: Estimate | None, reason: str = ""):
        status = "ok" if found else "not_resolvable"
        value, low, high, n = found if found else (None, None, None, people)
        findings[key] = Finding(
            id=f"membership.{key}", status=status, value=value, low=low, high=high, level=level, n=n,
            unit="auc" if key == "auc" else "proportion", direction="lower", reason=reason,
        )  # fmt: skip

    if min(members, outsiders) < 2:
        few = f"needs at least 2 members and 2 people who are not members; there are {members} and {outsiders}"
        for key in ("auc", "balanced_accuracy", "advantage"):
            note(key, None, few)
    else:
        note("auc", auc(scores, member, codes, level))
        if threshold is None:
            called = crossfit_decisions(scores, member, codes, seed)
            how = "threshold cross-fitted over people: each is judged by one chosen on others"
        else:
            called, how = scores >= threshold, "threshold fixed on shadow models"
        balanced = balanced_accuracy(member, called, codes, level)
        note("balanced_accuracy", balanced, how)
        note("advantage", Estimate(*(2.0 * end - 1.0 for end in list(balanced)[:3]), balanced.n), how)
    if threshold is not None:
        for key, side in (("tpr_at_threshold", member), ("fpr_at_threshold", ~member)):
            note(key, proportion(scores[side] >= threshold, codes[side], level), "threshold fixed on shadow models")
    resolvable = {key: fpr for key, fpr in FPRS.items() if outsiders >= people_needed(fpr)}
    rates = tpr_at_fprs(scores, member, list(resolvable.values()), codes, level, seed, draws) if resolvable else []
    found = dict(zip(resolvable, rates))
    for key, fpr in FPRS.items():
        if key not in found:
            note(key, None, str(NotResolvable(fpr, outsiders)))
        elif (lowest := _lowest_rate(scores, member)) > fpr and found[key].value == 0.0:
            reason = f"this attack's scores are tied: the lowest false-positive rate that it reaches is {lowest:.1%}"
            note(key, None, reason)
        elif unbounded_below(fpr, outsiders, level):
            note(key, found[key], f"{outsiders} people who are not members are too few to bound this rate from below")
        else:
            note(key, found[key])
    return findings


def _lowest_rate(scores: np.ndarray, member: np.ndarray) -> float:
    """The smallest false-positive rate above 0 at which a threshold on `scores` flags anybody."""
    outside = scores[~member]
    return float(np.mean(outside == outside.max()))
