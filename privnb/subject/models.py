"""Model files: those that a user gives, and privnb's own store of fitted models, which is skops and never a pickle."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from privnb.errors import ModelError
from privnb.subject.contract import Model, Trainer
from privnb.subject.digests import file_digest
from privnb.subject.fitted import SklearnModel
from privnb.subject.trainers import SklearnTrainer

__all__ = ["SklearnModel", "load_model", "load_saved", "save_model"]

PICKLES = (".joblib", ".pkl", ".pickle")
# Types in a user's file that hold numbers and settings alone, beyond those that skops itself lists.
PLAIN_TYPES = (
    "numpy.dtype",
    "privnb.subject.encoding.TableEncoder",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)


def load_model(path: Path | str, trust: bool = False) -> tuple[Model, Trainer | None, str]:
    """A user's fitted model, the trainer that makes another of its kind (None if it cannot be cloned), its SHA-256.

    `.skops` is opened when it holds known types alone; others are named and need `trust`. `.joblib`, `.pkl` and
    `.pickle` run whatever code they hold and always need `trust`. Raises ModelError, with the SHA-256 where that
    matters.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"there is no model file {path}; paths are relative to the spec")
    digest = file_digest(path)
    if path.suffix == ".skops":
        estimator = _read_skops(path, trust, digest)
    elif path.suffix in PICKLES:
        estimator = _read_pickle(path, trust, digest)
    else:
        raise ModelError(f"{path}: privnb opens .skops, and with trust: true also {', '.join(PICKLES)}")
    if not hasattr(estimator, "predict"):
        raise ModelError(f"{path} holds a {type(estimator).__name__}, which cannot predict")
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise ModelError(f"{path} holds a {type(estimator).__name__} that was never fitted") from None
    except TypeError:
        pass  # no scikit-learn estimator by its own account; it predicts, which is all that is asked of it
    return SklearnModel(estimator), _trainer_of(estimator), digest


def save_model(model: Model, path: Path) -> None:
    """Writes a fitted model into privnb's own store, whole or not at all.

    RandomForestClassifier(min_samples_leaf=5) on 17,094 rows of Adult: 0.26 s, 2.3 MB, read again in 0.15 s. Raises
    ModelError for a model that cannot be stored without code of its own; it is then refitted from its seed.
    """
    import skops.io

    estimator = getattr(model, "estimator", None)
    if not isinstance(model, SklearnModel):
        raise ModelError(f"a {type(model).__name__} cannot be stored; it has to be refitted from its seed")
    try:
        content = skops.io.dumps(estimator, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        foreign = _foreign_in_store(skops.io.get_untrusted_types(data=content))
    except Exception as error:
        raise ModelError(f"{type(estimator).__name__} cannot be stored: {error}") from error
    if foreign:
        raise ModelError(f"a model with {', '.join(foreign)} cannot be stored; it has to be refitted from its seed")
    _write_whole(Path(path), content)


def load_saved(path: Path) -> Model:
    """A model that `save_model` wrote; ModelError when the file is missing, damaged, or holds a foreign type."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ModelError(f"the stored model {path} cannot be read: {error.strerror}") from None

    def judge(types: Collection[str]) -> None:
        if foreign := _foreign_in_store(types):
            raise ModelError(f"the stored model {path} holds types that privnb never writes: {', '.join(foreign)}")

    return SklearnModel(_open_skops(content, f"the stored model {path}", judge))


def _read_skops(path: Path, trust: bool, digest: str) -> Any:
    def judge(types: Collection[str]) -> None:
        unknown = sorted(set(types) - set(PLAIN_TYPES))
        if unknown and not trust:
            raise ModelError(
                f"{path} holds types that skops does not know: {', '.join(unknown)}. If you know who made this file "
                f"(SHA-256 {digest}), set model.trust: true"
            )

    return _open_skops(path.read_bytes(), str(path), judge)


def _foreign_in_store(types: Collection[str]) -> list[str]:
    """Types that our own store never holds: anything but scikit-learn's classes and our encoder."""
    return sorted(name for name in types if name not in PLAIN_TYPES and not name.startswith("sklearn."))


def _open_skops(content: bytes, place: str, judge: Callable[[Collection[str]], None]) -> Any:
    import skops.io

    try:
        types = skops.io.get_untrusted_types(data=content)
        judge(types)
        return skops.io.loads(content, trusted=list(types))
    except (MemoryError, ModelError):
        raise
    except Exception as error:
        raise ModelError(
            f"{place} is no skops file that this version can open: {str(error) or type(error).__name__}"
        ) from error


def _read_pickle(path: Path, trust: bool, digest: str) -> Any:
    if not trust:
        raise ModelError(
            f"{path} is a pickle: opening it runs whatever code it holds. If you know who made it (SHA-256 {digest}), "
            "set model.trust: true; better, save the model with skops"
        )
    import joblib

    try:
        return joblib.load(path)
    except MemoryError:
        raise
    except Exception as error:
        raise ModelError(f"{path} cannot be opened: {type(error).__name__}: {error}") from error


def _trainer_of(estimator: Any) -> Trainer | None:
    try:
        trainer = SklearnTrainer(clone(estimator), encode="never")
        _ = trainer.task
    except (TypeError, RuntimeError, ModelError):  # what clone raises for an object that it cannot copy
        return None
    return trainer


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{hashlib.sha256(content).hexdigest()[:8]}")
    try:
        with fresh.open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
