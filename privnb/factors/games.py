"""The two factors that are attacks: who was added by an update, and whether augmentation gives away more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from privnb.attacks.copies import copied_rows
from privnb.attacks.signals import query
from privnb.attacks.universe import some_people, stack
from privnb.errors import ModelError
from privnb.factors.augmentation import Augmentation
from privnb.factors.augmented import augmentation_risk, used_augmentation
from privnb.factors.updates import Gain, earlier_half, simulated_earlier_answers, update_risk
from privnb.findings import Finding, StageResult
from privnb.stats.estimate import Estimate
from privnb.subject.contract import Model, Subject, Variant
from privnb.subject.rows import Rows
from privnb.subject.target import check_known_classes
from privnb.units import UnitRunner

_UNKNOWN = "nobody declared which rows were in the training"
_DECLARE_ADDED = (
    "the release that was given is not compared, because nobody declared who was added since: give data.train and "
    "data.holdout (or data.member), and model.added"
)


@dataclass(frozen=True)
class Setting:
    """What both games work on: a variant of a subject, `people` asked on each side, units, seeds and level."""

    subject: Subject
    variant: Variant
    people: int
    units: UnitRunner
    seed: Callable[..., int]
    data_key: str
    level: float = 0.95

    def some(self, rows: Rows, name: str) -> Rows:
        """At most `people` people of these rows, drawn by the seed of that name."""
        return some_people(rows, self.people, self.seed("people", name))

    def never_used(self) -> Rows:
        """Evaluation rows of at most `people` people that equal no training row."""
        others = self.some(self.subject.part("evaluation"), "evaluation")
        return others.take(np.flatnonzero(~copied_rows(self.subject.part("train"), others)))


def update_game(setting: Setting, previous: Callable[[], Model] | None, simulate: bool = True) -> StageResult:
    """AUC of telling who was added since an earlier release, and of the new version alone.

    `previous` opens the release that was given; it counts where membership is declared and the context column `added`
    says which training rows are new. Else an update is simulated by one more training on half of the people, and said
    to be the procedure's. Raises DataError for fewer than 30 people on a side.
    """
    subject, variant = setting.subject, setting.variant
    if subject.membership == "unknown":
        return StageResult(findings=[_absent("update_risk", _UNKNOWN)])
    train, never = subject.part("train"), setting.never_used()
    real = previous is not None and subject.membership == "declared" and "added" in train.context
    note = "" if real or previous is None else f"; {_DECLARE_ADDED}"
    if not real and (variant.trainer is None or not simulate):
        why = "the model cannot be trained again" if variant.trainer is None else "no update was to be simulated"
        note = note or "; model.previous gives an earlier release"
        return StageResult(findings=[_absent("update_risk", why + note)])
    earlier = ~train.context["added"].to_numpy(bool) if real else earlier_half(train, setting.seed("update", "half"))
    added = setting.some(train.take(np.flatnonzero(~earlier)), "added")
    rows = stack([added, never])
    if real:
        old, how = _answers_of(previous(), rows, subject.task), "on the earlier release that was given"
    else:
        old = simulated_earlier_answers(
            variant.trainer,
            train,
            earlier,
            rows,
            units=setting.units,
            seed=setting.seed("update", "fit"),
            data_key=setting.data_key,
        )
        how = f"simulated update: the procedure, not this model; the earlier version saw half of the people{note}"
    gain = update_risk(old, variant.model, added, never, subject.task, setting.level)
    return _found("update_risk", gain, how, "new version alone", setting.level)


def augmentation_game(setting: Setting, declared: Augmentation | None) -> StageResult:
    """AUC of the attack that asks about changed copies too, where the training used such copies, and without them.

    `declared` is what was said of the training of a given file or factory; a trainer's own augmentation goes first.
    """
    subject, variant = setting.subject, setting.variant
    if subject.membership == "unknown":
        return StageResult(findings=[_absent("augmentation_risk", _UNKNOWN)])
    given = subject.membership == "declared" and variant.parent is None
    used, how = used_augmentation(variant.trainer, declared, given)
    if used is None:
        return StageResult(findings=[_absent("augmentation_risk", how)])
    members = setting.some(subject.part("train"), "members")
    gain = augmentation_risk(
        variant.model,
        members,
        setting.never_used(),
        subject.task,
        used,
        setting.seed("augmentation"),
        setting.level,
    )
    return _found("augmentation_risk", gain, f"{used.words}, {how}", "attack without changed copies", setting.level)


def _answers_of(earlier: Model, rows: Rows, task: str) -> Mapping[str, np.ndarray]:
    """What a given earlier release says of each record; ModelError or DataError where its target was another."""
    if (earlier.classes is None) != (task == "regression"):
        raise ModelError(f"the earlier release is not for {task}, so the two versions cannot be compared.")
    check_known_classes(rows.y, earlier.classes)
    return query(earlier, rows, task)


def _found(name: str, gain: Gain, how: str, without: str, level: float) -> StageResult:
    """AUC of the attack that has more, that of the one without as a method, the difference in words and facts."""
    more = gain.difference
    reason = f"{how}; {more.value:+.3f} ({more.low:+.3f} to {more.high:+.3f}) against the {without}"
    findings = [_auc(name, gain.with_it, level, reason=reason), _auc(name, gain.without, level, method=without)]
    return StageResult(findings=findings, facts={f"{name}_gain": [more.value, more.low, more.high]})


def _auc(name: str, found: Estimate, level: float, **more: str) -> Finding:
    return Finding(
        id=f"factors.{name}",
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        level=level,
        unit="auc",
        direction="lower",
        **more,
    )


def _absent(name: str, reason: str) -> Finding:
    return Finding(id=f"factors.{name}", status="not_applicable", reason=reason)
