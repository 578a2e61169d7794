"""Regularization: trainers that fit the training rows less closely, by penalty, early stopping, ensembles or noise."""

from privnb.regularization.early_stopping import EarlyStoppingTrainer
from privnb.regularization.ensemble import EnsembleTrainer
from privnb.regularization.noise import NoiseTrainer
from privnb.regularization.regularize import Change, control_trainer, regularization_changes, regularize

__all__ = [
    "Change",
    "EarlyStoppingTrainer",
    "EnsembleTrainer",
    "NoiseTrainer",
    "control_trainer",
    "regularization_changes",
    "regularize",
]
