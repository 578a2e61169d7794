"""Membership inference against one model: signals, attacks, and the choice among them, in one call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from privnb.attacks.attacker import SEES_ALL, Attacker
from privnb.attacks.copies import copied_rows
from privnb.attacks.methods import NEEDS_SHADOWS, SCORES, Game
from privnb.attacks.robustness import changed_copies
from privnb.attacks.selection import Choice, choose, fixed_choice
from privnb.attacks.signals import Signals, query, shadow_signals
from privnb.attacks.universe import Knowledge, stack
from privnb.errors import DataError, ModelError
from privnb.findings import Table
from privnb.subject.contract import Model, Trainer
from privnb.subject.rows import Rows
from privnb.units import UnitRunner

LEAST_RECORDS = 30


@dataclass(frozen=True)
class Attack:
    """The outcome of attacking one model.

    `scores` maps each method to one score a record (members first, then non-members; higher means more like a
    member); `member` and `persons` go with them. `thresholds` were fixed on shadows: a record with a score at or
    above it is called a member. `selection` is the table of mean AUC on shadows, `selected` the method it chose,
    `facts` say in words and numbers how it was done.
    """

    scores: Mapping[str, np.ndarray]
    member: np.ndarray
    persons: np.ndarray
    selected: str
    selection: Table
    thresholds: Mapping[str, float]
    facts: Mapping[str, Any] = field(default_factory=dict)


def attack_membership(
    target: Model,
    trainer: Trainer | None,
    members: Rows,
    non_members: Rows,
    pool: Rows | None,
    *,
    shadows: int,
    data: Knowledge,
    methods: Sequence[str] | Literal["auto"] = "auto",
    units: UnitRunner,
    seed: Callable[..., int],
    data_key: str,
    attacker: Attacker = SEES_ALL,
    copies: int = 4,
) -> Attack:
    """Attack `target` with every method that applies.

    `members` are the target's training rows and `non_members` rows it never saw; `pool` rows serve shadow models
    only. `shadows` is the even number of shadow models, `data` what the attacker holds (`actual`: the candidate
    records; `same-distribution`: the pool alone), `methods` names from `methods.SCORES` or `auto`. `seed("shadow",
    i)` gives a 32-bit seed; `data_key` names the data in the units' inputs. `attacker` says what a query returns, of
    the target as of the shadows; where that is a label, each record is asked about `copies` times at three scales of
    change. Without a trainer only threshold attacks
    run. Raises DataError for fewer than 30 records on a side or a method that does not exist, ModelError for answers
    that are not finite.
    """
    for rows, name in ((members, "members"), (non_members, "non-members")):
        if len(rows) < LEAST_RECORDS:
            raise DataError(
                f"membership needs {LEAST_RECORDS} {name} or more and has {len(rows)}; give that part more rows."
            )
    candidates, seen = stack([members, non_members]), attacker.sees(target)
    task = "regression" if target.classes is None else "classification"
    answers = query(seen, candidates, task)
    labels_only = task == "classification" and "log_odds" not in answers
    if labels_only and copies:
        answers = query(seen, candidates, task, changed_copies(candidates.X, copies, seed("copies", "candidates")))
    missing = _why_no_shadows(answers, trainer, pool, data)
    signals = None
    if missing is None:
        signals = shadow_signals(
            answers,
            trainer,
            members,
            non_members,
            pool,
            shadows=shadows,
            data=data,
            units=units,
            seed=seed,
            data_key=data_key,
            attacker=attacker,
            copies=copies if labels_only else 0,
        )
    names, left_out = _applicable(methods, answers, missing, target)
    member = np.arange(len(members) + len(non_members)) < len(members)
    choice = choose(signals, names) if signals else _without_shadows(names, missing)
    game = _game(signals, answers, choice)
    scores = {name: SCORES[name](game) for name in names}
    return Attack(
        scores=scores,
        member=member,
        persons=np.concatenate([members.persons, non_members.persons]),
        selected=choice.selected,
        selection=_selection_table(choice),
        thresholds={name: _threshold(choice, name, scores[name], len(members)) for name in names},
        facts=_facts(choice, signals, members, non_members, left_out, attacker),
    )


def _why_no_shadows(
    answers: Mapping[str, np.ndarray], trainer: Trainer | None, pool: Rows | None, data: Knowledge
) -> str | None:
    if not {"residual", "log_odds", "robustness"} & set(answers):
        return "the model gives labels only, and no changed copies are asked about"
    if trainer is None:
        return "the model cannot be retrained, so there are no shadow models"
    if data == "same-distribution" and (pool is None or len(pool) < LEAST_RECORDS):
        return f"the pool holds {0 if pool is None else len(pool)} rows and shadow models need {LEAST_RECORDS}"
    return None


def _applicable(
    methods: Sequence[str] | Literal["auto"], answers: Mapping[str, np.ndarray], missing: str | None, target: Model
) -> tuple[list[str], dict[str, str]]:
    """Names of the methods to run, and why the others asked for are left out."""
    if "residual" in answers:
        able = ["residual", "rmia", "lira"]
    elif "log_odds" in answers:
        able = ["confidence", "entropy", "modified_entropy", "gap", "calibrated", "rmia", "lira"]
    else:
        able = ["gap", *(["robustness", "calibrated_robustness"] if "robustness" in answers else [])]
    if methods == "auto":
        # with two classes modified entropy ranks records exactly as confidence does
        asked = [name for name in able if name != "modified_entropy" or len(target.classes) > 2]
        asked += [name for name in ("rmia", "lira") if name not in asked and "residual" not in answers]
    else:
        asked = list(dict.fromkeys(methods))
        unknown = [name for name in asked if name not in SCORES]
        if unknown:
            raise DataError(f"there is no membership attack {unknown[0]!r}; choose from {', '.join(SCORES)}.")
    left_out = {}
    for name in asked:
        if name in NEEDS_SHADOWS and missing is not None:
            left_out[name] = missing
        elif name not in able:
            left_out[name] = (
                "it needs a classifier's answers" if "residual" in answers else
                "it needs a regressor's answers" if name == "residual" else
                "it is for labels alone, and probabilities are at hand" if "log_odds" in answers else
                "it needs probabilities, and this attacker sees labels only"
            )  # fmt: skip
    names = [name for name in asked if name not in left_out]
    if not names:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise ModelError(f"none of the attacks asked for can be run on this model ({reasons}); set methods to auto.")
    return names, left_out


def _without_shadows(names: list[str], missing: str | None) -> Choice:
    nothing: dict[str, float | None] = dict.fromkeys(names)
    return Choice(fixed_choice(names), nothing, dict(nothing), 0.5, f"fixed in advance: {missing}")


def _game(signals: Signals | None, answers: Mapping[str, np.ndarray], choice: Choice) -> Game:
    if signals is not None:
        return Game.against_target(signals, choice.offline_a)
    none = np.zeros((0, 0), bool)
    return Game(answers, {}, none, {}, none, online=False)


def _threshold(choice: Choice, name: str, scores: np.ndarray, members: int) -> float:
    """The shadows' threshold; without one, that which calls as many records members as there are."""
    known = choice.thresholds[name]
    if known is not None:
        return known
    return 1.0 if name == "gap" else float(np.sort(scores)[len(scores) - members])


def _selection_table(choice: Choice) -> Table:
    rows = [[name, value, choice.thresholds[name]] for name, value in choice.mean_auc.items()]
    rows.sort(key=lambda row: -1.0 if row[1] is None else -row[1])
    return Table(title="Attacks on shadow models", columns=["attack", "mean AUC on shadows", "threshold"], rows=rows)


def _facts(
    choice: Choice,
    signals: Signals | None,
    members: Rows,
    non_members: Rows,
    left_out: dict[str, str],
    attacker: Attacker,
) -> dict[str, Any]:
    unset = any(value is None for value in choice.thresholds.values())
    return {
        "selected": choice.selected,
        "selection": choice.reason,
        "shadows": signals.count if signals else 0,
        "shadow_rows": signals.shadow_rows if signals else 0,
        "members": len(members),
        "non_members": len(non_members),
        "member_people": len(np.unique(members.persons)),
        "non_member_people": len(np.unique(non_members.persons)),
        "online": bool(signals and signals.online),
        "attacker": _attacker_sentence(signals, attacker),
        "copies": int(copied_rows(members, non_members).sum()),
        "thresholds": "as many records called members as there are, where shadow models could not fix it"
        if unset
        else "fixed on shadow models",
        "left_out": left_out,
    }


def _attacker_sentence(signals: Signals | None, attacker: Attacker) -> str:
    if signals is None:
        return f"The attacker sees {attacker.words} for records whose true label is known, and trains no models."
    if signals.online:
        others = ", and other rows like them," if signals.extra_rows else ""
        held = f"holds the records in question{others} without knowing which were used"
    else:
        held = "holds other rows from the same distribution, and none of the records in question when training"
    return (
        f"The attacker sees {attacker.words}, {held}, and trains {signals.count} shadow models "
        f"by the same procedure on {signals.shadow_rows:,} rows each."
    )
