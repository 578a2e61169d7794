"""Advice: what the rules choose for a spec, why, and which answers would change it."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations, product
from typing import Any

from privnb.advisor.answers import ASKED, QUESTIONS, Answer, Asked, answers_of
from privnb.advisor.items import ITEMS, Tree
from privnb.advisor.rules import RULES, Rule

YET = "not available yet in this version"
ABSENT = "not part of privnb"


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one item.

    `flips` are the smallest changes of answers that would turn it round, each as key -> answer; none where no change of
    one or two answers does. `unavailable` is empty, or says that this version cannot do it.
    """

    item: str
    title: str
    tree: Tree
    stage: str
    chosen: bool
    because: str
    rule: str
    flips: tuple[Mapping[str, str], ...]
    unavailable: str = ""


@dataclass(frozen=True)
class OpenQuestion:
    """A question that nobody answered and whose answer would change the advice: `changes` are the items it turns."""

    key: str
    question: str
    choices: tuple[str, ...]
    assumed: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """The verdicts on every item, the answers they rest on, the open questions, and what must not go unsaid."""

    answers: Mapping[str, Answer]
    verdicts: tuple[Verdict, ...]
    questions: tuple[OpenQuestion, ...]
    warnings: tuple[str, ...]

    def verdict(self, item: str) -> Verdict:
        """The verdict on an item; KeyError for one that the advisor does not know."""
        for verdict in self.verdicts:
            if verdict.item == item:
                return verdict
        raise KeyError(item)

    def of(self, tree: Tree, chosen: bool) -> tuple[Verdict, ...]:
        """The chosen or the rejected items of one tree."""
        return tuple(found for found in self.verdicts if found.tree == tree and found.chosen is chosen)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "answers": {key: {"value": answer.value, "source": answer.source} for key, answer in self.answers.items()},
            "chosen": [asdict(found) for found in self.verdicts if found.chosen],
            "rejected": [asdict(found) for found in self.verdicts if not found.chosen],
            "questions": [asdict(question) for question in self.questions],
            "warnings": list(self.warnings),
        }


def advise(
    spec: Mapping[str, Any],
    stages: Collection[str],
    facts: Collection[str],
    given: Mapping[str, str] | None = None,
) -> Advice:
    """Advice for a spec's plain mapping in a version with these stages and findings; `given` are answers by key.

    Raises PrivnbError when `given` answers no question, or none of its choices.
    """
    answers = answers_of(spec, given)
    values = {key: answer.value for key, answer in answers.items()}
    flips = _flips(values)
    verdicts = []
    for item in ITEMS:
        rule = deciding(item.id, values)
        lacking = "" if item.available(stages, facts) else ABSENT if item.absent else YET
        chosen = item.id in rule.choose
        verdicts.append(
            Verdict(item.id, item.title, item.tree, item.stage, chosen, rule.because, rule.id, flips[item.id], lacking)
        )
    return Advice(answers, tuple(verdicts), _open_questions(answers, verdicts), _warnings(values, verdicts))


def deciding(item: str, values: Mapping[str, str]) -> Rule:
    """The rule that decides on an item: the first that names it and holds."""
    return next(rule for rule in RULES if item in rule.items and rule.holds(values))


def choice(values: Mapping[str, str]) -> frozenset[str]:
    """Everything that is chosen under these answers (key -> value)."""
    return frozenset(item.id for item in ITEMS if item.id in deciding(item.id, values).choose)


def _flips(values: Mapping[str, str]) -> dict[str, tuple[Mapping[str, str], ...]]:
    """For each item the single changed answers that turn it round, else the pairs, found by deciding again."""
    found = {}
    for item in ITEMS:
        asked = [a for a in ASKED if any(a.key in rule.when for rule in RULES if item.id in rule.items)]
        now = item.id in deciding(item.id, values).choose
        for size in (1, 2):
            changes = [change for keys in combinations(asked, size) for change in _other_answers(keys, values)]
            turned = [c for c in changes if (item.id in deciding(item.id, {**values, **c}).choose) is not now]
            if turned:
                break
        found[item.id] = tuple(turned)
    return found


def _other_answers(keys: tuple[Asked, ...], values: Mapping[str, str]) -> list[dict[str, str]]:
    """Every way to answer all of these questions otherwise."""
    others = [[value for value in asked.choices if value != values[asked.key]] for asked in keys]
    return [dict(zip((asked.key for asked in keys), combination)) for combination in product(*others)]


def _open_questions(answers: Mapping[str, Answer], verdicts: list[Verdict]) -> tuple[OpenQuestion, ...]:
    found = []
    for key, answer in answers.items():
        changes = tuple(v.item for v in verdicts if any(tuple(flip) == (key,) for flip in v.flips))
        if not answer.known and changes:
            asked = QUESTIONS[key]
            found.append(OpenQuestion(key, asked.question, asked.choices, answer.value, changes))
    return tuple(found)


def _warnings(values: Mapping[str, str], verdicts: list[Verdict]) -> tuple[str, ...]:
    inside = next(verdict for verdict in verdicts if verdict.item == "white-box")
    if values["personal_data"] == "no" or values["release"] != "open-weights":
        return ()
    if inside.chosen and not inside.unavailable:
        return ()
    remedy = f"that is {YET}" if inside.unavailable else "set threat_model.access: white-box"
    return (
        "release is open-weights, but the model is not assessed from inside: whoever downloads it can look at every "
        f"parameter, and attacks by queries say nothing about that; {remedy}",
    )
