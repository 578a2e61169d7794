"""Running a spec, and opening one of its stages; loaded only when used."""

from importlib import import_module

_PUBLIC = {"open_stage": "session", "run_spec": "execute", "RunOutcome": "execute", "RunFolder": "folder"}

__all__ = list(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(f"privnb.run.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'privnb.run' has no attribute {name!r}")
