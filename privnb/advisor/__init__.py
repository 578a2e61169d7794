"""The advisor: which assessments and which tools fit a spec, by rules over answers, each choice with its reason."""

from privnb.advisor.advice import Advice, OpenQuestion, Verdict, advise
from privnb.advisor.answers import ASKED, Answer, Asked, answers_of
from privnb.advisor.trees import CHARTS, Flowchart, walk

__all__ = [
    "ASKED", "CHARTS", "Advice", "Answer", "Asked", "Flowchart", "OpenQuestion", "Verdict", "advise", "answers_of",
    "walk",
]  # fmt: skip
