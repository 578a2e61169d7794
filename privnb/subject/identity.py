"""What a trainer is, as plain JSON: classes, parameters and sources, so that a change makes stored results stale."""

import hashlib
import inspect
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

_LONGEST_ARRAY = 64


def plain_identity(value: Any) -> Any:
    """Plain JSON that decides what `value` does: estimators by class and parameters, functions by source, arrays whole.

    Two equal values give the same JSON in every process; memory addresses never enter.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, np.generic):
        return plain_identity(value.item())
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        return {str(key): plain_identity(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_identity(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain_identity(item) for item in value), key=repr)
    if isinstance(value, type):
        return dotted_name(value)
    if hasattr(value, "get_params"):
        params = value.get_params(deep=False)
        return {
            "class": dotted_name(type(value)),
            "params": {name: plain_identity(params[name]) for name in sorted(params) if name != "n_jobs"},
        }
    if callable(value) and hasattr(value, "__qualname__"):
        return {"function": value.__qualname__, "source": source_digest(value)}
    state = {name: plain_identity(item) for name, item in sorted(getattr(value, "__dict__", {}).items())}
    return {"class": dotted_name(type(value)), "state": state or _stable_text(value)}


def dotted_name(kind: type) -> str:
    """module.Class of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"


def source_digest(function: Callable) -> str:
    """SHA-256 of the source file that defines a function; of its own source or code where there is no file."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    path = getattr(module, "__file__", None)
    if path and Path(path).suffix == ".py" and Path(path).is_file():
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        text = repr((code.co_code, code.co_names, _constants(code))) if code else getattr(function, "__qualname__", "")
    return hashlib.sha256(text.encode()).hexdigest()


def _constants(code: Any) -> list:
    """Constants of a function's code, with the code of inner functions in place of its address."""
    return [(inner.co_code, _constants(inner)) if hasattr(inner, "co_code") else inner for inner in code.co_consts]


def _array(values: np.ndarray) -> Any:
    if values.size <= _LONGEST_ARRAY:
        return [plain_identity(item) for item in values.tolist()]
    content = values.tobytes() if values.dtype != object else repr(values.tolist()).encode()
    return {"array": [str(values.dtype), list(values.shape)], "sha256": hashlib.sha256(content).hexdigest()}


def _stable_text(value: Any) -> str:
    text = repr(value)
    return type(value).__name__ if " at 0x" in text else text
