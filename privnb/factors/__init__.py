"""Risk factors: properties of model and data that make leakage likelier; hints with printed rules, no proof."""

from importlib import import_module

_PUBLIC = {
    "Augmentation": "privnb.factors.augmentation",
    "AugmentedTrainer": "privnb.factors.augmented",
    "ClassSizes": "privnb.factors.size",
    "RULES": "privnb.factors.verdicts",
    "SetSize": "privnb.factors.size",
    "answer_sensitivity": "privnb.factors.sensitivity",
    "attack_gain": "privnb.factors.updates",
    "augmentation_of": "privnb.factors.augmented",
    "augmentation_risk": "privnb.factors.augmented",
    "augmented_scores": "privnb.factors.augmented",
    "class_sizes": "privnb.factors.size",
    "class_table": "privnb.factors.size",
    "earlier_half": "privnb.factors.updates",
    "encoded_features": "privnb.factors.size",
    "flip_rate": "privnb.factors.influence",
    "overfitting_gap": "privnb.factors.overfitting",
    "permutation_influence": "privnb.factors.influence",
    "rule_for": "privnb.factors.verdicts",
    "set_size": "privnb.factors.size",
    "simulated_earlier_answers": "privnb.factors.updates",
    "sweep_gap": "privnb.factors.whatif",
    "sweep_points": "privnb.factors.whatif",
    "update_risk": "privnb.factors.updates",
    "update_scores": "privnb.factors.updates",
    "used_augmentation": "privnb.factors.augmented",
    "verdict_table": "privnb.factors.verdicts",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'privnb.factors' has no attribute {name!r}")


def __dir__():
    return __all__
