"""JSON Schema and reference come from the same tree, and the indices from scikit-learn itself."""

import json
from importlib.resources import files

import jsonschema
import pytest
import sklearn
from ruamel.yaml import YAML
from sklearn.utils import all_estimators

from privnb.spec import estimator_index
from privnb.spec.columns import builtin_columns
from privnb.spec.index import build_columns, build_index, main
from privnb.spec.model import BUILTINS
from privnb.spec.reference import reference
from privnb.subject.datasets import load_builtin


@pytest.fixture(scope="module")
def validator(language):
    schema = language.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return jsonschema.Draft202012Validator(schema)


def plain(text):
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("name", ["tabular", "regression", "factory"])
def test_the_schema_takes_what_the_reader_takes(validator, language, examples, name):
    validator.validate(plain(examples[name]))
    validator.validate(language.read(examples[name]).spec.model_dump(mode="json", by_alias=True))


@pytest.mark.parametrize(
    "short", ["assess: auto", "assess: null", "assess: {membership: }", "report: null", "release: null"]
)
def test_the_schema_takes_short_forms(validator, short):
    validator.validate(plain(f"privnb: 1\nmodel: model.skops\ndata: {{builtin: adult, target: income}}\n{short}\n"))


@pytest.mark.parametrize(
    "wrong",
    [
        "treat_model: {}",
        "seed: x",
        "assess: {membrship: {}}",
        "threat_model: {access: blackbox}",
        "mitigations: [{id: A}]",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, wrong):
    text = f"privnb: 1\nmodel: {{train: sklearn.svm.SVC}}\ndata: {{builtin: adult, target: income}}\n{wrong}\n"
    assert not validator.is_valid(plain(text))


def test_every_property_is_described(language):
    schema = language.schema()
    for name, section in {"Spec": schema, **schema["$defs"]}.items():
        for key, found in section.get("properties", {}).items():
            assert found.get("description"), f"{name}.{key}"


def test_the_schema_tells_the_form_what_a_value_names(language):
    sections = language.schema()["$defs"]
    assert sections["Data"]["properties"]["target"]["refers_to"] == "column"
    assert sections["Train"]["properties"]["estimator"]["refers_to"] == "estimator"
    assert sections["Membership"]["properties"]["shadows"]["profiles"] == {"quick": 4, "thorough": 128}
    assert sections["ThreatModel"]["properties"]["access"]["not_available_yet"] == ["white-box"]
    assert sections["Model"]["properties"]["scores"]["not_available_yet"] is True
    assert sections["Model"]["properties"]["added"]["anyOf"][0]["refers_to"] == "column"


def test_the_reference_names_every_key(language):
    text = reference(language.tree)
    for section in ("data", "data.split", "model.train", "assess.membership", "mitigations.regularize.noise", "gates"):
        assert f"## `{section}`" in text
    assert (
        "| `shadows` | whole number at least 2 at most 4096 | `16`; quick `4`; thorough `128` | shadow models |" in text
    )
    assert "| `target` | text | required | the column that the model predicts |" in text
    assert "(`white-box`: not available yet in this version of privnb)" in text
    example = text.split("```yaml\n")[1].split("```")[0]
    assert language.read(example).spec.data.target == "income"


def test_the_index_holds_every_classifier_and_regressor_of_this_scikit_learn():
    index = json.loads(files("privnb.spec").joinpath("estimators.json").read_text())
    if index["scikit-learn"] != sklearn.__version__:
        pytest.skip(f"the index describes scikit-learn {index['scikit-learn']}")
    assert build_index() == index
    classifiers = {name for name, _ in all_estimators("classifier")}
    ours = {name.rpartition(".")[2] for name, entry in index["estimators"].items() if entry["task"] == "classification"}
    assert ours == classifiers


def test_the_index_says_who_gives_probabilities():
    index = estimator_index()
    assert index["sklearn.ensemble.RandomForestClassifier"]["predict_proba"]
    assert not index["sklearn.svm.LinearSVC"]["predict_proba"]
    assert index["sklearn.ensemble.HistGradientBoostingRegressor"]["task"] == "regression"
    assert index["sklearn.ensemble.VotingClassifier"]["required"] == ["estimators"]


@pytest.mark.parametrize("name", BUILTINS)
def test_the_columns_of_the_embedded_data_sets_are_those_that_are_loaded(name):
    assert builtin_columns()[name] == list(load_builtin(name)[0].columns)


def test_the_generator_writes_the_column_index(tmp_path):
    assert builtin_columns() == build_columns()
    main(tmp_path)
    assert json.loads((tmp_path / "builtin_columns.json").read_text()) == builtin_columns()
