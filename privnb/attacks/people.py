"""What one membership attack means for people: by group, at a prior, and who is exposed most."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from privnb.attacks.exposure import expected_identified
from privnb.attacks.groups import group_findings
from privnb.attacks.membership import Attack
from privnb.findings import Finding, Table
from privnb.stats.estimate import Estimate
from privnb.subject.rows import Rows

MOST_VALUES = 20  # of a column by which people are grouped


def groupings(members: Rows, non_members: Rows, sensitive: Sequence[str], classes: bool) -> dict[str, np.ndarray]:
    """Columns to group records by (members first, then non-members), by name: the class, and the sensitive columns.

    A column with more than 20 values groups nobody and is left out.
    """
    parts = (members, non_members)
    columns = {"class": np.concatenate([rows.y for rows in parts])} if classes else {}
    for name in sensitive:
        values = [rows.X[name] if name in rows.X else rows.context.get(name) for rows in parts]
        if all(column is not None for column in values):
            columns[name] = pd.concat(values).to_numpy(dtype=object)
    return {name: column for name, column in columns.items() if pd.Series(column).nunique() <= MOST_VALUES}


def by_group(
    attack: Attack, columns: Mapping[str, np.ndarray], level: float, small_cell: int
) -> tuple[list[Finding], Table]:
    """True and false positives of the selected attack by group, as findings and as one table (None: not shown)."""
    findings = []
    for name, column in columns.items():
        findings += group_findings(
            attack.scores[attack.selected],
            attack.member,
            column,
            attack.thresholds[attack.selected],
            level=level,
            persons=attack.persons,
            small_cell=small_cell,
            name=name,
        )
    ends = {(found.id.rpartition(".")[2], found.group): (found.value, found.low, found.high) for found in findings}
    rows = [
        [group, *ends["tpr_at_threshold", group], *ends["fpr_at_threshold", group]]
        for group in dict.fromkeys(found.group for found in findings)
    ]
    columns_ = ["group", "found among members", "low", "high", "false alarms", "low ", "high "]
    return findings, Table(title="The attack by group, at one threshold", columns=columns_, rows=rows)


def at_prior(rates: Mapping[str, Finding], prior: float, member_people: int) -> list[Finding]:
    """Findings `membership.ppv` and `membership.identified`, from the rates at the shadow-fixed threshold.

    `rates` are those of `membership_metrics`; `prior` is the share of members among the attacker's candidates. Who is
    identified is a member called a member.
    """
    tpr, fpr = rates.get("tpr_at_threshold"), rates.get("fpr_at_threshold")
    if tpr is None or fpr is None or "ok" not in (tpr.status, fpr.status) or tpr.status != fpr.status:
        reason = "no threshold could be fixed on shadow models"
        return [
            Finding(id=f"membership.{name}", status="not_resolvable", reason=reason) for name in ("ppv", "identified")
        ]
    found = expected_identified(*(Estimate(f.value, f.low, f.high, f.n) for f in (tpr, fpr)), prior, member_people)
    words = f"where {prior:.0%} of the attacker's candidates are members"
    right, precision = found.right, found.precision
    return [
        Finding(
            id="membership.ppv", value=precision.value, low=precision.low, high=precision.high, n=precision.n,
            level=tpr.level, unit="proportion", direction="lower", reason=f"{words}; a guess is right with that share",
        ),
        Finding(
            id="membership.identified", value=right.value, low=right.low, high=right.high, n=right.n, level=tpr.level,
            unit="people", direction="lower",
            reason=f"{words}; {found.wrong.value:,.0f} others are accused wrongly, and a guesser who names as many "
            f"people is right about {found.chance:,.0f}",
        ),
    ]  # fmt: skip
