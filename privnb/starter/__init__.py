"""Starts a spec: guesses what columns mean, and writes a commented spec and a data dictionary to be confirmed."""

from importlib import import_module

_PUBLIC = {
    "Guesses": "guesses",
    "SCHEMA": "writing",
    "Start": "writing",
    "dictionary_text": "skeleton",
    "guess": "guesses",
    "spec_text": "writing",
    "task_of": "guesses",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(f"privnb.starter.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'privnb.starter' has no attribute {name!r}")
