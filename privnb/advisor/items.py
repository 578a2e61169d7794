"""What the advisor can choose: assessments, ways of attacking, tools; each with what it needs of this version."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from privnb.spec import later

Tree = Literal["assessments", "tools"]


@dataclass(frozen=True)
class Item:
    """One thing to choose.

    `stage` is the assessment or mitigation of the spec that does it (empty for a way of attacking), `fact` a finding
    of that stage without which it is not done, `place` the key of the threat model and the value that ask for it.
    `absent` says that no version of privnb has it.
    """

    id: str
    title: str
    tree: Tree
    stage: str = ""
    fact: str = ""
    place: tuple[str, object] | None = None
    absent: bool = False

    def available(self, stages: Collection[str], facts: Collection[str]) -> bool:
        """Whether a version with these stages and findings can do it."""
        if self.absent or (self.stage and self.stage not in stages) or (self.fact and self.fact not in facts):
            return False
        if self.place:
            key, value = self.place
            refused = later.PLACES.get(("threat_model", key), ())
            return refused is not None and value not in refused
        return True


# fmt: off
ITEMS: tuple[Item, ...] = (
    Item("factors", "Risk factors", "assessments", "factors"),
    Item("utility", "Usefulness", "assessments", "utility"),
    Item("comparison", "Comparison of variants", "assessments", "comparison"),
    Item("reidentification", "Re-identification in the table", "assessments", "reidentification"),
    Item("scores", "Attack on probabilities", "assessments", place=("outputs", "probabilities")),
    Item("top-n", "Attack on the top answers", "assessments", place=("outputs", "top-n")),
    Item("rounded", "Attack on rounded answers", "assessments", place=("outputs", "rounded")),
    Item("labels", "Attack on labels alone", "assessments", place=("outputs", "label")),
    Item("white-box", "Attack from inside the model", "assessments", place=("access", "white-box")),
    Item("reconstruction", "Reconstruction of records", "assessments", "reconstruction"),
    Item("membership", "Membership inference", "assessments", "membership"),
    Item("leakage", "Leakage by record and group", "assessments", "leakage"),
    Item("actual-records", "Attack with the records themselves", "assessments", place=("data", "actual")),
    Item("shadow-models", "Shadow models on other people", "assessments", place=("data", "same-distribution")),
    Item("extraction", "Extraction of the model first", "assessments", "extraction"),
    Item("update-risk", "Risk of an update", "assessments", "factors", "factors.update_risk"),
    Item("augmentation-risk", "Risk of augmentation", "assessments", "factors", "factors.augmentation_risk"),
    Item("attribute", "Attribute inference", "assessments", "attribute"),
    Item("inversion", "Model inversion", "assessments", "inversion"),
    Item("federate", "Federated training", "tools", "federate"),
    Item("federate-dp", "Federated with differential privacy", "tools", "federate"),
    Item("federate-secagg", "Federated with secure aggregation", "tools", "federate"),
    Item("federate-he", "Federated with homomorphic encryption", "tools", "federate"),
    Item("mpc", "Multi-party computation", "tools", absent=True),
    Item("anonymize", "Anonymization", "tools", "anonymize"),
    Item("minimize", "Data minimization", "tools", "minimize"),
    Item("dp", "Differential privacy", "tools", "dp"),
    Item("regularize", "Regularization", "tools", "regularize"),
    Item("encrypt", "Scoring under encryption", "tools", "encrypt"),
)
# fmt: on
BY_ID = {item.id: item for item in ITEMS}
