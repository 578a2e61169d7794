"""Risk factors: properties of model and data that make leakage likelier, measured without an attack."""

from privnb.factors.overfitting import overfitting_gap
from privnb.factors.size import ClassSizes, SetSize, class_sizes, encoded_features, set_size

__all__ = ["ClassSizes", "SetSize", "class_sizes", "encoded_features", "overfitting_gap", "set_size"]
