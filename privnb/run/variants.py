"""The shelf of variants: each model fitted once, stored, and taken from the store by every later stage."""

from collections.abc import Mapping
from contextlib import suppress

from privnb.errors import ModelError
from privnb.plan import Plan
from privnb.run.declared import declared_augmentation
from privnb.run.store import Store
from privnb.stages import stages
from privnb.stages.contract import Made, StageParameters
from privnb.subject import (
    EstimatorTrainer,
    FactoryTrainer,
    Model,
    Subject,
    Trainer,
    Variant,
    load_model,
    load_saved,
    save_model,
)
from privnb.units import content_key, derive_seed


class VariantShelf:
    """Hands out variants by id.

    Every variant is trained on the train part with the same seed, so that variants are paired. With a store, a fitted
    model is kept there by content key; one that cannot be kept is fitted again by its seed. `changed` are parameters of
    mitigations, by id, in the place of the spec's.
    """

    def __init__(
        self,
        loaded,
        plan: Plan,
        subject: Subject,
        store: Store | None,
        changed: Mapping[str, StageParameters] | None = None,
    ):
        self._loaded = loaded
        self._plan = plan
        self._subject = subject
        self._store = store
        self._changed = changed or {}
        self._variants: dict[str, Variant] = {}
        self._made: dict[str, Made] = {}
        self._given: Model | None = None

    def variant(self, id: str) -> Variant:
        """The variant of that id, with its fitted model; ModelError names what cannot be trained."""
        if id not in self._variants:
            info = next(info for info in self._plan.variants if info.id == id)
            made = self._definition(id)
            rows = self._subject.part("train")
            model = self._given if id == "baseline" and self._given is not None else self._fitted(made, rows)
            self._variants[id] = Variant(
                id=id,
                model=model,
                rows=rows,
                trainer=made.trainer,
                parent=info.from_,
                label=made.label,
                control_of=info.control_of,
                claims=made.claims,
            )
        return self._variants[id]

    def control(self, id: str) -> Variant | None:
        """The control that was made beside a mitigated variant, if it has one."""
        control = next((info.id for info in self._plan.variants if info.control_of == id), None)
        return self.variant(control) if control else None

    def with_mitigation(self, id: str, params: StageParameters) -> "VariantShelf":
        """A shelf on which one mitigation has other parameters; what it fits is not stored."""
        other = VariantShelf(self._loaded, self._plan, self._subject, None, {**self._changed, id: params})
        parent = next(info.from_ for info in self._plan.variants if info.id == id)
        other._variants[parent] = self.variant(parent)
        return other

    def _definition(self, id: str) -> Made:
        if id not in self._made:
            if id == "baseline":
                self._made[id] = self._baseline()
            else:
                self._made.update(self._mitigated(id.removesuffix("-control")))
        return self._made[id]

    def _baseline(self) -> Made:
        model, base = self._loaded.spec.model, self._loaded.base
        if model.train is not None:
            trainer = _with_augmentation(
                EstimatorTrainer(model.train.estimator, dict(model.train.params)),
                declared_augmentation(self._loaded.spec),
            )
        elif model.factory is not None:
            trainer = FactoryTrainer(model.factory, base)
        else:
            self._given, trainer, _ = load_model(base / model.file, trust=model.trust)
        return Made(
            id="baseline", trainer=trainer, label=trainer.label if trainer else type(self._given.estimator).__name__
        )

    def _mitigated(self, id: str) -> Mapping[str, Made]:
        mitigation = next(item for item in self._loaded.spec.mitigations if item.id == id)
        parent = mitigation.from_ or "baseline"
        trainer = self._definition(parent).trainer
        if trainer is None:
            raise ModelError(
                f"{id}: {mitigation.kind} needs to train the model again, and {parent} cannot be retrained"
            )
        stage = stages()[mitigation.kind]
        params = self._changed.get(id, mitigation.params)
        return {made.id: made for made in stage.make(trainer, params, id, parent)}

    def _fitted(self, made: Made, rows) -> Model:
        seed = derive_seed(self._loaded.spec.seed, "fit")
        if made.trainer is None:
            raise ModelError(f"{made.id} cannot be trained: its model is only a file")
        if self._store is None:
            return made.trainer.fit(rows, seed)
        key = content_key([made.trainer.identity, self._plan.data_key, seed])
        path = self._store.artefact(key, ".skops")
        model = None
        if path.exists():
            with suppress(ModelError):  # a damaged file counts as absent
                model = load_saved(path)
        if model is None:
            model = made.trainer.fit(rows, seed)
            with suppress(ModelError):  # a model that cannot be stored is fitted again by its seed
                save_model(model, path)
        return model


def _with_augmentation(trainer: Trainer, augmentation) -> Trainer:
    """The trainer, with changed copies beside the rows where the spec asks for an augmentation."""
    if augmentation is None:
        return trainer
    from privnb.factors import AugmentedTrainer

    return AugmentedTrainer(trainer, augmentation)
