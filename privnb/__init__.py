"""privnb: privacy evidence for machine-learning models, from an experiment instead of an opinion.

Importing this package loads nothing heavy; every public name is imported when it is first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "Finding": "privnb.findings",
    "StageResult": "privnb.findings",
    "PrivnbError": "privnb.errors",
    "Rows": "privnb.subject",
    "Variant": "privnb.subject",
    "as_trainer": "privnb.subject",
    "load_spec": "privnb.stages",
    "run_spec": "privnb.api",
    "membership_metrics": "privnb.attacks",
}

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'privnb' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
