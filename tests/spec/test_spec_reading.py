"""A valid spec is read into its tree: defaults, short forms, profiles, and where each value comes from."""

import subprocess
import sys
from pathlib import Path

import pytest

from privnb.errors import SpecError
from privnb.spec import effective, effective_yaml, profile_parameters, read_spec, spec_model

SHORT = "privnb: 1\nmodel: {train: sklearn.svm.SVC}\ndata:\n  builtin: adult\n  target: income\n"


def sources(loaded):
    return {item.path: (item.value, item.source) for item in effective(loaded)}


def test_the_shortest_spec_has_a_default_for_everything_else(language):
    loaded = language.read(SHORT)
    spec = loaded.spec
    assert (spec.name, spec.profile, spec.seed, spec.assess, spec.release) == ("my", "standard", 0, "auto", "baseline")
    assert spec.data.split.model_dump() == {"train": 0.35, "validation": 0.1, "evaluation": 0.25, "pool": 0.3}
    assert (spec.threat_model.access, spec.threat_model.data, spec.threat_model.release) == (
        "black-box",
        "actual",
        None,
    )
    assert spec.mitigations == [] and spec.gates == [] and spec.declared.purpose is None
    assert (spec.report.small_cell, spec.report.formats) == (5, ["pdf", "html"])
    assert spec.model.origin == "train" and spec.model.train.params == {}


def test_sources_of_values(language, examples):
    found = sources(language.read(examples["tabular"]))
    assert found["profile"] == ("quick", "file")
    assert found["assess.membership.shadows"] == (64, "file")
    assert found["data.party"] == (None, "default")
    assert found["mitigations.noisy.from"] == ("leaf50", "file")
    assert found["mitigations.leaf50.from"] == ("baseline", "default")
    assert found["gates[1].use"] == ("lower", "file")
    assert found["model.train.estimator"] == ("sklearn.ensemble.RandomForestClassifier", "file")


def test_the_short_form_of_a_model_counts_as_given(language):
    assert sources(language.read(SHORT))["model.train.estimator"] == ("sklearn.svm.SVC", "file")


def test_a_profile_fills_what_the_file_leaves_out(language):
    text = (
        SHORT + "profile: quick\nassess: {membership: {}}\nmitigations: [{id: a, regularize: {noise: {copies: 2}}}]\n"
    )
    loaded = language.read(text)
    assert loaded.spec.assess["membership"].shadows == 4
    assert loaded.spec.mitigations[0].params.noise.scale == 0.5
    assert sources(loaded)["assess.membership.shadows"] == (4, "profile quick")
    assert language.read(text.replace("{}", "{shadows: 8}", 1)).spec.assess["membership"].shadows == 8
    assert language.read(text.replace("quick", "standard")).spec.assess["membership"].shadows == 16


def test_a_profile_from_the_command_line_replaces_the_file_s(language, examples):
    loaded = language.read(examples["regression"], profile="quick")
    assert loaded.spec.profile == "quick" and loaded.spec.assess["membership"].shadows == 4
    assert sources(loaded)["profile"] == ("quick", "command line")


def test_parameters_under_a_profile_for_assess_auto(language):
    membership = language.assessments["membership"]
    assert [profile_parameters(membership, name).shadows for name in ("quick", "standard", "thorough")] == [4, 16, 128]
    assert profile_parameters(membership, "quick", shadows=9).shadows == 9


@pytest.mark.parametrize("written", ["{membership: {}}", "{membership: auto}", "{membership: null}", "\n  membership:"])
def test_an_assessment_without_parameters_takes_its_defaults(language, written):
    assert language.read(f"{SHORT}assess: {written}\n").spec.assess == {
        "membership": language.assessments["membership"]()
    }


@pytest.mark.parametrize("written", ["auto", "null", ""])
def test_assess_auto(language, written):
    assert language.read(f"{SHORT}assess: {written}\n").spec.assess == "auto"


@pytest.mark.parametrize(
    "key", ["report", "declared", "threat_model", "mitigations", "gates", "release", "seed", "name"]
)
def test_null_is_the_same_as_left_out(language, key):
    assert language.read(f"{SHORT}{key}: null\n").spec == language.read(SHORT).spec


def test_a_bare_string_is_a_model_file(language, tmp_path):
    (tmp_path / "model.skops").write_bytes(b"x")
    loaded = language.read(SHORT.replace("{train: sklearn.svm.SVC}", "model.skops"), tmp_path)
    assert loaded.spec.model.file == "model.skops" and loaded.spec.model.origin == "file"


def test_a_mitigation_says_its_kind_and_parameters(language, examples):
    first, second = language.read(examples["tabular"]).spec.mitigations
    assert (first.id, first.from_, first.kind, first.params.params) == (
        "leaf50",
        "baseline",
        "regularize",
        {"min_samples_leaf": 50},
    )
    assert (second.from_, second.params.l2, second.params.noise.copies) == ("leaf50", 0.001, 3)


def test_gates_take_the_cautious_end_unless_told(language):
    text = SHORT + "gates: [{metric: membership.auc, max: 1}, {metric: utility.accuracy, min: 0}]\n"
    gates = language.read(text).spec.gates
    assert [(gate.kind, gate.limit, gate.use) for gate in gates] == [("max", 1, "upper"), ("min", 0, "lower")]


@pytest.mark.parametrize("name", ["tabular", "regression", "factory"])
def test_the_effective_spec_reads_back_as_the_same_spec(language, examples, name):
    loaded = language.read(examples[name])
    again = language.read(effective_yaml(loaded))
    assert again.spec == loaded.spec.model_copy(update={"name": again.spec.name})
    assert effective_yaml(again) == effective_yaml(loaded)


def test_positions_of_keys_and_values(language, examples):
    loaded = language.read(examples["tabular"])
    lines = examples["tabular"].splitlines()
    for path, (line, column) in loaded.key_source.items():
        assert lines[line - 1][column - 1 :].startswith(path[-1])
    assert loaded.source[("gates", 1, "on", 0)] == (34, 60) and lines[33][59:].startswith("leaf50")
    assert ("data", "party") not in loaded.given and ("data", "person_id") in loaded.given


def test_the_spec_cannot_be_changed(language):
    with pytest.raises(ValueError, match="frozen"):
        language.read(SHORT).spec.seed = 3


def test_the_same_stages_give_the_same_type(language):
    assert spec_model(dict(language.assessments), dict(language.mitigations)) is language.tree


def test_reading_a_file(language, tmp_path):
    file = tmp_path / "adult.privacy.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode())
    loaded = read_spec(file, *language.stages)
    assert loaded.spec.name == "adult" and loaded.base == tmp_path
    with pytest.raises(SpecError, match=r"none\.yaml:1:1: there is no such file"):
        read_spec(tmp_path / "none.yaml", *language.stages)
    with pytest.raises(SpecError, match="cannot be read: is a directory"):
        read_spec(tmp_path, *language.stages)


def test_reading_imports_nothing_heavy():
    code = (
        "import sys; from privnb.spec import read_spec_text, effective, json_schema\n"
        f"read_spec_text({SHORT!r}, 's', '.', {{}}, {{}}, []); effective; json_schema\n"
        "heavy = ('numpy', 'pandas', 'sklearn', 'pyarrow', 'privnb.stages', 'privnb.subject')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"
