"""The language of the spec: its tree, reading with located errors, profiles, JSON Schema and reference."""

from importlib import import_module

_PUBLIC = {
    "BUILTINS": "model",
    "Explained": "explain",
    "LoadedSpec": "reading",
    "Spec": "model",
    "data_columns": "columns",
    "dump_yaml": "dump",
    "effective": "explain",
    "effective_yaml": "explain",
    "estimator_index": "estimators",
    "json_schema": "schema",
    "profile_parameters": "profiles",
    "read_spec": "reading",
    "read_spec_text": "reading",
    "refers_to": "model",
    "spec_model": "tree",
    "spec_problems": "reading",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(f"privnb.spec.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'privnb.spec' has no attribute {name!r}")


def __dir__():
    return __all__
