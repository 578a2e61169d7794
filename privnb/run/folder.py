"""The run folder: where a run's files are, and writes that are whole or absent."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privnb.errors import FolderError


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run; the layout is a promise to every reader (command line, JupyterLab, server)."""

    root: Path

    @property
    def spec(self) -> Path:
        """The spec as it was given, byte for byte."""
        return self.root / "spec.yaml"

    @property
    def effective(self) -> Path:
        """The spec with every default filled in."""
        return self.root / "effective.yaml"

    @property
    def plan(self) -> Path:
        """Stages with their content keys; stays inside the folder."""
        return self.root / "plan.json"

    @property
    def state(self) -> Path:
        """How each stage stands now."""
        return self.root / "state.json"

    @property
    def events(self) -> Path:
        """What happened, one JSON object a line, append only."""
        return self.root / "events.jsonl"

    @property
    def results(self) -> Path:
        """Everything that was found, without a clock."""
        return self.root / "results.json"

    @property
    def run(self) -> Path:
        """Clock, host, versions and measured costs."""
        return self.root / "run.json"

    @property
    def store(self) -> Path:
        """Stage results, units and artefacts by content key."""
        return self.root / "store"

    @property
    def sheet(self) -> Path:
        """Of which results and formats the fact sheet was written last."""
        return self.store / "sheet.json"

    @property
    def notebooks(self) -> Path:
        """Executed notebooks, `<stage>--<variant>.ipynb`."""
        return self.root / "notebooks"

    def notebook(self, node_id: str) -> Path:
        """The executed notebook of one stage of the plan."""
        return self.notebooks / f"{node_id}.ipynb"

    def create(self) -> "RunFolder":
        """Make the folders; an existing run keeps what it has. Raises FolderError where that is not possible."""
        for folder in (self.root, self.store, self.notebooks):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _cannot_write(folder, error) from None
        return self


def write_whole(path: Path, content: bytes | str) -> None:
    """Write to a temporary name beside it, flush to disk, rename: a reader sees the old file or the new one.

    Raises FolderError naming the file where the disk is full or the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot_write(path, error) from None
        raise


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON, keys in the given order, whole or not at all."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, missing: Any = None) -> Any:
    """The JSON of a file, or `missing` where there is no file. FolderError for a file that is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return missing
    except ValueError:
        raise FolderError(f"{path} is damaged; remove it, or run with --fresh in another folder") from None


def _cannot_write(path: Path, error: OSError) -> FolderError:
    cause = (error.strerror or str(error)).lower()
    return FolderError(f"{path} cannot be written: {cause}; what was finished before is kept")
