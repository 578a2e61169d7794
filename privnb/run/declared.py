"""What the spec declares about the training of the model under test, as the libraries take it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from privnb.subject import Model


def declared_augmentation(spec: Any) -> Any:
    """The `Augmentation` that model.augmentation asks for, with the shape of data.image; None where it says nothing."""
    asked, image = spec.model.augmentation, spec.data.image
    if asked is None:
        return None
    from privnb.factors import Augmentation

    return Augmentation(
        noise=asked.noise or 0.0,
        copies=asked.copies,
        shift=asked.shift,
        flip=asked.flip,
        rotate=asked.rotate,
        shape=tuple(image.shape) if image else None,
        dark=image.range[0] if image else 0.0,
    )


def declared_image(spec: Any) -> dict[str, Any] | None:
    """How features form a picture, as plain data; None for a table."""
    return spec.data.image.model_dump() if spec.data.image else None


def earlier_release(spec: Any, base: Path) -> Callable[[], Model] | None:
    """Opens the model that model.previous names (ModelError if it cannot be had); None where it names none."""
    return partial(_opened, base / spec.model.previous, spec.model.trust) if spec.model.previous else None


def _opened(path: Path, trust: bool) -> Model:
    from privnb.subject import load_model

    return load_model(path, trust=trust)[0]
