"""What the language already knows but this version of privnb cannot do: refused by name, never ignored."""

from privnb.spec.draft import Draft, spoken

YET = "not available yet in this version of privnb"

ASSESSMENTS = frozenset(
    ("attribute", "extraction", "leakage", "dp_audit", "dp_statistics",
     "encrypted_analytics", "federated_attacks", "erasure")
)  # fmt: skip
MITIGATIONS = frozenset(("anonymize", "minimize", "dp", "federate", "encrypt"))

# place -> the values that are refused there; None stands for every value
PLACES: dict[tuple[str, str], tuple | None] = {
    ("data", "population"): None,
    ("model", "candidates"): None,
    ("model", "scores"): None,
    ("threat_model", "access"): ("white-box",),
    ("threat_model", "data"): ("none",),
    ("threat_model", "knows_architecture"): (False,),
}


def refuse(draft: Draft) -> None:
    """Note every use of what is not available yet; a stage that is given to the draft is never refused."""
    for place, values in PLACES.items():
        value = draft.get(*place)
        if value is None:
            continue
        if values is None:
            draft.at_key(place, f"{spoken(place)} is {YET}")
        elif any(value is refused or (value == refused and not isinstance(value, int)) for refused in values):
            draft.at_value(place, f"{spoken(place)}: {_word(value)} is {YET}{_instead(place)}")
    _refuse_assessments(draft)
    _refuse_mitigations(draft)


def _refuse_assessments(draft: Draft) -> None:
    requested = draft.get("assess", kind=dict) or {}
    for name in [name for name in requested if name in ASSESSMENTS - set(draft.assessments)]:
        draft.at_key(("assess", name), f"assess.{name} is {YET}")
        draft.refused.add(("assess", name))


def _refuse_mitigations(draft: Draft) -> None:
    for place, mitigation in enumerate(draft.get("mitigations", kind=list) or []):
        if not isinstance(mitigation, dict):
            continue
        for kind in [kind for kind in mitigation if kind in MITIGATIONS - set(draft.mitigations)]:
            path = ("mitigations", place, kind)
            draft.at_key(path, f"{spoken(path, draft.raw)} is {YET}")
            draft.refused.add(path[:-1])


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


def _instead(place: tuple) -> str:
    instead = {"access": "black-box", "outputs": "probabilities", "data": "actual or same-distribution"}
    return f"; use {instead.get(place[-1], 'true')}"
