"""Advantage of one attack by group: how much more often are a group's members called members than its others?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from privnb.attacks.groups import coded_groups, people_in, suppressed
from privnb.errors import DataError
from privnb.stats.estimate import Estimate
from privnb.stats.multiple import bonferroni_level
from privnb.stats.people import person_codes
from privnb.stats.proportions import proportion_difference

_MOST_NUMBERS = 10  # different values of a number that stay groups of their own
_BANDS = 4


@dataclass(frozen=True)
class GroupAdvantage:
    """TPR - FPR of a group at the global threshold: `column`, `value`, `estimate` (None where it must not be shown)."""

    column: str
    value: str
    estimate: Estimate | None


def advantage_by_group(
    called: ArrayLike,
    member: ArrayLike,
    columns: Mapping[str, ArrayLike],
    *,
    persons: ArrayLike | None = None,
    level: float = 0.95,
    small_cell: int = 5,
) -> list[GroupAdvantage]:
    """The advantage (TPR - FPR; Yeom et al. 2018, arXiv 1709.01604) in each group of each column.

    `called` (n bools) are the attacker's decisions by one rule for all groups, `member` (n bools) the truth, `columns`
    maps a name to each row's group (n); a number of more than ten values is put into quarters. Intervals are
    Newcombe's by person and hold at `level` all together (Bonferroni over the groups shown of all columns). Groups
    with fewer than `small_cell` people on a side have none, nor those that could be worked out from a total.
    """
    called, member = np.asarray(called, bool), np.asarray(member, bool)
    codes, _ = person_codes(persons, len(called))
    found = []
    for name, column in columns.items():
        values, group = coded_groups(banded(column), len(called))
        people = np.stack([people_in(codes[s], group[s], len(values)) for s in (member, ~member)], axis=1)
        hidden = suppressed(people, small_cell)
        found += [(name, value, group == place, bool(hidden[place])) for place, value in enumerate(values)]
    joint = bonferroni_level(level, sum(not hidden for *_, hidden in found))
    advantages = []
    for name, value, rows, hidden in found:
        estimate = None
        if not hidden:
            inside, outside = rows & member, rows & ~member
            estimate = proportion_difference(called[inside], called[outside], codes[inside], codes[outside], joint)
        advantages.append(GroupAdvantage(name, value, estimate))
    return advantages


def worst_advantage(groups: Sequence[GroupAdvantage]) -> tuple[GroupAdvantage, Estimate]:
    """The group with the largest advantage, and the largest advantage of any group with its interval.

    When all groups' intervals hold together, the largest of the true values lies between the largest lower and the
    largest upper end. Raises DataError when no group is shown.
    """
    shown = [each for each in groups if each.estimate is not None]
    if not shown:
        raise DataError("no group is large enough to be shown")
    worst = max(shown, key=lambda each: each.estimate.value)
    low, high = (max(getattr(each.estimate, end) for each in shown) for end in ("low", "high"))
    return worst, Estimate.within(worst.estimate.value, low, high, worst.estimate.n, -1.0, 1.0)


def banded(column: ArrayLike) -> pd.Series:
    """A column of groups; a number of more than ten values as its quarters, each named by its limits."""
    series = pd.Series(np.asarray(column)) if not isinstance(column, pd.Series) else column.reset_index(drop=True)
    number = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    if not number or series.nunique() <= _MOST_NUMBERS:
        return series.astype(object)
    cuts = np.unique(np.quantile(series.dropna().astype(float), np.linspace(0, 1, _BANDS + 1)[1:-1]))
    names = [f"up to {cuts[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(cuts)), f"above {cuts[-1]:g}"]
    bands = np.array(names, dtype=object)[np.searchsorted(cuts, series.astype(float).fillna(cuts[0]), side="left")]
    return pd.Series(np.where(series.isna(), None, bands), dtype=object)
