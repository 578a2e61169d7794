"""Figures as pure functions of findings and series: one style for notebooks, widgets and the fact sheet."""

from importlib import import_module

_PUBLIC = {
    "Look": "privnb.figures.look",
    "bullet_figure": "privnb.figures.bullet",
    "bullet_of": "privnb.figures.bullet",
    "bullet_svg": "privnb.figures.bullet",
    "flowchart_svg": "privnb.figures.flowchart",
    "factor_figure": "privnb.figures.factors",
    "looks": "privnb.figures.look",
    "portrait_figure": "privnb.figures.inversion",
    "roc_figure": "privnb.figures.roc",
    "stage_figure": "privnb.figures.stages",
    "looks_of": "privnb.figures.look",
    "thin": "privnb.figures.roc",
    "to_svg": "privnb.figures.style",
    "tradeoff_figure": "privnb.figures.tradeoff",
    "whatif_figure": "privnb.figures.factors",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'privnb.figures' has no attribute {name!r}")
