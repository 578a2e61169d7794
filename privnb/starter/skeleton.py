"""A data dictionary to be confirmed: types, categories and bounds as they occur, each marked as taken from the data."""

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from privnb.spec.dump import flow_yaml

if TYPE_CHECKING:
    import pandas as pd

_HEAD = """\
# Written by privnb init. A data dictionary says what is publicly known of each column, so that protection need not
# learn it from the people in the table. What stands here was taken from the table: confirm or correct every line,
# then name this file in the spec as data.dictionary.
columns:
"""
MOST_SHOWN = 60  # categories; a longer list is left to be written by somebody who knows it


def dictionary_text(frame: "pd.DataFrame", identifiers: Collection[str] = ()) -> str:
    """YAML that `privnb.subject.dictionary.read_dictionary` reads, a column a line; no value of an identifier in it.

    Bounds are rounded outwards, so that they are seldom the most extreme person's own value.
    """
    from privnb.subject.dictionary import infer

    lines = []
    for name, column in infer(frame).columns.items():
        fields: dict[str, Any] = {"type": column.type}
        confirm = ["type"]
        if name in identifiers:
            fields["type"] = "text"
        elif column.type in ("categorical", "ordered"):
            if len(column.categories) > MOST_SHOWN:
                fields["type"] = "text"
            else:
                fields["categories"] = [_plain(value) for value in column.categories]
                confirm.append("categories, those that do not occur here too")
        elif column.bounds:
            fields["bounds"] = outward(*column.bounds)
            confirm += ["bounds", "unit"]
            fields["unit"] = ""
        if column.missing:
            fields["missing"] = True
        lines.append(f"  {flow_yaml(str(name))}: {flow_yaml(fields)}  # to be confirmed: {', '.join(confirm)}")
    return _HEAD + "\n".join(lines) + "\n"


def outward(low: float, high: float) -> list[float]:
    """Bounds around a range, rounded outwards to its power of ten or half of that; never equal to each other."""
    size = max(high - low or abs(high) or 1, 1e-9)
    step = 10 ** math.floor(math.log10(size)) / (2 if str(f"{size:e}")[0] == "1" else 1)
    found = [math.floor(low / step) * step, math.ceil(high / step) * step]
    if found[0] == found[1]:
        found[1] += step
    least, greatest = (_short(value) for value in found)
    return [min(least, low), max(greatest, high)]  # where few digits cannot hold them, the range itself


def _short(value: float) -> float:
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(f"{value:.12g}")


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
