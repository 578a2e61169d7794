"""How each variant looks in every figure and table of a run: bound to its id by the order of the plan."""

from collections.abc import Sequence
from dataclasses import dataclass

from privnb.findings import VariantInfo

INK = "#16202c"
MUTED = "#56616e"
RULE = "#d3dae1"
FINE = "#98a3af"
PASS = "#1b6e43"
FAIL = "#a8261c"
WARN = "#7d5200"
PASS_TINT = "#e9f3ed"

PALETTE = ("#3f4b59", "#1f5fbf", "#b3470f", "#0b7570", "#7a3e9d", "#7c6000", "#a5326a", "#3f6b2a")


@dataclass(frozen=True)
class Look:
    """Colour of a variant, and whether it is drawn hollow and dashed because it is a control."""

    colour: str
    hollow: bool = False


def looks(variants: Sequence[VariantInfo]) -> dict[str, Look]:
    """The look of each variant by id. A control shares the colour of the variant that it is a control for.

    The baseline is slate; the others take the palette in the order of the plan, and again from its start when it ends.
    """
    free = iter(range(10**6))
    colours: dict[str, str] = {}
    for variant in variants:
        if variant.control_of is None or variant.control_of not in {v.id for v in variants}:
            step = next(free)
            colours[variant.id] = PALETTE[step] if step < len(PALETTE) else PALETTE[1 + (step - 1) % (len(PALETTE) - 1)]
    return {
        v.id: Look(colours[v.id]) if v.id in colours else Look(colours.get(v.control_of, MUTED), hollow=True)
        for v in variants
    }


def looks_of(names: Sequence[str]) -> dict[str, Look]:
    """The same for plain names (the methods of one attack), in the order given."""
    return {name: Look(PALETTE[index % len(PALETTE)]) for index, name in enumerate(names)}
