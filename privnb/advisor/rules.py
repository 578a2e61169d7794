"""The rules as data: over answers, in order; for each item the first rule that holds decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rule:
    """`when` every answer named is one of those listed, the items of `choose` are chosen and those of `leave` are not.

    `because` is the reason that people read.
    """

    id: str
    when: Mapping[str, tuple[str, ...]]
    because: str
    choose: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    items: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "items", (*self.choose, *self.leave))

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Whether the rule applies to these answers (key -> value)."""
        return all(answers[key] in values for key, values in self.when.items())


_OUTPUTS = ("scores", "top-n", "rounded", "labels")
_WAYS = ("actual-records", "shadow-models", "extraction")
_WITH_MEMBERS = ("membership", "leakage", *_WAYS, "update-risk", "augmentation-risk")
_ABOUT_PEOPLE = (
    "reidentification", *_OUTPUTS, "white-box", "reconstruction", *_WITH_MEMBERS, "attribute", "inversion",
)  # fmt: skip
_FEDERATED = ("federate", "federate-dp", "federate-secagg", "federate-he", "mpc")
_POOLED = ("anonymize", "dp", "regularize")
_TOOLS = (*_FEDERATED, *_POOLED, "minimize", "encrypt")


def _rule(id: str, when: dict[str, str | tuple[str, ...]], because: str, **then: tuple[str, ...]) -> Rule:
    told = {key: (value,) if isinstance(value, str) else value for key, value in when.items()}
    return Rule(id, told, because, **then)


# fmt: off
ASSESSMENT_RULES: tuple[Rule, ...] = (
    _rule("factors", {}, "What makes leaks likelier is always measured: it costs next to nothing.",
          choose=("factors",)),
    _rule("utility", {}, "Protection is judged against what it costs, so usefulness is always measured.",
          choose=("utility",)),
    _rule("comparison", {}, "As soon as there are two models, they are compared pair by pair.",
          choose=("comparison",)),
    _rule("nobody", {"personal_data": "no"}, "The data are not about people, so there is nobody to expose.",
          leave=_ABOUT_PEOPLE),
    _rule("linkable", {"quasi_identifiers": "yes"},
          "Columns that an outsider may know can link rows of the table to people.", choose=("reidentification",)),
    _rule("not-linkable", {}, "the spec names no quasi-identifiers; add data.quasi_identifiers",
          leave=("reidentification",)),
    _rule("inside", {"access": "white-box"}, "The attacker holds the model itself, and an attack from inside is the "
          "strongest there is.", choose=("white-box",)),
    _rule("outside", {}, "The attacker only sends queries.", leave=("white-box",)),
    _rule("rebuild", {"access": "white-box"}, "Whoever holds the parameters may rebuild records from them.",
          choose=("reconstruction",)),
    _rule("no-rebuild", {}, "Records are rebuilt from a model's parameters, and the attacker does not see these.",
          leave=("reconstruction",)),
    _rule("no-queries", {"access": "white-box"}, "An attacker inside the model sees more than its answers.",
          leave=_OUTPUTS),
    _rule("probabilities", {"outputs": "probabilities"}, "Queries return probabilities, which say the most.",
          choose=("scores",)),
    _rule("top-answers", {"outputs": "top-n"}, "Queries return the most likely classes only.", choose=("top-n",)),
    _rule("rounded-answers", {"outputs": "rounded"}, "Queries return rounded probabilities.", choose=("rounded",)),
    _rule("labels-alone", {"outputs": "label"}, "Queries return the label alone.", choose=("labels",)),
    _rule("other-answers", {}, "The model does not answer in this form.", leave=_OUTPUTS),
    _rule("undeclared", {"membership_declared": "no"},
          "nobody declared who was in this model's training data; give data.train and data.holdout, or data.member",
          leave=_WITH_MEMBERS),
    _rule("harmless", {"membership_harms": "no"},
          "Being in the training data says nothing about a person that could harm them.", leave=_WITH_MEMBERS),
    _rule("membership", {}, "Being in the training data may itself tell something about a person.",
          choose=("membership",)),
    _rule("unequal", {}, "An average can hide people who are exposed more than others.", choose=("leakage",)),
    _rule("records-at-hand", {"training_data": "actual"},
          "The attacker holds the records in question and asks which were used.", choose=("actual-records",)),
    _rule("others-only", {"training_data": "actual"}, "The attacker holds the records themselves, which is stronger.",
          leave=("shadow-models", "extraction")),
    _rule("no-records", {}, "The attacker does not hold the records in question.", leave=("actual-records",)),
    _rule("unknown-kind", {"architecture_known": "no"},
          "The kind of model is not known, so it is copied through its answers before it can be imitated.",
          choose=("extraction",)),
    _rule("known-kind", {}, "The attacker can train the same kind of model and needs no copy.",
          leave=("extraction",)),
    _rule("imitate", {}, "The attacker has no records in question, so models trained on other people stand in.",
          choose=("shadow-models",)),
    _rule("released-again", {"updates": "yes"}, "Two releases can be compared, and show who was added between them.",
          choose=("update-risk",)),
    _rule("released-once", {}, "The model is released once.", leave=("update-risk",)),
    _rule("augmented", {"augmentation": "yes"}, "Altered copies of a row give an attacker more to ask about.",
          choose=("augmentation-risk",)),
    _rule("not-augmented", {}, "The training used the rows as they are.", leave=("augmentation-risk",)),
    _rule("hidden", {"sensitive_features": "yes"}, "The spec names columns that nobody should be able to infer.",
          choose=("attribute",)),
    _rule("nothing-hidden", {}, "The spec names no sensitive columns; add data.sensitive.", leave=("attribute",)),
    _rule("number", {"task": "regression"}, "A model that predicts a number has no classes to draw a portrait of.",
          leave=("inversion",)),
    _rule("portrait", {"classes_are_people": "yes"}, "A class stands for a person, so its portrait is personal.",
          choose=("inversion",)),
    _rule("no-portrait", {}, "No class stands for a person, so its portrait shows nobody.", leave=("inversion",)),
)

TOOL_RULES: tuple[Rule, ...] = (
    _rule("nobody-to-protect", {"personal_data": "no"}, "The data are not about people, so there is nobody to protect.",
          leave=_TOOLS),
    _rule("one-owner", {"owners": "one"}, "One organisation holds all the data.", leave=_FEDERATED),
    _rule("several-owners", {"owners": "several"}, "Several organisations can train together without pooling data.",
          choose=("federate",)),
    _rule("trusted", {"coordinator_trusted": "yes"}, "The coordinator may see each organisation's update.",
          leave=("federate-secagg", "federate-he")),
    _rule("masks", {"parties_connected": "yes"},
          "The coordinator must see only the sum, and keys between the organisations can mask the rest.",
          choose=("federate-secagg",), leave=("federate-he",)),
    _rule("ciphertexts", {}, "The coordinator must see only the sum, and without shared keys it adds ciphertexts.",
          choose=("federate-he",), leave=("federate-secagg",)),
    _rule("stays-inside", {"release": "internal"}, "The trained model stays with those who trained it.",
          leave=("federate-dp",)),
    _rule("goes-outside", {}, "The trained model goes beyond those who trained it, and would tell of their people.",
          choose=("federate-dp",)),
    _rule("jointly", {"beyond_sums": "yes"}, "More than sums must be computed together, which masks cannot do.",
          choose=("mpc",)),
    _rule("sums", {}, "Training together needs only sums of updates.", leave=("mpc",)),
    _rule("not-pooled", {"owners": "several"}, "The data are not pooled, so protection belongs in the joint training.",
          leave=_POOLED),
    _rule("before", {"life_cycle": "before-training"}, "Nothing is trained yet: what is not in the data cannot leak.",
          choose=("anonymize",)),
    _rule("before-collection", {"owners": "one", "life_cycle": "before-training"},
          "The records are still to be collected, and fewer details may do.", choose=("minimize",)),
    _rule("hand-on", {"life_cycle": "sharing"}, "The data themselves go to others.", choose=("anonymize",)),
    _rule("no-training", {"life_cycle": ("before-training", "scoring", "sharing")},
          "The model is not being trained at this stage.", leave=("dp", "regularize")),
    _rule("in-use", {"life_cycle": "scoring"}, "The model is in use; anonymizing what it learnt from needs retraining.",
          leave=("anonymize",)),
    _rule("provable", {"training_changeable": "yes"},
          "The training can be changed, and differential privacy bounds what it can reveal of a person.",
          choose=("dp",)),
    _rule("changeable", {"training_changeable": "yes"},
          "The training can be changed, which protects with proof; anonymization is for one that cannot.",
          leave=("anonymize",)),
    _rule("guided", {}, "The training cannot be changed, but it can be given anonymized rows, guided by the model.",
          choose=("anonymize",)),
    _rule("fixed", {}, "Differential privacy changes how a model is trained, and that is fixed here.", leave=("dp",)),
    _rule("remembers", {"overfits": "yes"}, "A model that fits its own rows better than others remembers them.",
          choose=("regularize",)),
    _rule("no-gap", {}, "The model does not remember its rows more than it knows others.", leave=("regularize",)),
    _rule("not-in-use", {"owners": "one", "life_cycle": ("before-training", "sharing")},
          "Nothing is scored at this stage.", leave=("encrypt", "minimize")),
    _rule("blind-scoring", {"inputs_secret": "yes"}, "It scores records of others that its operator must not see.",
          choose=("encrypt",)),
    _rule("open-scoring", {}, "Its operator may see the records that it scores.", leave=("encrypt",)),
    _rule("collected", {"new_data": "yes"}, "Records are still collected, and fewer details may do.",
          choose=("minimize",)),
    _rule("nothing-new", {}, "No records of new people are collected.", leave=("minimize",)),
)
# fmt: on
RULES = (*ASSESSMENT_RULES, *TOOL_RULES)
