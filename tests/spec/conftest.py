"""Small stages for the tests of the language, and a reader that knows them."""

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from privnb.spec import json_schema, read_spec_text, refers_to, spec_model, spec_problems
from privnb.stages.contract import StageParameters


class Membership(StageParameters):
    """Who was in the training data."""

    methods: list[Literal["rmia", "lira", "gap"]] = Field(["rmia", "lira"], description="attacks to run")
    shadows: int = Field(
        16, ge=2, le=4096, description="shadow models", json_schema_extra={"profiles": {"quick": 4, "thorough": 128}}
    )


class Reidentification(StageParameters):
    """Who can be told apart."""

    columns: list[str] = Field([], description="columns to use", json_schema_extra=refers_to("column"))
    threshold: float | Literal["auto"] = Field("auto", description="share of rows")


class Utility(StageParameters):
    """How good the model is."""


class Noise(BaseModel):
    """Noise on features."""

    model_config = ConfigDict(extra="forbid")
    scale: float = Field(0.1, gt=0, description="standard deviations", json_schema_extra={"profiles": {"quick": 0.5}})
    copies: int = Field(1, ge=1, description="copies of each row")


class Regularize(StageParameters):
    """Remember less."""

    estimator: str | None = Field(None, description="another kind", json_schema_extra=refers_to("estimator"))
    params: dict[str, Any] = Field({}, description="its parameters", json_schema_extra=refers_to("estimator_params"))
    l2: float | None = Field(None, gt=0, description="strength of the penalty")
    noise: Noise | None = Field(None, description="noise")


class Language:
    """The language with these stages."""

    assessments = {"membership": Membership, "reidentification": Reidentification, "utility": Utility}
    mitigations = {"regularize": Regularize}
    facts = (
        "membership.auc",
        "membership.tpr_at_fpr_1pct",
        "utility.accuracy",
        "factors.overfitting_gap",
        "regularize.strength",
        "groups.*.gain",
    )

    @property
    def stages(self):
        return self.assessments, self.mitigations, self.facts

    @property
    def tree(self):
        return spec_model(self.assessments, self.mitigations)

    def read(self, text: str, base: Path = Path(), profile: str | None = None):
        return read_spec_text(text, "my.privacy.yaml", base, *self.stages, always=["utility"], profile=profile)

    def problems(self, text: str, base: Path = Path()) -> list[str]:
        found = spec_problems(text, "s.yaml", base, *self.stages, always=["utility"])
        return [problem.located("s.yaml") for problem in found]

    def schema(self):
        return json_schema(self.assessments, self.mitigations)


@pytest.fixture(scope="session")
def language():
    return Language()


@pytest.fixture(scope="session")
def examples():
    """Three full specs that are valid."""
    return EXAMPLES


TABULAR = """\
privnb: 1
name: Adult income
profile: quick
seed: 7
data:
  builtin: adult
  target: income
  sensitive: [race, sex]
  quasi_identifiers: [age, education, marital-status, race, sex, native-country]
  identifiers: []
  person_id: null
  split: {train: .35, validation: .1, evaluation: .25, pool: .3}
model:
  train: {estimator: sklearn.ensemble.RandomForestClassifier, params: {min_samples_leaf: 5}}
threat_model:
  access: black-box
  outputs: probabilities
  data: actual
  knows_architecture: true
  release: public-api
assess:
  membership: {methods: [lira, gap], shadows: 64}
  utility: auto
mitigations:
  - {id: leaf50, regularize: {params: {min_samples_leaf: 50}}}
  - id: noisy
    from: leaf50
    regularize:
      noise: {scale: 0.2, copies: 3}
      l2: 1e-3
release: leaf50
gates:
  - {metric: membership.tpr_at_fpr_1pct, max: 0.05, use: upper}
  - {metric: utility.accuracy, min: 0.80, use: lower, on: [leaf50, noisy]}
declared: {purpose: "...", lawful_basis: "...", retention: "..."}
report: {title: Adult income, audience: dpo, formats: [pdf, html], small_cell: 5}
"""

REGRESSION = """\
privnb: 1
profile: thorough
data: {builtin: diabetes, target: progression, sensitive: [sex], party: sex}
model: {train: {estimator: sklearn.linear_model.Ridge, params: {alpha: 1.0}}}
threat_model: {data: same-distribution}
assess: {membership: {methods: [rmia]}, reidentification: {columns: [age], threshold: 0.5}}
mitigations: [{id: strong, regularize: {estimator: sklearn.linear_model.Lasso, params: {max_iter: 50}}}]
gates: [{metric: groups.sex.gain, max: 0.10, on: [strong-control]}, {metric: regularize.strength, min: 1}]
"""

FACTORY = """\
privnb: 1
model:
  factory: clinic.models:forest
data:
  builtin: wine
  target: cultivar
  quasi_identifiers:
    - alcohol
    - hue
report:
  audience: auditor
  formats: [pdf]
"""

EXAMPLES = {"tabular": TABULAR, "regression": REGRESSION, "factory": FACTORY}
