"""Where finished units are: their arrays in the store, with a digest, so that damage is seen and never used."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from privnb.run.store import Store

_DIGEST = "sha256-of-arrays"
_DAMAGE = (RuntimeError, zlib.error, KeyError)  # of an archive; the store itself sees most kinds


@dataclass(frozen=True)
class Shelf:
    """Units by key; without a store nothing is kept. Writes are whole or absent."""

    store: Store | None

    def read(self, key: str) -> dict[str, Any] | None:
        """The arrays of a finished unit, or None where it is absent or damaged."""
        if self.store is None:
            return None
        try:
            arrays = self.store.read_arrays(_place(key)) or {}
            digest = arrays.pop(_DIGEST)
        except _DAMAGE:
            return None
        return arrays if str(digest) == _digest(arrays) else None

    def holds(self, key: str) -> bool:
        """Whether there is a file of that unit, be it damaged."""
        return self.store is not None and (self.store.root / f"{_place(key)}.npz").exists()

    def write(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep a unit that ended; PrivnbError names an array that only a pickle could hold."""
        if self.store is not None:
            self.store.write_arrays(_place(key), {**arrays, _DIGEST: _digest(arrays)})


def _place(key: str) -> str:
    return f"units/{key}"


def _digest(arrays: Mapping[str, Any]) -> str:
    """SHA-256 over names, types, shapes and values."""
    import numpy as np

    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\0{value.dtype.str}\0{np.shape(arrays[name])}\0".encode())
        digest.update(value.view(np.uint8) if value.size and not value.dtype.hasobject else b"")
    return digest.hexdigest()
