"""Units for the tests: real shadow models, and work that leaves a trace in a file however its process ends."""

import os
import time
from pathlib import Path

import numpy as np

from privnb.units import Unit, derive_seed


def shadow_models(estimator, units, shadows=4):
    """The shadow signals of an estimator on breast_cancer: 180 members, 180 others, no pool."""
    from privnb.attacks.signals import query, shadow_signals
    from privnb.subject.datasets import load_builtin
    from privnb.subject.rows import Rows
    from privnb.subject.trainers import as_trainer

    frame, dictionary = load_builtin("breast_cancer")
    y = frame.pop("diagnosis").to_numpy()
    rows = Rows(frame, y, frame[[]], dictionary)
    members, others = rows.take(np.arange(180)), rows.take(np.arange(180, 360))
    trainer = as_trainer(estimator)
    model = trainer.fit(members, 1)
    asked = [query(model, part, trainer.task) for part in (members, others)]
    target = {name: np.concatenate([part[name] for part in asked]) for name in asked[0]}
    return shadow_signals(
        target, trainer, members, others, None,
        shadows=shadows, data="actual", units=units, seed=lambda *path: derive_seed(5, *path), data_key="cancer",
    )  # fmt: skip


def stored_arrays(folder: Path) -> dict[str, dict[str, bytes]]:
    """Every stored unit: its arrays' types, shapes and bytes."""
    found = {}
    for path in sorted((folder / "units").glob("*.npz")):
        with np.load(path) as file:
            found[path.name] = {
                name: (file[name].dtype.str, file[name].shape, file[name].tobytes()) for name in file.files
            }
    return found


def numbered(count: int) -> list[Unit]:
    """Units shadow-0, shadow-1, ..."""
    return [Unit(f"shadow-{i}", {"i": i}) for i in range(count)]


def note(log: Path, *words) -> None:
    """Append a line, whole."""
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, (" ".join(map(str, words)) + "\n").encode())
    os.close(handle)


def notes(log: Path) -> list[list[str]]:
    """The lines so far, as words."""
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def most_at_once(log: Path) -> int:
    """How many units ran at the same moment at most, by their lines `+ name` and `- name`."""
    steps = np.cumsum([1 if words[0] == "+" else -1 for words in notes(log)])
    return int(steps.max())


def traced(log: Path, seconds: float = 0.02, kill=(), before=None):
    """A compute function that notes each start and end, and kills its own process for units whose names are in `kill`.

    With `before` (a folder) it kills only where no file of the unit's name is there, and leaves one: once in all.
    """

    def compute(unit: Unit) -> dict:
        import signal

        def write(*words):
            handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, (" ".join(map(str, words)) + "\n").encode())
            os.close(handle)

        write("+", unit.name, os.getpid())
        time.sleep(seconds)
        if unit.name in kill and not (before and (Path(before) / unit.name).exists()):
            if before:
                (Path(before) / unit.name).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        write("-", unit.name, os.getpid())
        return {"x": np.full(3, unit.inputs["i"], float), "pid": np.array(os.getpid())}

    return compute
