"""True and false positives of one membership attack by group, at one global threshold: who is found more often?"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.errors import DataError
from privnb.findings import Finding
from privnb.stats.multiple import bonferroni_level
from privnb.stats.people import checked_column, checked_scores, person_codes
from privnb.stats.proportions import proportion

MOST_GROUPS = 100


def group_findings(
    scores: ArrayLike,
    member: ArrayLike,
    groups: ArrayLike,
    threshold: float,
    *,
    level: float = 0.95,
    persons: ArrayLike | None = None,
    small_cell: int = 5,
    name: str = "class",
) -> list[Finding]:
    """Findings `membership.tpr_at_threshold` and `membership.fpr_at_threshold` for each group, `<name>=<value>`.

    `scores` (n) are higher where the attack believes in membership, `member` (n) is 0 or 1, `groups` (n) holds each
    row's group (a missing value is a group of its own), `persons` (n) whose row it is. A row is flagged at or above
    `threshold`, one for all groups and fixed on shadow models: with a threshold for each group, every group would have
    the same false-positive rate and the difference would hide. Intervals are Clopper-Pearson by person and hold at
    `level` all together (Bonferroni over the rates shown). A group in which fewer than `small_cell` people are members,
    or fewer are not, has no figures (`not_resolvable`), nor have the groups that `suppressed` adds. Groups come in the
    order of their values. Raises DataError for columns that do not fit each other or more than 100 groups.
    """
    scores, member = checked_scores(scores, member)
    threshold = float(checked_column([threshold], "threshold")[0])
    values, group = _coded(groups, len(scores))
    codes, _ = person_codes(persons, len(scores))
    sides = {"tpr_at_threshold": member, "fpr_at_threshold": ~member}
    people = np.stack([_people(codes[side], group[side], len(values)) for side in sides.values()], axis=1)
    hidden = suppressed(people, small_cell)
    joint = bonferroni_level(level, 2 * int((~hidden).sum()))
    left_out = f"not shown: this group, or one to be worked out from it, has fewer than {small_cell} people on a side"
    findings = []
    for index, value in enumerate(values):
        for key, side in sides.items():
            about = {"id": f"membership.{key}", "group": f"{name}={value}", "level": level, "unit": "proportion"}
            about["direction"] = "lower"
            if hidden[index]:
                findings.append(Finding(**about, status="not_resolvable", reason=left_out))
                continue
            rows = side & (group == index)
            rate = proportion(scores[rows] >= threshold, codes[rows], joint)
            findings.append(
                Finding(
                    **about, value=rate.value, low=rate.low, high=rate.high, n=rate.n,
                    reason=f"one threshold for all groups, fixed on shadow models; {name}: all intervals hold together",
                )
            )  # fmt: skip
    return findings


def suppressed(people: ArrayLike, small_cell: int) -> np.ndarray:
    """Which groups (g bools) must not be shown, given their `people` (g x cells).

    Those with a cell below `small_cell`, and then the next smallest until those left out are at least two and have
    `small_cell` people together in every cell: otherwise a total minus the groups shown would give the small cell
    (complementary suppression, Cox 1980). An empty table suppresses nothing.
    """
    people = np.asarray(people)
    smallest = people.min(axis=1, initial=np.iinfo(int).max)
    order = np.lexsort((people.sum(axis=1), smallest))
    first = int((smallest < small_cell).sum())
    if not first:
        return np.zeros(len(people), bool)
    together = np.cumsum(people[order], axis=0).min(axis=1)
    enough = (np.arange(1, len(people) + 1) >= max(2, first)) & (together >= small_cell)
    count = int(np.argmax(enough)) + 1 if enough.any() else len(people)
    hidden = np.zeros(len(people), bool)
    hidden[order[:count]] = True
    return hidden


def _coded(groups: ArrayLike, rows: int) -> tuple[list[str], np.ndarray]:
    """The groups' names in the order of their values, and each row's code."""
    column = pd.Series(np.asarray(groups, dtype=object) if not isinstance(groups, pd.Series) else groups.to_numpy())
    if len(column) != rows:
        raise DataError(f"groups has {len(column)} rows and the scores have {rows}; give one group a row.")
    try:
        codes, values = pd.factorize(column, sort=True)
    except TypeError:  # values of several kinds have no order of their own
        codes, values = pd.factorize(column.where(column.isna(), column.astype(str)), sort=True)
    names = [_plain(value) for value in values]
    if (codes < 0).any():
        codes = np.where(codes < 0, len(names), codes)
        names.append("missing")
    if len(names) > MOST_GROUPS:
        raise DataError(f"there are {len(names)} groups and {MOST_GROUPS} at most can be judged; put values together.")
    return names, codes


def _plain(value) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _people(codes: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """How many people have a row in each group."""
    pairs = np.unique(np.column_stack([codes, group]), axis=0)
    return np.bincount(pairs[:, 1], minlength=groups)
