"""Widgets for a notebook: fill in a spec, watch a run, try a stage with other parameters; imported when first used."""

from importlib import import_module

_PUBLIC = {
    "RunPanel": "run_panel",
    "SpecForm": "spec_form",
    "StageTuner": "tuner",
    "tune": "tuning",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(f"privnb.widgets.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'privnb.widgets' has no attribute {name!r}")


def __dir__():
    return __all__
