"""The questions that advice rests on, and their answers as far as a spec gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from privnb.errors import PrivnbError
from privnb.spec.estimators import estimator_index
from privnb.spec.model import BUILTINS, ThreatModel
from privnb.spec.nearest import did_you_mean, listed

_YES_NO = ("yes", "no")
_NUMBERS = frozenset({"diabetes"})  # the embedded data sets whose target is a number


@dataclass(frozen=True)
class Asked:
    """One question: its key, its words, what can be answered, and what is assumed while nobody has answered."""

    key: str
    question: str
    choices: tuple[str, ...]
    assumed: str


@dataclass(frozen=True)
class Answer:
    """The answer to one question. `source` is the key of the spec it follows from, `asked`, or `assumed`."""

    key: str
    value: str
    source: str

    @property
    def known(self) -> bool:
        """Whether somebody said so, rather than it being assumed."""
        return self.source != "assumed"


# fmt: off
ASKED: tuple[Asked, ...] = (
    Asked("personal_data", "Are the data about people?", _YES_NO, "yes"),
    Asked("task", "Does the model predict a class or a number?", ("classification", "regression"), "classification"),
    Asked("quasi_identifiers", "Are there columns that an outsider may know about a person?", _YES_NO, "no"),
    Asked("access", "Can the attacker look inside the model?", ("black-box", "white-box"), "black-box"),
    Asked("outputs", "What does a query return?", ("probabilities", "top-n", "rounded", "label"), "probabilities"),
    Asked("membership_declared", "Is it known who was in the training data?", _YES_NO, "no"),
    Asked("membership_harms", "Does it harm people if it becomes known that they are in the data?", _YES_NO, "yes"),
    Asked("training_data", "What data does the attacker have?", ("actual", "same-distribution", "none"), "actual"),
    Asked("architecture_known", "Can the attacker train the same kind of model?", _YES_NO, "yes"),
    Asked("updates", "Will the model be released again after an update?", _YES_NO, "no"),
    Asked("augmentation", "Did the training use altered copies of the rows?", _YES_NO, "no"),
    Asked("sensitive_features", "Are there columns that nobody should be able to infer?", _YES_NO, "no"),
    Asked("classes_are_people", "Does a class stand for one person or a small group?", _YES_NO, "no"),
    Asked("release", "Where will the model be used?", ("internal", "partners", "public-api", "open-weights"),
          "public-api"),
    Asked("owners", "How many organisations hold the data?", ("one", "several"), "one"),
    Asked("coordinator_trusted", "May a coordinator see each organisation's update?", _YES_NO, "no"),
    Asked("parties_connected", "Can the organisations agree on keys with each other?", _YES_NO, "yes"),
    Asked("beyond_sums", "Must they compute more together than sums of updates?", _YES_NO, "no"),
    Asked("life_cycle", "At which stage of its life is the model?",
          ("before-training", "training", "scoring", "sharing"), "training"),
    Asked("training_changeable", "Can the way it is trained be changed?", _YES_NO, "yes"),
    Asked("overfits", "Is it clearly better on its training rows than on others?", _YES_NO, "yes"),
    Asked("inputs_secret", "Does it score records that its operator must not see?", _YES_NO, "no"),
    Asked("new_data", "Will records of new people be collected for it?", _YES_NO, "no"),
)
# fmt: on
QUESTIONS: Mapping[str, Asked] = {asked.key: asked for asked in ASKED}


def answers_of(spec: Mapping[str, Any], given: Mapping[str, str] | None = None) -> dict[str, Answer]:
    """Every question's answer: `given` first, then the spec's `answers`, then what its keys imply, else the assumption.

    `spec` is a spec's plain mapping (as from `model_dump(mode="json", by_alias=True)`, or as a user wrote it; what is
    malformed is passed over). Raises PrivnbError when `given` names no question or answers it with none of its choices.
    """
    given = _checked(given or {})
    written = _section(spec, "answers")
    implied = _implied(spec)
    found = {}
    for asked in ASKED:
        said = written.get(asked.key)
        if asked.key in given:
            found[asked.key] = Answer(asked.key, given[asked.key], "asked")
        elif said in asked.choices:
            found[asked.key] = Answer(asked.key, said, f"answers.{asked.key}")
        elif asked.key in implied and implied[asked.key][0] in asked.choices:
            found[asked.key] = Answer(asked.key, *implied[asked.key])
        else:
            found[asked.key] = Answer(asked.key, asked.assumed, "assumed")
    return found


def _checked(given: Mapping[str, str]) -> Mapping[str, str]:
    for key, value in given.items():
        if key not in QUESTIONS:
            near = did_you_mean(key, QUESTIONS) or f"; questions are {', '.join(QUESTIONS)}"
            raise PrivnbError(f"the advisor asks nothing called '{key}'{near}")
        choices = QUESTIONS[key].choices
        if value not in choices:
            near = did_you_mean(value, choices)
            raise PrivnbError(f"the answer to '{key}' cannot be '{value}'; use {listed(choices)}{near}")
    return given


def _implied(spec: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """(answer, key of the spec that it follows from) for each question that the spec itself answers."""
    data = _section(spec, "data")
    return {**_of_the_data(data), **_of_the_attacker(spec), **_of_the_model(_section(spec, "model"), data)}


def _of_the_data(data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    found = {}
    for key in ("person_id", "sensitive", "quasi_identifiers", "identifiers"):
        if data.get(key):
            found["personal_data"] = "yes", f"data.{key}"
            break
    if data.get("quasi_identifiers"):
        found["quasi_identifiers"] = "yes", "data.quasi_identifiers"
    if data.get("sensitive"):
        found["sensitive_features"] = "yes", "data.sensitive"
    if data.get("party"):
        found["owners"] = "several", "data.party"
    if isinstance(data.get("builtin"), str) and data["builtin"] in BUILTINS:
        found["classes_are_people"] = "no", "data.builtin"
        found["task"] = "regression" if data["builtin"] in _NUMBERS else "classification", "data.builtin"
    target = data.get("target")
    if target and (target == data.get("person_id") or target in (data.get("identifiers") or ())):
        found["classes_are_people"] = "yes", "data.target"
    return found


def _of_the_attacker(spec: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    attacker = _section(spec, "threat_model")
    found = {}
    for question, key in (
        ("access", "access"), ("outputs", "outputs"), ("training_data", "data"), ("release", "release"),
    ):  # fmt: skip
        value = attacker.get(key)
        value = ThreatModel.model_fields[key].default if value is None else value
        if isinstance(value, str):
            found[question] = value, f"threat_model.{key}"
    knows = attacker.get("knows_architecture")
    found["architecture_known"] = "no" if knows is False else "yes", "threat_model.knows_architecture"
    return found


def _of_the_model(model: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    found = {}
    origin = next((key for key in ("train", "factory", "candidates", "file", "scores") if model.get(key)), None)
    if origin in ("file", "scores"):
        found["life_cycle"] = "scoring", f"model.{origin}"
        found["training_changeable"] = "no", f"model.{origin}"
        declared = next((key for key in ("train", "member") if data.get(key)), None)
        if origin == "scores":
            declared = declared or "member"
        found["membership_declared"] = ("yes", f"data.{declared}") if declared else ("no", "model.file")
    elif origin:
        found["life_cycle"] = "training", f"model.{origin}"
        found["membership_declared"] = "yes", f"model.{origin}"
    train = model.get("train")
    name = train.get("estimator") if isinstance(train, Mapping) else train
    if isinstance(name, str):
        found["training_changeable"] = "yes", "model.train"
        found["augmentation"] = "no", "model.train"
        task = estimator_index().get(name, {}).get("task")
        if task:
            found["task"] = task, "model.train"
    for key in ("augmentation", "previous"):
        if model.get(key):
            found["updates" if key == "previous" else key] = "yes", f"model.{key}"
    return found


def _section(spec: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = spec.get(key) if isinstance(spec, Mapping) else None
    if key == "model" and isinstance(found, str):
        return {"file": found}
    return found if isinstance(found, Mapping) else {}
