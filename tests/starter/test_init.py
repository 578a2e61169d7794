"""`privnb init`: a spec that passes `check` at once, guesses marked as guesses, nothing overwritten."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from privnb.cli import main
from privnb.stages import load_spec
from privnb.starter import guess, task_of
from privnb.starter.skeleton import outward
from privnb.subject.dictionary import read_dictionary


@pytest.fixture
def folder(tmp_path, monkeypatch):
    draw, n = np.random.default_rng(0), 200
    frame = pd.DataFrame(
        {
            "patientId": draw.integers(0, 90, n),
            "full name": [f"Person {i}" for i in range(n)],
            "age": draw.integers(18, 91, n),
            "sex": draw.choice(["f", "m"], n),
            "postcode": draw.integers(10_000, 99_999, n),
            "bmi": draw.normal(25, 4, n).round(1),
            "smoker": draw.choice(["yes", "no"], n),
            "readmitted": draw.integers(0, 2, n),
        }
    )
    frame.to_csv(tmp_path / "patients.csv", index=False)
    frame.iloc[:100].to_csv(tmp_path / "a.csv", index=False)
    frame.iloc[100:].to_parquet(tmp_path / "b.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words, **more):
    return CliRunner().invoke(main, list(map(str, words)), **more)


def test_a_spec_is_written_that_passes_check(folder):
    done = typed("init", "--data", "patients.csv", "--yes")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split() == ["patients.privacy.yaml", "patients.dictionary.yaml", "privnb.schema.json"]
    assert "valid" in typed("check", "patients.privacy.yaml").output
    spec = load_spec("patients.privacy.yaml").spec
    assert spec.data.target == "readmitted" and spec.data.person_id == "patientId"
    assert spec.data.identifiers == ["full name"] and spec.data.sensitive == ["sex", "smoker"]
    assert spec.data.quasi_identifiers == ["age", "sex", "postcode"]
    assert spec.model.train.estimator == "sklearn.ensemble.RandomForestClassifier"
    text = (folder / "patients.privacy.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=privnb.schema.json\n")
    for key in ("target", "sensitive", "quasi_identifiers", "identifiers", "person_id"):
        assert "# guess: " in next(line for line in text.splitlines() if line.startswith(f"  {key}:"))
    schema = json.loads((folder / "privnb.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(YAML(typ="safe", pure=True).load(text))


def test_what_stands_there_as_a_comment_is_valid_too(folder):
    typed("init", "--data", "patients.csv", "--yes")
    path = folder / "patients.privacy.yaml"
    lines = path.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line == "# mitigations:")
    lines[start:] = [line.removeprefix("# ").removeprefix("#") for line in lines[start:] if "declared" not in line]
    lines = [line.replace("  # dictionary", "  dictionary").replace("  # release", "  release") for line in lines]
    path.write_text("\n".join(lines) + "\n")
    done = typed("check", path)
    assert "valid (1 mitigation, 2 gates)" in done.output, done.stderr


def test_the_dictionary_covers_every_column_and_no_identifiers_value(folder):
    typed("init", "--data", "patients.csv", "--yes")
    text = (folder / "patients.dictionary.yaml").read_text()
    found = read_dictionary(folder / "patients.dictionary.yaml")
    assert list(found.columns) == list(pd.read_csv("patients.csv").columns)
    assert found["age"].bounds == (10, 100) or found["age"].bounds == (10, 90)
    assert found["sex"].categories == ("f", "m")
    assert "Person" not in text
    assert all("# to be confirmed" in line for line in text.splitlines() if line.startswith("  "))


def test_nothing_is_overwritten_without_force(folder):
    (folder / "patients.dictionary.yaml").write_text("mine")
    (folder / "privnb.schema.json").write_text("{}")
    done = typed("init", "--data", "patients.csv", "--yes")
    assert done.exit_code == 2 and "already there: patients.dictionary.yaml" in done.stderr
    assert not (folder / "patients.privacy.yaml").exists()
    assert (folder / "patients.dictionary.yaml").read_text() == "mine"
    assert typed("init", "--data", "patients.csv", "--yes", "--force").exit_code == 0
    assert "columns:" in (folder / "patients.dictionary.yaml").read_text()


def test_answers_replace_guesses_and_slips_are_asked_again(folder):
    said = "redmitted\nreadmitted\n-\npatientId\nsmoker\nage, sex\ninternal\n"
    done = typed("init", "my.privacy.yaml", "--data", "patients.csv", input=said)
    assert done.exit_code == 0, done.output
    assert "there is no column 'redmitted'; did you mean 'readmitted'?" in done.output
    spec = load_spec("my.privacy.yaml").spec
    assert spec.data.identifiers == [] and spec.data.sensitive == ["smoker"]
    assert spec.data.quasi_identifiers == ["age", "sex"] and spec.threat_model.release == "internal"
    text = (folder / "my.privacy.yaml").read_text()
    assert text.count("# guess: ") == 1 and "# guess: any classifier" in text


def test_no_answer_writes_nothing(folder):
    done = typed("init", "--data", "patients.csv", input="")
    assert done.exit_code == 2 and "--yes takes the guesses" in done.stderr
    assert not list(folder.glob("*.yaml"))


def test_from_a_model_and_its_tables(folder):
    (folder / "specs").mkdir()
    (folder / "model.skops").write_bytes(b"PK")
    words = ("--from-model", "model.skops", "--train", "a.csv", "--holdout", "b.parquet", "--yes")
    done = typed("init", "specs/my.privacy.yaml", *words)
    assert done.exit_code == 0, done.stderr
    data = load_spec("specs/my.privacy.yaml").spec
    assert (data.data.train, data.data.holdout, data.model.file) == ("../a.csv", "../b.parquet", "../model.skops")
    (folder / "model.joblib").write_bytes(b"x")
    words = ("--from-model", "model.joblib", *words[2:])
    done = typed("init", "other.privacy.yaml", *words)
    assert done.exit_code == 2 and "add --trust" in done.stderr
    assert typed("init", "other.privacy.yaml", *words, "--trust").exit_code == 0
    assert load_spec("other.privacy.yaml").spec.model.trust is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--train", "a.csv"], "--train and --holdout go together"),
        (["--from-model", "model.skops"], "needs --train and --holdout"),
        (["--data", "a.csv", "--train", "a.csv", "--holdout", "b.parquet"], "give --data, or --train and --holdout"),
        (["--data", "nothing.csv"], "there is no file nothing.csv"),
        (["--data", "a.csv", "--target", "readmited"], "did you mean 'readmitted'?"),
        (["--data", "a.csv", "--trust"], "--trust goes with --from-model"),
        (["--data", "a.csv", "--from-model", "no.skops"], "there is no file no.skops"),
    ],
)
def test_what_does_not_fit_is_one_plain_sentence(folder, words, said):
    done = typed("init", *words, "--yes")
    assert done.exit_code == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not list(folder.glob("*.yaml"))


def test_without_a_table_the_spec_is_for_the_embedded_census(folder):
    assert typed("init", "--yes").exit_code == 0
    assert load_spec("adult.privacy.yaml").spec.data.builtin == "adult"
    assert "guess" not in (folder / "adult.privacy.yaml").read_text()


def test_guesses_from_cardinality():
    frame = pd.DataFrame(
        {
            "customer_id": range(100),
            "code": [f"K{i}" for i in range(100)],
            "zip": [str(i % 9) for i in range(100)],
            "constant_age": 1,
            "amount": np.linspace(0, 1, 100),
        }
    )
    found = guess(frame)
    assert found.identifiers == ["customer_id", "code"] and found.person_id is None
    assert found.quasi_identifiers == ["zip"], "what has one value alone tells nothing"
    assert (found.target, found.task) == ("amount", "regression")
    assert guess(frame, "zip").target == "zip" and task_of(frame["zip"]) == "classification"


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_bounds_are_rounded_outwards(low, width):
    found = outward(low, low + width)
    assert found[0] <= low and found[1] >= low + width and found[0] < found[1]
