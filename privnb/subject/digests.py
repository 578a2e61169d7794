"""Digests of data: keyed ones that may leave the run folder, and plain ones for stage keys that must not."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from privnb.errors import DataError
from privnb.findings import canonical_json

if TYPE_CHECKING:
    import pandas as pd

# Adult: SHA-256 of the packed file. The others: SHA-256 of features then target as float64 bytes (checked on load).
BUILTIN = {
    "adult": "48fc285e2c476ca260daf074646adfa92c60b959490f928056e3242c664e9c59",
    "breast_cancer": "cdd5f37c36cbdfc2e5ee074cec7540fac54340874afb25917a673e446270d0d0",
    "diabetes": "e9c1f7559552854a24dc45b41c446ce5f79f96e5da081bcce24b57492720b3f7",
    "digits": "f19a7d92591ca0a1ffc65ec172e8149afdff995e0d2c4cb0afd151f38471ff90",
    "wine": "c7e84e8e03b2b5a354287416d84d08945318450658a22a63c39973d8306c2ca4",
}
_CHUNK_BYTES = 1 << 20
_SECRET_BYTES = 32


def keyed_digest(content: "pd.DataFrame | bytes", secret: bytes | str) -> str:
    """HMAC-SHA256 of bytes or of a table (names, order and values of its columns) as 64 hexadecimal digits.

    Whoever lacks the secret cannot confirm a guessed record with it. A table of strings has the same digest whichever
    way pandas stores them.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        raise DataError("a keyed digest needs a secret that is not empty; set PRIVNB_SECRET")
    digest = hmac.new(key, digestmod="sha256")
    for piece in [content] if isinstance(content, (bytes, bytearray, memoryview)) else _table_bytes(content):
        digest.update(piece)
    return digest.hexdigest()


def controller_secret(folder: Path | None = None) -> bytes | None:
    """The controller's secret: PRIVNB_SECRET, else a file that is created once, readable by its owner alone.

    The file lies in `folder`, by default the user's configuration folder. None where it can neither be read nor made.
    """
    from_environment = os.environ.get("PRIVNB_SECRET")
    if from_environment:
        return from_environment.encode()
    try:
        path = (folder or _configuration_folder()) / "secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _create_whole(path, secrets.token_hex(_SECRET_BYTES).encode())
        return path.read_bytes().strip() or None
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return None


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes; DataError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def content_digest(data: Any, base: Path) -> str:
    """SHA-256 over all that the `data` section of a spec reads: built-in data, files, dictionary and what it names.

    Unkeyed: it belongs into stage keys, which stay inside the run folder. Paths are relative to `base`; a file
    counts by its bytes, not its name.
    """
    parts: dict[str, Any] = {}
    if data.builtin:
        parts["builtin"] = [data.builtin, BUILTIN[data.builtin]]
    for role in ("path", "train", "holdout", "dictionary"):
        named = getattr(data, role, None)
        if named:
            parts[role] = file_digest(base / named)
    if getattr(data, "dictionary", None):
        parts["hierarchies"] = _hierarchies_of(base / data.dictionary)
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def _hierarchies_of(dictionary: Path) -> list:
    from privnb.subject.dictionary import read_dictionary

    columns = read_dictionary(dictionary).columns
    return [
        [name, column.hierarchy] for name, column in columns.items() if column.hierarchy and "file" in column.hierarchy
    ]


def _configuration_folder() -> Path:
    named = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    return (Path(named) if named else Path.home() / ".config") / "privnb"


def _create_whole(path: Path, content: bytes) -> None:
    """Creates the file with mode 0600, never half written; another process that was first wins."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content + b"\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()


def _table_bytes(frame: "pd.DataFrame"):
    import pandas as pd

    yield canonical_json([len(frame), [str(name) for name in frame.columns]]).encode()
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_extension_array_dtype(values.dtype):
            yield values.dtype.str.encode() + values.to_numpy().tobytes()
        else:  # codes by first appearance, then the values they stand for
            codes, levels = pd.factorize(values.astype(object))
            yield codes.astype("<i4").tobytes() + canonical_json([str(level) for level in levels]).encode()
