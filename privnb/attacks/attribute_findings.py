"""What attribute inference found, as findings: overall, by way of attack, and by value of the column."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from privnb.attacks.attribute_scores import apart, balanced_gain, gained_bits, r2_gain
from privnb.attacks.attribute_ways import Way, guessed_by
from privnb.attacks.groups import suppressed
from privnb.attacks.imputation import Imputation
from privnb.findings import Finding, Table
from privnb.stats.differences import accuracy_difference, mae_difference
from privnb.stats.estimate import Estimate
from privnb.stats.means import r2
from privnb.stats.multiple import bonferroni_level
from privnb.stats.proportions import balanced_accuracy

LEAST_PEOPLE = 10  # people a side who must hold a value for it to count in balanced accuracy
LEAST_SCORED = 30


@dataclass(frozen=True)
class AttributeInference:
    """What was found about one column.

    `predicted` and `baseline` are the attack's and the imputation's guesses for the rows of members, then non-members;
    `findings` are all figures, `numeric` says that they are in R2 and not in balanced accuracy; `joint` holds gain and
    gap with intervals that hold together over all columns attacked.
    """

    column: str
    numeric: bool
    primary: str
    predicted: np.ndarray
    baseline: np.ndarray
    findings: list[Finding]
    scores: Table
    learner: str
    joint: dict[str, Estimate]

    @property
    def inference_gain(self) -> Finding:
        """The attack on members minus the best guess without the model and with the same knowledge."""
        return self._find("inference_gain")

    @property
    def member_gap(self) -> Finding:
        """The gain on members minus the gain on non-members: what training leaked."""
        return self._find("member_gap")

    @property
    def gain_bits(self) -> Finding:
        """Bits about a member's value that the model adds."""
        return self._find("gain_bits")

    def table(self) -> pd.DataFrame:
        """One line a way of attack: its score and the baseline's on members and on non-members, gain and gap."""
        return pd.DataFrame(self.scores.rows, columns=self.scores.columns)

    def _find(self, fact: str) -> Finding:
        id = finding_id(self.column, fact)
        return next(f for f in self.findings if (f.id, f.method, f.group) == (id, None, None))


def finding_id(column: str, fact: str) -> str:
    """The id of a finding about a column, whose name keeps letters, digits, `_` and `-`."""
    return f"attribute.{re.sub(r'[^A-Za-z0-9_-]+', '_', str(column)).strip('_') or 'column'}.{fact}"


def judged(
    column: str,
    truth: pd.Series,
    member: np.ndarray,
    persons: np.ndarray,
    imputation: Imputation,
    ways: dict[str, Way],
    primary: str,
    *,
    columns: int,
    level: float,
    small_cell: int,
    seed: int,
) -> AttributeInference:
    """Findings of every way; those of `primary` stand without a method too. Without ways: the imputation alone."""
    game = _Game(column, truth, member, persons, imputation, level, max(small_cell, LEAST_PEOPLE))
    guess = imputation.with_label
    chosen = ways.get(primary) or guessed_by(guess, np.zeros_like(guess.log_p), imputation.candidates, 1.0)
    scores = game.table(ways or {"imputation alone": chosen})
    if game.problem:
        facts = ("inference_gain", "member_gap", "gain_bits", "baseline")
        findings = [Finding(id=game.id(fact), status="not_resolvable", reason=game.problem) for fact in facts]
    else:
        findings = [game.level_of(chosen.baseline, "baseline", f"best guess without the model ({imputation.learner})")]
    if not ways:
        reason = "the model does not see it: only imputation risk"
        absent = ("inference_gain", "member_gap", "gain_bits")
        findings = [f for f in findings if f.id == game.id("baseline")]
        findings = [*(Finding(id=game.id(fact), status="not_applicable", reason=reason) for fact in absent), *findings]
    joint = {}
    if ways and not game.problem:
        joint = dict(zip(("inference_gain", "member_gap"), game.gain_and_gap(chosen, bonferroni_level(level, columns))))
        findings.append(game.level_of(chosen.attack, "attack", "the attack with the model"))
        mine = game.findings(chosen, seed)
        findings = [*mine, *findings, *game.by_value(chosen, small_cell)]
        for name, way in ways.items():
            found = mine if name == primary else game.findings(way, seed)
            findings += [f.model_copy(update={"method": name}) for f in found]
    return AttributeInference(
        column, game.numeric, primary, game.values(chosen.attack), game.values(chosen.baseline), findings, scores,
        imputation.learner, joint,
    )  # fmt: skip


class _Game:
    """One column's records with their true values, and how guesses at them are scored.

    Findings count the people asked: those scored are fewer where few people hold a value, and the difference would be a
    small count.
    """

    def __init__(self, column, truth, member, persons, imputation: Imputation, level: float, least: int):
        self.column, self.level = column, level
        self.candidates = imputation.candidates
        self.numeric = self.candidates.numeric
        self.code = self.candidates.code(truth)
        self.truth = truth.to_numpy(float, na_value=np.nan) if self.numeric else self.code
        self.all = [np.flatnonzero(side) for side in (member, ~member)]
        self.sides = [np.flatnonzero(side & (self.code >= 0)) for side in (member, ~member)]
        self.persons = np.asarray(persons)
        self.asked = [len(np.unique(self.persons[side])) for side in self.all]
        people = [self._people(side) for side in self.sides]
        self.people = np.stack(people, axis=1)
        self.classes = np.flatnonzero((self.people >= least).all(axis=1))
        self.problem = self._problem(least)

    def id(self, fact: str) -> str:
        return finding_id(self.column, fact)

    def values(self, guesses: np.ndarray) -> np.ndarray:
        return guesses if self.numeric else self.candidates.values[guesses]

    def _rest(self, side: int) -> int:
        """People of a side whose value is none of the candidates."""
        return len(np.setdiff1d(self.persons[self.all[side]], self.persons[self.sides[side]]))

    def _people(self, rows: np.ndarray) -> np.ndarray:
        """How many people of a side hold each candidate value."""
        pairs = pd.DataFrame({"person": self.persons[rows], "code": self.code[rows]}).drop_duplicates()
        return np.bincount(pairs["code"], minlength=len(self.candidates.values))

    def _problem(self, least: int) -> str:
        if min(len(np.unique(self.persons[side])) for side in self.sides) < LEAST_SCORED:
            return f"fewer than {LEAST_SCORED} people of a side have a known value"
        if self.numeric:
            flat = min(float(np.ptp(self.truth[side])) for side in self.sides) == 0
            return "all values of a side are equal" if flat else ""
        if len(self.classes) < 2:
            return f"fewer than two of its values are held by {least} people or more on each side"
        return ""

    def gain_and_gap(self, way: Way, level: float) -> tuple[Estimate, Estimate]:
        inside, outside = (self._gain(way, side, level) for side in (0, 1))
        gap = apart(inside, outside) if self.numeric else apart(inside, outside, -2.0, 2.0)
        return replace(inside, n=self.asked[0]), replace(gap, n=sum(self.asked))

    def _gain(self, way: Way, side: int, level: float) -> Estimate:
        rows = self.sides[side]
        given = (self.truth[rows], way.attack[rows], way.baseline[rows])
        if self.numeric:
            return r2_gain(*given, self.persons[rows], level)
        return balanced_gain(*given, list(self.classes), self.persons[rows], level)

    def score(self, guesses: np.ndarray, side: int) -> Estimate:
        rows = self.sides[side]
        if not self.numeric:
            rows = rows[np.isin(self.code[rows], self.classes)]
            return balanced_accuracy(self.truth[rows], guesses[rows], self.persons[rows], self.level)
        return r2(self.truth[rows], guesses[rows], self.persons[rows], self.level)

    def level_of(self, guesses: np.ndarray, fact: str, reason: str) -> Finding:
        found = replace(self.score(guesses, 0), n=self.asked[0])
        return self._finding(fact, found, f"{reason}, on members")

    def findings(self, way: Way, seed: int) -> list[Finding]:
        inside, gap = self.gain_and_gap(way, self.level)
        rows = self.sides[0]
        bits = gained_bits(
            self.code[rows], way.guess.log_p[rows], way.log_likelihood[rows], self.persons[rows], seed, self.level
        )
        bits = replace(bits, n=self.asked[0])
        what = "R2" if self.numeric else "balanced accuracy"
        left = "" if self.numeric or len(self.classes) == len(self.candidates.values) else (
            f", over the {len(self.classes)} values that enough people hold"
        )  # fmt: skip
        if np.ptp(way.log_likelihood, axis=1).max() == 0:
            left += "; the model’s answers never change with it"
        elif way.weight == 0:
            left += "; on the attacker’s shadow model the answers did not help, so they are left aside"
        found = [
            self._finding("inference_gain", inside, f"{what} on members over the guess without the model{left}"),
            self._finding("member_gap", gap, "gain on members minus gain on non-members"),
            self._finding("gain_bits", bits, "per member, given all else that the attacker knows", "bits"),
        ]
        if self.numeric:
            error = mae_difference(
                self.truth[rows], way.baseline[rows], way.attack[rows], self.persons[rows], self.level
            )
            found.append(
                self._finding("error_gain", error, "mean absolute error on members that the model removes", "")
            )
        return found

    def by_value(self, way: Way, small_cell: int) -> list[Finding]:
        """Gain and gap for each value of the column, by the same rule for all; intervals hold together."""
        if self.numeric:
            return []
        rest = [self._rest(side) for side in (0, 1)]  # missing and rare values: what a total would give away
        hidden = suppressed(np.vstack([self.people, [rest]]) if any(rest) else self.people, small_cell)
        hidden = hidden[: len(self.people)]
        joint = bonferroni_level(self.level, 2 * int((~hidden).sum()))
        withheld = (
            f"not shown: this value, or one to be worked out from it, has fewer than {small_cell} people on a side"
        )
        found = []
        for code, value in enumerate(self.candidates.values):
            group = f"{self.column}={value}"
            if hidden[code]:
                found += [
                    Finding(id=self.id(fact), group=group, status="not_resolvable", reason=withheld)
                    for fact in ("inference_gain", "member_gap")
                ]
                continue
            inside, outside = (self._recall_gain(way, side, code, joint) for side in (0, 1))
            for fact, estimate in (("inference_gain", inside), ("member_gap", apart(inside, outside, -2.0, 2.0))):
                reason = "recall of this value; one rule for all values, and all intervals hold together"
                found.append(self._finding(fact, estimate, reason).model_copy(update={"group": group}))
        return found

    def _recall_gain(self, way: Way, side: int, code: int, level: float) -> Estimate:
        rows = self.sides[side]
        rows = rows[self.code[rows] == code]
        right = (way.attack[rows] == code, way.baseline[rows] == code)
        return accuracy_difference(*right, self.persons[rows], level)

    def table(self, ways: dict[str, Way]) -> Table:
        score = "R2" if self.numeric else "balanced accuracy"
        columns = ["way", "attack on members", "guess on members", "attack on others", "guess on others", "gap"]
        rows = []
        if not self.problem:
            for name, way in ways.items():
                four = [self.score(g, side).value for side in (0, 1) for g in (way.attack, way.baseline)]
                rows.append([name, *four, four[0] - four[1] - four[2] + four[3]])
        return Table(title=f"{self.column}: {score} with the model and without", columns=columns, rows=rows)

    def _finding(self, fact: str, found: Estimate, reason: str, unit: str | None = None) -> Finding:
        unit = ("R2" if self.numeric else "proportion") if unit is None else unit
        return Finding(
            id=self.id(fact), value=found.value, low=found.low, high=found.high, n=found.n, level=self.level,
            unit=unit, direction="lower", reason=reason,
        )  # fmt: skip
