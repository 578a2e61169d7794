"""The questions a fact sheet answers, as data: each names the stage and the fact that would answer it."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Group = Literal["attacks", "data", "utility", "factors", "techniques"]
Shown = Literal["percent", "auc", "count", "points", "signed_auc", "number"]

GROUPS: dict[Group, str] = {
    "attacks": "Attacks on the model",
    "data": "The data themselves",
    "utility": "Usefulness",
    "factors": "Risk factors",
    "techniques": "Techniques",
}


@dataclass(frozen=True)
class Fact:
    """How one kind of finding is asked for and shown.

    `id` is a finding's id, `*` standing for one word. `question` is the plain question that this fact answers, `metric`
    its short name, `shown` its number format. `chance` is the value without any leak (None where there is none), `ends`
    the limits of its scale (None: no bar is drawn). `cell` marks counts of people or rows that can be small.
    """

    id: str
    question: str
    metric: str
    shown: Shown
    chance: float | None = None
    ends: tuple[float, float] | None = None
    cell: bool = False


@dataclass(frozen=True)
class Question:
    """One question of the sheet.

    `stage` answers it; `fact` is its primary finding (`|` between alternatives: the first that was found), `more` are
    findings shown under it, `name` is what practitioners call it.
    """

    id: str
    name: str
    question: str
    group: Group
    stage: str
    fact: str
    metric: str
    more: tuple[str, ...] = ()


# fmt: off
QUESTIONS: tuple[Question, ...] = (
    Question("membership", "membership inference", "Can an attacker tell who was in the training data?", "attacks",
             "membership", "membership.auc", "attack AUC", ("membership.tpr_at_fpr_1pct",)),
    Question("attribute", "attribute inference", "Does the model reveal a hidden attribute?", "attacks",
             "attribute", "attribute.*.inference_gain", "gain over guessing without the model"),
    Question("inversion", "model inversion", "Can the portrait of a class be recovered?", "attacks",
             "inversion", "inversion.gain_over_prior", "error of a blind guess removed",
             ("inversion.ssim_mean", "inversion.confidence")),
    Question("reconstruction", "data reconstruction", "Can training records be rebuilt from the model?", "attacks",
             "reconstruction", "reconstruction.gain_over_prior", "error of a blind guess removed",
             ("reconstruction.exact_share",)),
    Question("extraction", "model extraction", "Can the model be copied through its answers?", "attacks",
             "extraction", "extraction.fidelity", "agreement of the copy"),
    Question("leakage", "membership leakage", "Are some people exposed more than others?", "attacks",
             "leakage", "leakage.worst_group_advantage", "leakage by record and group"),
    Question("reidentification", "re-identification", "Could rows of the table be linked to one person?", "data",
             "reidentification", "reidentification.unique_rows", "rows unique in their quasi-identifiers",
             ("reidentification.k",)),
    Question("utility", "usefulness", "Does the model still do its work?", "utility",
             "utility", "utility.accuracy|utility.r2", "accuracy"),
    Question("overfitting", "overfitting", "Does the model remember its training data?", "factors",
             "factors", "factors.overfitting_gap", "training minus evaluation"),
    Question("size", "training set size", "How many people was it trained on?", "factors",
             "factors", "factors.training_people", "training people"),
    Question("features", "number of features", "How much does it see of each?", "factors",
             "factors", "factors.features", "features"),
    Question("classes", "number of classes", "How finely does it tell people apart?", "factors",
             "factors", "factors.classes", "classes"),
    Question("sensitivity", "sensitivity", "Do small changes in a record change the answer?", "factors",
             "factors", "factors.sensitivity", "change of answers"),
    Question("influence", "feature influence", "Do single features drive the answers?", "factors",
             "factors", "factors.influence|factors.flip_rate", "loss without the feature"),
    Question("updates", "model updates", "Does an update reveal who was added?", "factors",
             "factors", "factors.update_risk", "attack AUC on the update"),
    Question("augmentation", "data augmentation", "Does augmentation help an attacker?", "factors",
             "factors", "factors.augmentation_risk", "attack AUC with augmentation"),
    Question("regularize", "regularization", "Was the model regularized?", "techniques",
             "regularize", "regularize.*", "what was changed"),
    Question("anonymize", "anonymization", "Were the training data generalized?", "techniques",
             "anonymize", "anonymize.k", "k reached"),
    Question("minimize", "data minimization", "Were the inputs reduced to what is needed?", "techniques",
             "minimize", "minimize.ncp", "information removed"),
    Question("dp", "differential privacy", "Was it trained with differential privacy?", "techniques",
             "dp", "dp.epsilon", "epsilon"),
    Question("encrypt", "homomorphic encryption", "Does it score encrypted data?", "techniques",
             "encrypt", "encrypt.max_abs_error", "largest error"),
    Question("federate", "federated learning", "Was it trained without pooling the data?", "techniques",
             "federate", "federate.rounds", "rounds"),
)

_MEMBER = "Can an attacker tell who was in the training data?"
_FEW = "Can people be picked out with few false alarms?"
_USEFUL = "Does the model still do its work?"
_FIT = "How well does it fit its training data?"
_PORTRAIT = "Can the portrait of a class be recovered?"
_REBUILT = "Can training records be rebuilt from the model?"
_LINK = "Could rows of the table be linked to one person?"
_REMEMBER = "Does the model remember its training data?"
_COST = "What did the protection cost?"
_GAIN = "Did the protection lower the leak?"
_HALF, _UNIT = (0.5, 1.0), (0.0, 1.0)

FACTS: tuple[Fact, ...] = (
    Fact("membership.auc", _MEMBER, "attack AUC", "auc", 0.5, _HALF),
    Fact("membership.balanced_accuracy", _MEMBER, "balanced accuracy of the attack", "percent", 0.5, _HALF),
    Fact("membership.advantage", _MEMBER, "attack advantage (TPR − FPR)", "percent", 0.0, _UNIT),
    Fact("membership.tpr_at_fpr_10pct", _FEW, "true positives at 10% false positives", "percent", 0.1, _UNIT),
    Fact("membership.tpr_at_fpr_1pct", _FEW, "true positives at 1% false positives", "percent", 0.01, _UNIT),
    Fact("membership.tpr_at_fpr_0_1pct", _FEW, "true positives at 0.1% false positives", "percent", 0.001, _UNIT),
    Fact("membership.tpr_at_threshold", _MEMBER, "members found at the attack's threshold", "percent", None, _UNIT),
    Fact("membership.fpr_at_threshold", _MEMBER, "false alarms at the attack's threshold", "percent", None, _UNIT),
    Fact("membership.ppv", "How sure is an accusation?", "accusations that are right", "percent", None, _UNIT),
    Fact("membership.identified", "How many people would be identified?", "people named rightly", "count", cell=True),
    Fact("membership.blind_auc", "Can the two groups be told apart without the model?",
         "AUC without the model", "auc", 0.5, _HALF),
    Fact("membership.detectable_auc", "How small a leak could this test see?", "smallest detectable AUC", "auc", 0.5),
    Fact("attribute.*.inference_gain", "Does the model reveal a hidden attribute?",
         "gain over guessing without it", "points", 0.0),
    Fact("attribute.*.member_gap", "Does training reveal a hidden attribute?",
         "members minus non-members", "points", 0.0),
    Fact("inversion.gain_over_prior", _PORTRAIT, "error of a blind guess removed", "percent", 0.0, _UNIT),
    Fact("inversion.ssim_mean", _PORTRAIT, "likeness to the class mean (SSIM)", "auc", None, _UNIT),
    Fact("inversion.distance", "How far is the portrait from its class?", "distance from the class (SD)", "number"),
    Fact("inversion.confidence", "Does the model take the portrait for its class?",
         "confidence in the portrait", "percent", None, _UNIT),
    Fact("reconstruction.gain_over_prior", _REBUILT, "error of a blind guess removed", "percent", 0.0, _UNIT),
    Fact("reconstruction.exact_share", _REBUILT, "records rebuilt exactly", "percent", 0.0, _UNIT),
    Fact("reidentification.k", _LINK, "smallest group (k)", "count"),
    Fact("reidentification.unique_rows", _LINK, "rows that are unique", "percent", 0.0, _UNIT),
    Fact("reidentification.rows_below_k", _LINK, "rows in small groups", "percent", 0.0, _UNIT),
    Fact("utility.accuracy", _USEFUL, "accuracy on evaluation", "percent", None, _UNIT),
    Fact("utility.balanced_accuracy", _USEFUL, "balanced accuracy on evaluation", "percent", None, _UNIT),
    Fact("utility.auc", _USEFUL, "AUC of the model on evaluation", "auc", None, _HALF),
    Fact("utility.r2", _USEFUL, "R² on evaluation", "auc", None, _UNIT),
    Fact("utility.mae", _USEFUL, "mean absolute error on evaluation", "number"),
    Fact("utility.train_accuracy", _FIT, "accuracy on training", "percent", None, _UNIT),
    Fact("utility.train_balanced_accuracy", _FIT, "balanced accuracy on training", "percent", None, _UNIT),
    Fact("utility.train_auc", _FIT, "AUC of the model on training", "auc", None, _HALF),
    Fact("utility.train_r2", _FIT, "R² on training", "auc", None, _UNIT),
    Fact("utility.train_mae", _FIT, "mean absolute error on training", "number"),
    Fact("factors.overfitting_gap", _REMEMBER, "training minus evaluation", "points", 0.0, _UNIT),
    Fact("factors.training_people", "How many people was it trained on?", "training people", "count", cell=True),
    Fact("factors.rows_per_feature", "How many rows stand behind each feature?", "rows per feature", "number"),
    Fact("factors.features", "How much does it see of each person?", "features", "count"),
    Fact("factors.classes", "How finely does it tell people apart?", "classes", "count"),
    Fact("factors.smallest_class_people", "How many people are in its smallest class?",
         "smallest class", "count", cell=True),
    Fact("factors.sensitivity", "Do small changes in a record change the answer?", "change of answers",
         "percent", 0.0, _UNIT),
    Fact("factors.influence", "Do single features drive the answers?", "loss without the feature",
         "points", 0.0, _UNIT),
    Fact("factors.flip_rate", "Does a sensitive value alone change the answer?", "answers that flip",
         "percent", 0.0, _UNIT),
    Fact("factors.update_risk", "Does an update reveal who was added?", "attack AUC on the update", "auc", 0.5, _HALF),
    Fact("factors.augmentation_risk", "Does augmentation help an attacker?", "attack AUC with augmentation",
         "auc", 0.5, _HALF),
    Fact("regularize.validation_score", "Does the variant do its work, where choices are made?",
         "score on validation", "percent", None, _UNIT),
    Fact("regularize.validation_gap", "Does the variant remember its training data?",
         "training minus validation", "points", 0.0, _UNIT),
    Fact("subject.rows", "How many rows were there?", "rows", "count", cell=True),
    Fact("subject.people", "How many people were there?", "people", "count", cell=True),
    Fact("subject.copied_rows", "Are training rows repeated among the others?",
         "copies of training rows", "percent", 0.0, _UNIT),
    Fact("comparison.accuracy_difference", _COST, "accuracy against control", "points", 0.0),
    Fact("comparison.r2_difference", _COST, "R² against control", "signed_auc", 0.0),
    Fact("comparison.membership_auc_difference", _GAIN, "attack AUC against control", "signed_auc", 0.0),
    Fact("comparison.tpr_at_fpr_1pct_difference", _GAIN, "TPR at 1% FPR against control", "points", 0.0),
)
# fmt: on

_BY_UNIT: dict[str, Shown] = {
    "fraction": "percent", "share": "percent", "proportion": "percent", "rate": "percent", "probability": "percent",
    "auc": "auc", "people": "count", "persons": "count", "rows": "count", "records": "count", "features": "count",
    "classes": "count", "count": "count", "groups": "count", "points": "points",
}  # fmt: skip


def question(id: str) -> Question:
    """The question of that id; KeyError if there is none."""
    for asked in QUESTIONS:
        if asked.id == id:
            return asked
    raise KeyError(f"no question {id!r}")


def fact(id: str, unit: str = "") -> Fact:
    """How the finding `id` is shown; a finding that no entry knows is shown by its unit, under its own name."""
    for known in FACTS:
        if fnmatchcase(id, known.id):
            return known
    stage, _, rest = id.partition(".")
    words = rest.replace("_", " ").replace(".", ", ")
    asked = next(
        (q.question for q in QUESTIONS if q.stage == stage), f"{stage.replace('_', ' ').capitalize()}: {words}?"
    )
    return Fact(id, asked, words, _BY_UNIT.get(unit, "number"))


def question_of(metric: str) -> Question | None:
    """The question that a gate on `metric` belongs to; None for a stage that the catalogue does not know."""
    for asked in QUESTIONS:
        if any(fnmatchcase(metric, pattern) for pattern in asked.fact.split("|")):
            return asked
    stage = metric.partition(".")[0]
    return next((asked for asked in QUESTIONS if asked.stage == stage), None)
