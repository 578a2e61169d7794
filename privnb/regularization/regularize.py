"""One call that turns a trainer into a regularized one, and says what it changed and what to compare it with."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from privnb.errors import ModelError
from privnb.regularization.early_stopping import EarlyStoppingTrainer
from privnb.regularization.ensemble import EnsembleTrainer
from privnb.regularization.estimators import final_estimator
from privnb.regularization.noise import NoiseTrainer
from privnb.regularization.penalty import penalty_params
from privnb.subject.contract import Trainer
from privnb.subject.trainers import EstimatorTrainer, with_params


class Change(NamedTuple):
    """One thing that regularization changed; `before` and `after` are texts."""

    parameter: str
    before: str
    after: str


def regularize(
    trainer: Trainer,
    *,
    estimator: str | None = None,
    params: Mapping[str, Any] | None = None,
    l1: float | None = None,
    l2: float | None = None,
    early_stopping: bool | Mapping[str, Any] | None = None,
    ensemble: Mapping[str, Any] | None = None,
    noise: Mapping[str, Any] | None = None,
) -> Trainer:
    """`trainer` with these changes, which are part of the procedure: shadow models repeat them.

    `estimator` is the dotted name of another kind of model, `params` its parameters, `l1` and `l2` penalties (see
    `penalty_params`), `early_stopping` True or {fraction, patience}, `ensemble` {members, fraction}, `noise` {scale,
    copies}. Noise is applied inside early stopping, and both inside each member of an ensemble. Raises ModelError
    where the estimator lacks what is asked for, where it is for another task, and when nothing is asked for.
    """
    asked = (estimator, params or None, l1, l2, None if early_stopping is False else early_stopping)
    if all(part is None for part in (*asked, ensemble, noise)):
        raise ModelError(
            "regularize changes nothing: give estimator, params, l1, l2, early_stopping, ensemble or noise."
        )
    changed = _same_kind(trainer, estimator, params, l1, l2)
    if noise is not None:
        changed = _wrap(NoiseTrainer, "noise", changed, noise)
    if early_stopping is not None and early_stopping is not False:
        changed = _wrap(
            EarlyStoppingTrainer, "early_stopping", changed, {} if early_stopping is True else early_stopping
        )
    if ensemble is not None:
        changed = _wrap(EnsembleTrainer, "ensemble", changed, ensemble)
    return changed


def control_trainer(trainer: Trainer, estimator: str | None) -> Trainer | None:
    """What the result is compared with where the kind of model changes: that estimator with its own defaults.

    None where `estimator` is None or the trainer's own kind; then the variant it was built on is the control.
    """
    if estimator is None:
        return None
    control = EstimatorTrainer(estimator)
    return None if type(final_estimator(control)) is type(final_estimator(trainer)) else control


def regularization_changes(
    trainer: Trainer,
    *,
    estimator: str | None = None,
    params: Mapping[str, Any] | None = None,
    l1: float | None = None,
    l2: float | None = None,
    early_stopping: bool | Mapping[str, Any] | None = None,
    ensemble: Mapping[str, Any] | None = None,
    noise: Mapping[str, Any] | None = None,
) -> list[Change]:
    """What `regularize` with the same arguments changes, one entry a parameter, in words for people."""
    changes = []
    base = trainer
    if estimator is not None:
        base = EstimatorTrainer(estimator)
        changes.append(Change("estimator", trainer.label, base.label))
    inner = _same_kind(trainer, estimator, params, l1, l2)
    named = dict(params or {}) | _penalty(with_params(base, **params) if params else base, l1, l2)
    if named:
        before, after = final_estimator(base).get_params(), final_estimator(inner).get_params()
        changes += [Change(name, repr(before.get(name)), repr(after.get(name))) for name in named]
    wrapped = (
        ("noise", noise, NoiseTrainer),
        (
            "early_stopping",
            {} if early_stopping is True else None if early_stopping is False else early_stopping,
            EarlyStoppingTrainer,
        ),
        ("ensemble", ensemble, EnsembleTrainer),
    )
    for name, given, kind in wrapped:
        if given is not None:
            made = _wrap(kind, name, inner, given)
            fields = [field for field in kind.__dataclass_fields__ if field != "trainer"]
            changes += [Change(f"{name}.{field}", "none", str(getattr(made, field))) for field in fields]
    return changes


def _same_kind(trainer: Trainer, estimator, params, l1, l2) -> Trainer:
    """The trainer with its kind, parameters and penalties set."""
    changed = trainer
    if estimator is not None:
        changed = EstimatorTrainer(estimator)
        if changed.task != trainer.task:
            raise ModelError(f"{estimator} is for {changed.task} and the model it replaces does {trainer.task}.")
    if params:
        changed = with_params(changed, **params)
    named = _penalty(changed, l1, l2)
    return with_params(changed, **named) if named else changed


def _penalty(trainer: Trainer, l1: float | None, l2: float | None) -> dict[str, Any]:
    return {} if l1 is None and l2 is None else penalty_params(trainer, l1, l2)


def _wrap(kind: type, name: str, trainer: Trainer, given: Mapping[str, Any]) -> Trainer:
    fields = [field for field in kind.__dataclass_fields__ if field != "trainer"]
    unknown = [key for key in given if key not in fields]
    if unknown:
        raise ModelError(f"{name} has no part {unknown[0]!r}; it has {', '.join(fields)}.")
    return kind(trainer, **given)
