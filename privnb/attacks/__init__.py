"""Attacks on trained models: can somebody tell from a model who was in its training data?"""

from importlib import import_module

_PUBLIC = {
    "invert_classes": "privnb.attacks.inversion",
    "reconstruct_record": "privnb.attacks.reconstruction",
    "membership_metrics": "privnb.attacks.metrics",
    "audit_membership": "privnb.attacks.audit",
    "shadow_signals": "privnb.attacks.signals",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'privnb.attacks' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
