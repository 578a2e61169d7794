"""Attacks on trained models: can somebody tell from a model who was in its training data?"""

from importlib import import_module

_PUBLIC = {
    "membership_metrics": "privnb.attacks.metrics",
    "audit_membership": "privnb.attacks.audit",
    "shadow_signals": "privnb.attacks.signals",
}

__all__ = ["audit_membership", "membership_metrics", "shadow_signals"]


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'privnb.attacks' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
