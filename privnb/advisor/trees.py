"""The two flowcharts as data: which question follows which, and what each answer chooses.

Derived from the guidance of the AI Privacy 360 toolbox (its pictures are not public text). The rules decide; the tests
hold the flowcharts to them for every combination of answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from privnb.advisor.items import Tree

END = "end"


@dataclass(frozen=True)
class Branch:
    """For these answers: what is chosen, and the question that follows (empty: the next one)."""

    answers: tuple[str, ...]
    items: tuple[str, ...] = ()
    to: str = ""


@dataclass(frozen=True)
class Step:
    """One question of a flowchart, with a branch for each answer."""

    asks: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Flowchart:
    """Questions in their order, and what is chosen whatever the answers."""

    tree: Tree
    title: str
    steps: tuple[Step, ...]
    always: tuple[str, ...] = ()

    def place(self, asks: str) -> int:
        """Where a question stands; the number of steps for END."""
        return len(self.steps) if asks == END else [step.asks for step in self.steps].index(asks)


@dataclass(frozen=True)
class Path:
    """The way through a flowchart: (place of the step, place of the branch taken) in order, and what it chooses."""

    taken: tuple[tuple[int, int], ...]
    chosen: frozenset[str]


def _yes_no(asks: str, *items: str, no: str = "", yes: str = "") -> Step:
    return Step(asks, (Branch(("yes",), items, yes), Branch(("no",), (), no)))


ASSESSMENT_CHART = Flowchart(
    "assessments",
    "What to assess",
    (
        _yes_no("personal_data", no=END),
        _yes_no("quasi_identifiers", "reidentification"),
        Step(
            "access",
            (
                Branch(("black-box",)),
                Branch(("white-box",), ("white-box", "reconstruction"), "membership_declared"),
            ),
        ),
        Step(
            "outputs",
            (
                Branch(("probabilities",), ("scores",)),
                Branch(("top-n",), ("top-n",)),
                Branch(("rounded",), ("rounded",)),
                Branch(("label",), ("labels",)),
            ),
        ),
        _yes_no("membership_declared", no="sensitive_features"),
        _yes_no("membership_harms", "membership", "leakage", no="sensitive_features"),
        Step(
            "training_data",
            (
                Branch(("actual",), ("actual-records",), "updates"),
                Branch(("same-distribution", "none")),
            ),
        ),
        Step(
            "architecture_known",
            (Branch(("yes",), ("shadow-models",)), Branch(("no",), ("extraction", "shadow-models"))),
        ),
        _yes_no("updates", "update-risk"),
        _yes_no("augmentation", "augmentation-risk"),
        _yes_no("sensitive_features", "attribute"),
        Step("task", (Branch(("classification",)), Branch(("regression",), (), END))),
        _yes_no("classes_are_people", "inversion"),
    ),
    ("factors", "utility", "comparison"),
)

TOOL_CHART = Flowchart(
    "tools",
    "What to protect with",
    (
        _yes_no("personal_data", no=END),
        Step("owners", (Branch(("several",), ("federate",)), Branch(("one",), (), "life_cycle"))),
        Step("coordinator_trusted", (Branch(("yes",), (), "release"), Branch(("no",)))),
        Step(
            "parties_connected",
            (Branch(("yes",), ("federate-secagg",)), Branch(("no",), ("federate-he",))),
        ),
        Step(
            "release",
            (Branch(("partners", "public-api", "open-weights"), ("federate-dp",)), Branch(("internal",))),
        ),
        Step("beyond_sums", (Branch(("yes",), ("mpc",), "inputs_secret"), Branch(("no",), (), "inputs_secret"))),
        Step(
            "life_cycle",
            (
                Branch(("before-training",), ("anonymize", "minimize"), END),
                Branch(("sharing",), ("anonymize",), END),
                Branch(("training",)),
                Branch(("scoring",), (), "inputs_secret"),
            ),
        ),
        Step("training_changeable", (Branch(("yes",), ("dp",)), Branch(("no",), ("anonymize",)))),
        _yes_no("overfits", "regularize"),
        _yes_no("inputs_secret", "encrypt"),
        _yes_no("new_data", "minimize"),
    ),
)
CHARTS = (ASSESSMENT_CHART, TOOL_CHART)


def walk(chart: Flowchart, answers: Mapping[str, str]) -> Path:
    """The path that these answers (key -> value) take through a flowchart."""
    taken, chosen, place = [], set(chart.always), 0
    while place < len(chart.steps):
        step = chart.steps[place]
        branch = next(n for n, branch in enumerate(step.branches) if answers[step.asks] in branch.answers)
        taken.append((place, branch))
        chosen.update(step.branches[branch].items)
        to = step.branches[branch].to
        place = chart.place(to) if to else place + 1
    return Path(tuple(taken), frozenset(chosen))
