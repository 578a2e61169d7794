"""What a form offers for values that name something: columns, estimators and their parameters, variants, metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from privnb.spec import data_columns, estimator_index
from privnb.spec.model import BASELINE, Gate, Mitigation, Spec

# Fields of the tree that name a variant or a metric; columns, files and estimators say so themselves (refers_to).
_NAMING = {
    (Spec, "release"): "variant",
    (Gate, "on"): "variant",
    (Gate, "metric"): "metric",
    (Mitigation, "from"): "variant",
}


@dataclass(frozen=True)
class Offers:
    """What there is to choose from, as the spec stands now.

    `columns` is None when the table is not known. `estimator` is the one whose parameters are asked for: that of the
    section at hand, else that of the model. `profile` decides which defaults are shown.
    """

    columns: tuple[str, ...] | None = None
    variants: tuple[str, ...] = (BASELINE,)
    metrics: tuple[str, ...] = ()
    estimator: str | None = None
    profile: str = "standard"
    estimators: tuple[str, ...] = field(default_factory=lambda: tuple(estimator_index()))

    def named(self, kind: str | None) -> tuple[str, ...] | None:
        """The values on offer for what a field names; None when nothing is known."""
        return {
            "column": self.columns, "estimator": self.estimators, "variant": self.variants, "metric": self.metrics,
        }.get(kind or "")  # fmt: skip

    def parameters(self) -> tuple[str, ...]:
        """Constructor parameters of the estimator at hand; none when it is not in the index."""
        return tuple(estimator_index().get(self.estimator or "", {}).get("parameters", ()))

    def within(self, estimator: Any) -> "Offers":
        """The same for a section that names an estimator of its own."""
        return replace(self, estimator=estimator) if isinstance(estimator, str) and estimator else self

    def before(self, id: Any) -> "Offers":
        """The same for the mitigation of that id, which can build on earlier variants only."""
        if id not in self.variants:
            return self
        return replace(self, variants=self.variants[: self.variants.index(id)])


def offers_for(raw: Mapping[str, Any], base: Path, metrics: tuple[str, ...], profile: str) -> Offers:
    """What is on offer for a spec's plain values; paths in it are relative to `base`."""
    try:
        columns = data_columns(raw.get("data"), base)
    except ValueError:
        columns = None  # the problem with the file is among the form's problems
    ids = [card.get("id") for card in raw.get("mitigations") or [] if isinstance(card, dict)]
    model = raw.get("model") if isinstance(raw.get("model"), dict) else {}
    train = model.get("train") if isinstance(model.get("train"), dict) else {}
    return Offers(
        columns=tuple(columns) if columns else None,
        variants=(BASELINE, *dict.fromkeys(id for id in ids if isinstance(id, str))),
        metrics=metrics,
        estimator=train.get("estimator"),
        profile=profile,
    )


def names_of(model: type, key: str) -> str | None:
    """What the field names, where the tree itself does not say so."""
    return next((kind for (section, name), kind in _NAMING.items() if name == key and issubclass(model, section)), None)
