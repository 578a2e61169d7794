"""Checks of mitigations and release: ids are unique, and every variant that is named exists."""

import re
from collections.abc import Collection

from privnb.spec.draft import Draft
from privnb.spec.model import BASELINE, ID_PATTERN
from privnb.spec.nearest import did_you_mean

CONTROL = "-control"
TRAINS = frozenset(("dp", "federate"))


def check_variants(draft: Draft) -> None:
    """Ids are unique and free; `from` names the baseline or an earlier mitigation."""
    first: dict[str, tuple] = {}
    mitigations = [m if isinstance(m, dict) else {} for m in draft.get("mitigations", kind=list) or []]
    every = dict.fromkeys(m["id"] for m in mitigations if isinstance(m.get("id"), str))
    for place, mitigation in enumerate(mitigations):
        name, path = mitigation.get("id"), ("mitigations", place, "id")
        _base(draft, place, mitigation, first, every)
        if not isinstance(name, str):
            continue
        if name == BASELINE or name.endswith(CONTROL):
            what = "is the model without mitigation" if name == BASELINE else "would name a control"
            draft.at_value(path, f"mitigations: the id '{name}' {what}; choose another id")
        elif name in first:
            line, column = draft.located.at_value(first[name])
            draft.at_value(path, f"mitigations: the id '{name}' comes twice; it first stands at {line}:{column}")
        elif re.match(ID_PATTERN, name):
            first[name] = path


def check_retraining(draft: Draft) -> None:
    """A mitigation that trains needs rows that are known to be training rows, or a model that privnb trains."""
    data = draft.get("data", kind=dict) or {}
    origin = next((key for key in ("file", "scores") if draft.get("model", key) is not None), None)
    if origin is None or (origin == "file" and (data.get("train") or data.get("member"))):
        return
    for place, mitigation in enumerate(draft.get("mitigations", kind=list) or []):
        for kind in TRAINS & set(draft.mitigations) & set(mitigation if isinstance(mitigation, dict) else ()):
            draft.at_key(
                ("mitigations", place, kind),
                f"{kind} trains a model, but model.{origin} ({draft.place(('model', origin))}) is trained already and "
                "nobody said on which rows; give data.train and data.holdout, data.member, or model.train",
            )


def check_release(draft: Draft) -> None:
    """`release` names a variant of this spec."""
    name = draft.get("release", kind=str)
    if name is not None:
        check_variant_name(draft, ("release",), name, mitigation_ids(draft))


def check_variant_name(draft: Draft, path: tuple, name: str, ids: Collection[str]) -> None:
    """Note a problem unless `name` is the baseline, one of the mitigations' `ids` or `<id>-control`."""
    if name == BASELINE or name in ids or (name.endswith(CONTROL) and name.removesuffix(CONTROL) in ids):
        return
    near = did_you_mean(name, [BASELINE, *ids])
    there = near or f"; variants are {', '.join([BASELINE, *ids][:40])}"
    draft.at_value(path, f"{path[0]}: there is no variant '{name}'{there}")


def mitigation_ids(draft: Draft) -> Collection[str]:
    """Ids of the mitigations as far as they can be read, in order."""
    found = draft.get("mitigations", kind=list) or []
    return dict.fromkeys(m["id"] for m in found if isinstance(m, dict) and isinstance(m.get("id"), str))


def _base(draft: Draft, place: int, mitigation: dict, earlier: Collection[str], every: Collection[str]) -> None:
    base, path = mitigation.get("from"), ("mitigations", place, "from")
    if not isinstance(base, str) or base == BASELINE or base in earlier:
        return
    if base == mitigation.get("id"):
        draft.at_value(path, f"mitigations: '{base}' cannot be built on itself; from names baseline or an earlier id")
    elif base in every:
        draft.at_value(path, f"mitigations: from '{base}' comes later; put '{base}' before it")
    else:
        near = did_you_mean(base, [BASELINE, *every])
        there = near or f"; earlier variants are {', '.join([BASELINE, *earlier][:40])}"
        draft.at_value(path, f"mitigations: from names no variant: '{base}'{there}")
