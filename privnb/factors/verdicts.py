"""Verdicts on risk factors: a printed rule for each, as data; the words are raised, not raised and undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from privnb.findings import Finding, Table

Verdict = Literal["not raised", "raised", "strongly raised", "undecided"]
CONVENTION = "a convention of privnb"


@dataclass(frozen=True)
class Rule:
    """When a factor counts as raised: beyond `raised`, and as strongly raised beyond `strong`.

    `fact` is the finding's id without the stage, `unit` the finding's unit that it is for (empty: any). `above` says on
    which side of the limits the risk lies. `sentence` is the rule as the sheet prints it, `source` where its limits
    come from.
    """

    fact: str
    raised: float
    strong: float
    above: bool
    sentence: str
    source: str = CONVENTION
    unit: str = ""

    def judge(self, value: float, low: float | None = None, high: float | None = None) -> Verdict:
        """The verdict on a value; with an interval, undecided where the first limit lies inside it.

        Strongly raised needs the whole interval beyond the second limit.
        """
        ends = [value, value] if low is None or high is None else [low, high]
        mild, grave = ends if self.above else [-ends[1], -ends[0]]
        first, second = (self.raised, self.strong) if self.above else (-self.raised, -self.strong)
        if mild > second:
            return "strongly raised"
        if mild > first:
            return "raised"
        return "not raised" if grave <= first else "undecided"


RULES: tuple[Rule, ...] = (
    Rule(
        "overfitting_gap", 0.02, 0.10, True,
        "raised above 2 points, strongly above 10: by so much the plainest attack beats guessing",
        "the gap is that attack's advantage (Yeom et al. 2018); the limits are a convention of privnb", "proportion",
    ),
    Rule("overfitting_gap", 0.05, 0.20, True, "raised above .05, strongly above .20 of R²", unit="R2"),
    Rule("training_people", 1000, 200, False, "raised below 1,000 people, strongly below 200"),
    Rule(
        "rows_per_feature", 10, 2, False, "raised below 10 rows for each encoded feature, strongly below 2",
        "ten events a variable (Peduzzi et al. 1996), here of rows; the second limit is a convention of privnb",
    ),
    Rule("features", 50, 500, True, "raised above 50 features, strongly above 500"),
    Rule(
        "classes", 10, 50, True, "raised above 10 classes, strongly above 50",
        "on Purchase attack precision was .505 with 2 classes, .55 with 10, .86 with 50 (Shokri et al. 2017, table II)",
    ),
    Rule("smallest_class_people", 50, 10, False, "raised below 50 people in the smallest class, strongly below 10"),
    Rule(
        "sensitivity", 0.10, 0.25, True,
        "raised above 10 points of probability for one changed feature, strongly above 25", unit="proportion",
    ),
    Rule("sensitivity", 0.25, 0.75, True, "raised above .25 SD of the predictions, strongly above .75", unit="SD"),
    Rule(
        "influence", 0.10, 0.25, True,
        "raised where one feature carries more than 10 points of accuracy, strongly above 25", unit="proportion",
    ),
    Rule("influence", 0.25, 0.75, True, "raised where one feature carries more than .25 of R², strongly above .75",
         unit="R2"),
    Rule(
        "flip_rate", 0.02, 0.10, True,
        "raised where a sensitive value alone changes the answer for more than 2% of people, strongly above 10%",
        "counterfactual fairness asks for none (Kusner et al. 2017); the limits are a convention of privnb",
    ),
    Rule("update_risk", 0.55, 0.65, True, "raised above an attack AUC of .55 (guessing: .5), strongly above .65"),
    Rule("augmentation_risk", 0.55, 0.65, True, "raised above an attack AUC of .55 (guessing: .5), strongly above .65"),
)  # fmt: skip


def rule_for(fact: str, unit: str = "") -> Rule | None:
    """The rule of a factor (`overfitting_gap`, ...) measured in that unit; None where there is none."""
    return next((rule for rule in RULES if rule.fact == fact and rule.unit in ("", unit)), None)


def verdict_table(findings: Sequence[Finding], small_cell: int = 5) -> Table:
    """One line a factor that was measured and has a rule: finding, group, verdict, rule, source.

    Findings of single methods are left out. A class too small to be shown is judged as anything below `small_cell`.
    """
    lines = []
    for found in findings:
        rule = rule_for(found.id.partition(".")[2], found.unit)
        if rule is None or found.method is not None:
            continue
        if found.value is not None:
            verdict = rule.judge(found.value, found.low, found.high)
        elif found.status == "not_resolvable" and found.unit == "people":
            verdict = rule.judge(0, 0, small_cell - 1)
        else:
            continue
        lines.append([found.id, found.group, verdict, rule.sentence, rule.source])
    return Table(
        title="Verdicts by printed rules", columns=["finding", "group", "verdict", "rule", "source of the rule"],
        rows=lines,
    )  # fmt: skip
