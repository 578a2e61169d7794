"""The sections of a spec: what can be said about data, model, attacker, gates and report, and each value's default."""

import math
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[a-z][a-z0-9_-]*$"
BUILTINS = {  # what is embedded, in words for `privnb list`
    "adult": "48,842 people of the US census of 1994; is the income above 50,000? (target: income)",
    "breast_cancer": "569 biopsies with 30 measurements; is the tumour malignant? (target: diagnosis)",
    "digits": "1,797 pictures of 8 x 8 pixels; which digit? (target: digit)",
    "diabetes": "442 patients with 10 measurements; progress of the disease, a number (target: progression)",
    "wine": "178 wines with 13 measurements; which of three cultivars? (target: cultivar)",
}
BASELINE = "baseline"

Text = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


def mistake(message: str, at: str | None = None, other: str | None = None) -> PydanticCustomError:
    """A mistake for a validator to raise: one plain sentence, the key within the section that it is about, and the
    other key where two contradict each other."""
    return PydanticCustomError("spec", "{message}", {"message": message, "at": at or "", "other": other or ""})


def refers_to(kind: str, **more: Any) -> dict[str, Any]:
    """Schema metadata that says what a value names: `column`, `file`, `estimator` or `estimator_params`.

    Stage parameters may use it too (`Field(json_schema_extra=refers_to("column"))`): their values are then checked like
    the spec's own, and the form offers what can be chosen.
    """
    return {"refers_to": kind, **more}


class Section(pydantic.BaseModel):
    """Base of every section: unknown keys are refused, values do not change after reading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


Column = Annotated[str, Field(min_length=1, json_schema_extra=refers_to("column"))]
File = Annotated[str, Field(min_length=1, json_schema_extra=refers_to("file"))]


class Split(Section):
    """Shares of the people that go into each of the four disjoint parts; together at most 1."""

    train: Share = Field(0.35, description="trains the model under test: its members")
    validation: Fraction = Field(0.1, description="for every choice: early stopping, targets, sweeps")
    evaluation: Share = Field(0.25, description="the non-members; touched by nothing else")
    pool: Fraction = Field(0.3, description="trains shadow models")

    @pydantic.model_validator(mode="after")
    def _at_most_everyone(self):
        parts = {name: getattr(self, name) for name in type(self).model_fields}
        total = math.fsum(parts.values())
        if total > 1 + 1e-9:
            said = ", ".join(
                f"{name} {share:g}{'' if name in self.model_fields_set else ' by default'}"
                for name, share in parts.items()
            )
            raise mistake(f"data.split adds up to {total:g} ({said}); it must be at most 1")
        return self


class Image(Section):
    """How the features of a row form a picture."""

    shape: list[Annotated[int, Field(ge=1)]] = Field(min_length=2, max_length=3, description="rows, columns, channels")
    range: list[float] = Field(min_length=2, max_length=2, description="darkest and brightest value")


class Population(Section):
    """The people that the table was drawn from, for journalist and marketer risk: a table, or sizes."""

    table: File | None = Field(None, description="a table of the population")
    size: int | None = Field(None, ge=1, description="how many people the population has")


class Data(Section):
    """Which table, and what its columns mean."""

    builtin: Literal[tuple(BUILTINS)] | None = Field(None, description="an embedded data set")
    path: File | None = Field(None, description="a table, .csv or .parquet, relative to the spec")
    train: File | None = Field(None, description="the rows the model was trained on (with holdout)")
    holdout: File | None = Field(None, description="rows of other people, never used in training (with train)")
    member: Column | None = Field(None, description="the column of path that says which rows were in the training data")
    target: Column = Field(description="the column that the model predicts")
    sensitive: list[Column] = Field([], description="columns that nobody should be able to infer")
    quasi_identifiers: list[Column] = Field([], description="columns that an outsider may know about a person")
    identifiers: list[Column] = Field([], description="columns that name a person: never given to a model")
    person_id: Column | None = Field(
        None,
        description="the column that says whose row it is: split, shadow models, n and intervals follow the person",
    )
    party: Column | None = Field(None, description="the column that says which organisation holds the row")
    dictionary: File | None = Field(
        None, description="public knowledge about the columns: types, categories, bounds, units, hierarchies (YAML)"
    )
    split: Split = Field(Split(), description="shares of people per part")
    image: Image | None = Field(None, description="how features form a picture")
    population: Population | None = Field(None, description="the people the table was drawn from")

    @pydantic.model_validator(mode="after")
    def _one_source(self):
        given = [name for name in ("builtin", "path", "train", "holdout") if getattr(self, name) is not None]
        if not given:
            raise mistake(
                "data names no table; give one of builtin (adult, ...), path (.csv or .parquet), or train and holdout"
            )
        if given in (["train"], ["holdout"]):
            missing = "holdout" if given == ["train"] else "train"
            raise mistake(f"data.{given[0]} needs data.{missing}: the rows of other people", given[0])
        if len(given) > 1 and given != ["train", "holdout"]:
            raise mistake(
                f"data has {' and '.join(given)}; give only one of builtin, path, or train and holdout", *given[1::-1]
            )
        if self.member is not None and self.path is None:
            raise mistake(
                "data.member goes with data.path only; train and holdout already say who was a member", "member"
            )
        return self


class Train(Section):
    """A scikit-learn estimator that privnb trains itself, with preprocessing in front."""

    estimator: Text = Field(
        description="dotted name of a classifier or regressor, such as sklearn.ensemble.RandomForestClassifier",
        json_schema_extra=refers_to("estimator"),
    )
    params: dict[str, Any] = Field(
        {}, description="its constructor parameters", json_schema_extra=refers_to("estimator_params")
    )


class Candidate(Section):
    """One of several models to choose between."""

    id: str = Field(pattern=ID_PATTERN, description="name of the candidate")
    train: Train | None = Field(None, description="an estimator to train")
    factory: str | None = Field(None, description="package.module:callable")


class Augmentation(Section):
    """Changed copies of the training rows that the training uses beside them."""

    noise: float | None = Field(None, gt=0, description="normal noise on numeric features, in standard deviations")
    copies: int = Field(1, ge=1, le=100, description="noisy copies of every row")
    shift: int = Field(0, ge=0, description="pixels by which pictures are moved, in four directions (with data.image)")
    flip: bool = Field(False, description="mirrored pictures (with data.image)")
    rotate: float = Field(0, ge=0, le=180, description="degrees by which pictures are turned, both ways (data.image)")

    @pydantic.model_validator(mode="after")
    def _something(self):
        if not (self.noise or self.pictures):
            raise mistake("model.augmentation changes nothing; give at least one of noise, shift, flip, rotate")
        return self

    @property
    def pictures(self) -> bool:
        """Whether it changes rows as pictures."""
        return bool(self.shift or self.flip or self.rotate)


class Model(Section):
    """The model under test: exactly one of train, factory, file, scores or candidates."""

    train: Train | None = Field(None, description="an estimator to train")
    factory: str | None = Field(
        None,
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        description="package.module:callable that returns an unfitted estimator",
    )
    file: File | None = Field(None, description="a fitted model: .skops, or .joblib or .pkl with trust: true")
    trust: bool = Field(False, description="the model files may run code on this machine: needed for .joblib and .pkl")
    scores: File | None = Field(None, description="outputs of a model that stays elsewhere (.parquet)")
    candidates: list[Candidate] | None = Field(None, description="several models to choose between")
    previous: File | None = Field(
        None, description="an earlier release of the model, for the update risk: a fitted model like file"
    )
    added: Column | None = Field(
        None,
        description="the column that says which training rows were added since previous; never given to a model",
    )
    augmentation: Augmentation | None = Field(
        None, description="what the training uses: with train privnb does so, with factory or file it is declared"
    )

    @pydantic.model_validator(mode="after")
    def _one_origin(self):
        origins = ("train", "factory", "file", "scores", "candidates")
        given = [name for name in origins if getattr(self, name) is not None]
        if not given:
            raise mistake("model says nothing to test; give one of train, factory or file")
        if len(given) > 1:
            raise mistake(f"model has {' and '.join(given)}; give exactly one of train, factory or file", *given[1::-1])
        if self.trust and self.file is None and self.previous is None:
            raise mistake("model.trust goes with model.file or model.previous only", "trust")
        if self.added is not None and self.previous is None:
            raise mistake("model.added goes with model.previous: it says what was added since", "added")
        return self

    @property
    def origin(self) -> str:
        """Which of train, factory, file, scores or candidates was given."""
        return next(
            name for name in ("train", "factory", "file", "scores", "candidates") if getattr(self, name) is not None
        )


class ThreatModel(Section):
    """What the attacker sees, has and knows."""

    access: Literal["black-box", "white-box"] = Field("black-box", description="queries only, or the model's inside")
    outputs: Literal["probabilities", "top-n", "rounded", "label"] = Field(
        "probabilities", description="what a query returns"
    )
    top_n: int = Field(3, ge=1, description="under top-n: how many classes are answered, the likeliest first")
    digits: int = Field(2, ge=0, le=12, description="under rounded, and for a regressor under label: decimals answered")
    data: Literal["actual", "same-distribution", "none"] = Field(
        "actual", description="what data the attacker has: the candidate records, others like them, or none"
    )
    knows_architecture: bool = Field(True, description="whether the attacker can train the same kind of model")
    release: Literal["internal", "partners", "public-api", "open-weights"] | None = Field(
        None, description="where the model will be used: declared, never inferred"
    )


class Gate(Section):
    """A limit on a measured value; exactly one of max and min."""

    metric: Text = Field(description="id of the finding, such as membership.tpr_at_fpr_1pct")
    max: float | None = Field(None, description="the value must not be above this")
    min: float | None = Field(None, description="the value must not be below this")
    use: Literal["upper", "lower", "value"] = Field(
        default_factory=lambda given: "lower" if given.get("min") is not None else "upper",
        description="what is held against the limit: the cautious end of the 95 % interval (upper for max, lower for "
        "min; the default), or the value of a finding that has no interval; a limit inside an interval is inconclusive",
    )
    on: list[Text] | None = Field(None, description="variants to judge; without it the released one", min_length=1)

    @pydantic.model_validator(mode="after")
    def _one_limit(self):
        if (self.max is None) == (self.min is None):
            how = "neither max nor min" if self.max is None else "both max and min"
            places = () if self.max is None else ("min", "max")
            raise mistake(f"the gate on {self.metric} has {how}; give exactly one", *places)
        wrong, kind = ("lower", "max") if self.max is not None else ("upper", "min")
        if self.use == wrong:
            right = "upper" if kind == "max" else "lower"
            raise mistake(f"gates.use is '{wrong}'; a gate with {kind} uses {right} or value", "use", kind)
        return self

    @property
    def kind(self) -> str:
        """`max` or `min`."""
        return "max" if self.max is not None else "min"

    @property
    def limit(self) -> float:
        """The number that the gate allows."""
        return self.max if self.max is not None else self.min


class Declared(Section):
    """What the controller states; shown as declared, not measured."""

    purpose: Text | None = Field(None, description="what the model is for")
    lawful_basis: Text | None = Field(None, description="on what ground the data are processed")
    retention: Text | None = Field(None, description="how long data and model are kept")


class Report(Section):
    """How the fact sheet is written."""

    title: Text | None = Field(None, description="title of the sheet; without it the spec's name")
    audience: Literal["dpo", "auditor", "engineer"] = Field("dpo", description="for whom the first page is worded")
    formats: list[Literal["pdf", "html"]] = Field(["pdf", "html"], min_length=1, description="files to write")
    small_cell: int = Field(5, ge=1, description="counts of people below this are not printed")


class Assess(Section):
    """Assessments by name, each with its parameters; {} or auto takes the defaults."""


class Mitigation(Section):
    """One mitigation: an id, what it builds on, and exactly one kind with its parameters."""

    id: str = Field(pattern=ID_PATTERN, max_length=64, description="name of the variant it makes: a-z, 0-9, - and _")
    from_: str = Field(BASELINE, alias="from", description="the variant it builds on: baseline or an earlier id")

    @property
    def kind(self) -> str:
        """Name of the mitigation, such as regularize."""
        return next(field.alias for name, field in self._kinds() if getattr(self, name) is not None)

    @property
    def params(self) -> Any:
        """Its parameters: the stage's own model."""
        return next(value for name, _ in self._kinds() if (value := getattr(self, name)) is not None)

    @classmethod
    def _kinds(cls):
        return [(name, field) for name, field in cls.model_fields.items() if name.startswith("kind_")]

    @pydantic.model_serializer(mode="wrap")
    def _as_written(self, handler, info):
        written = handler(self)
        for name, field in self._kinds():
            if getattr(self, name) is None:
                written.pop(name, None), written.pop(field.alias, None)
        return written


class Spec(Section):
    """A whole spec. `spec_model` completes it with the parameters of the assessments and mitigations there are."""

    privnb: Literal[1] = Field(description="version of the spec's language")
    name: Text = Field("assessment", description="what is assessed; without it the name of the file")
    profile: Literal["quick", "standard", "thorough"] = Field(
        "standard", description="how much work: a minute, ten minutes, or hours"
    )
    seed: int = Field(0, ge=0, le=2**32 - 1, description="every drawing follows from it")
    data: Data = Field(description="the table and what its columns mean")
    model: Model = Field(description="the model under test")
    threat_model: ThreatModel = Field(ThreatModel(), description="the attacker")
    assess: Any = Field("auto", description="assessments by name with their parameters, or auto: what applies")
    mitigations: list[Mitigation] = Field(
        [], description="variants to make, attack and compare; auto: the advisor's choice"
    )
    release: str = Field(BASELINE, description="the variant that will be shipped; gates judge it")
    gates: list[Gate] = Field([], description="limits on measured values")
    declared: Declared = Field(Declared(), description="what the controller states")
    report: Report = Field(Report(), description="the fact sheet")

    def variant_ids(self) -> list[str]:
        """Baseline and the ids of the mitigations, in order."""
        return [BASELINE, *(mitigation.id for mitigation in self.mitigations)]
