"""A commented spec as text: what was chosen, what was guessed, and what else could be said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from privnb.spec.dump import flow_yaml

_COLUMN = 46  # where comments begin
SCHEMA = "privnb.schema.json"


@dataclass(frozen=True)
class Start:
    """What a new spec says. `guessed` are the keys of data and model whose values nobody has confirmed yet.

    `source` is data's table: builtin, path, or train and holdout; `model` the model's section. `dictionary` is the name
    of the file with the data dictionary that is still to be confirmed.
    """

    name: str
    source: Mapping[str, str]
    target: str
    model: Mapping[str, object]
    sensitive: Collection[str] = ()
    quasi_identifiers: Collection[str] = ()
    identifiers: Collection[str] = ()
    person_id: str | None = None
    release: str | None = None
    dictionary: str | None = None
    guessed: frozenset[str] = field(default_factory=frozenset)


def spec_text(start: Start) -> str:
    """The spec as YAML with comments; what was guessed is marked, what was left out is shown as a comment."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        "# Written by privnb init." + (" Lines marked guess come from names and values: confirm or correct them."
                                       if start.guessed else ""),
        "privnb: 1",
        f"name: {flow_yaml(start.name)}",
        _with("profile: quick", "quick: a minute | standard: ten | thorough: hours"),
        "",
        "data:",
        *(f"  {key}: {flow_yaml(value)}" for key, value in start.source.items()),
        _said(start, "target", "the column that the model predicts"),
        _said(start, "sensitive", "nobody should be able to infer them"),
        _said(start, "quasi_identifiers", "an outsider may know them about a person"),
        _said(start, "identifiers", "they name a person: never given to a model"),
        _said(start, "person_id", "whose row it is, where people have several"),
    ]  # fmt: skip
    if start.dictionary:
        lines.append(_with(f"  # dictionary: {flow_yaml(start.dictionary)}", "confirm what it says, then uncomment"))
    lines += ["", "model:", *_model(start), "", *_attacker(start), "", *_rest(start)]
    return "\n".join(lines) + "\n"


def _said(start: Start, key: str, meaning: str) -> str:
    value = getattr(start, key)
    if not value:
        return _with(f"  # {key}: {'column' if key == 'person_id' else '[column]'}", meaning)
    return _with(f"  {key}: {flow_yaml(value)}", f"{'guess: ' if key in start.guessed else ''}{meaning}")


def _model(start: Start) -> list[str]:
    mark = "guess: any classifier or regressor by its dotted name" if "model" in start.guessed else ""
    return [_with(f"  {key}: {flow_yaml(value)}", mark) for key, value in start.model.items()]


def _attacker(start: Start) -> list[str]:
    where = "internal | partners | public-api | open-weights: declared, never inferred"
    release = f"  release: {start.release}" if start.release else "  # release: public-api"
    return [
        "threat_model:",
        _with("  access: black-box", "queries only"),
        _with("  outputs: probabilities", "what a query returns"),
        _with("  data: actual", "the attacker holds the records and asks who was used"),
        _with(release, where),
    ]


def _rest(start: Start) -> list[str]:
    return [
        _with("assess: auto", "the advisor chooses; privnb advise says why"),
        _with("# mitigations: auto", "let it choose the protection too, or list your own:"),
        "# mitigations:",
        "#   - {id: smooth, regularize: {ensemble: {members: 5}}}",
        "# gates:",
        "#   - {metric: membership.tpr_at_fpr_1pct, max: 0.05, use: upper}",
        "#   - {metric: membership.auc, max: 0.60, use: upper}",
        "# declared: {purpose: ..., lawful_basis: ..., retention: ...}",
    ]


def _with(line: str, comment: str) -> str:
    return f"{line:{_COLUMN}} # {comment}" if comment else line
