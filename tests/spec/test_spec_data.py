"""Files and columns that a spec names are checked against the files themselves."""

import hashlib

import pandas
import pytest

HEADER = "age,sex,post code,smoker,readmitted,patient\n"
ROWS = HEADER + "31,f,1010,no,yes,1\n"


def spec(data: str, rest: str = "") -> str:
    return f"privnb: 1\nmodel: {{train: sklearn.svm.SVC}}\ndata:\n  {data}\n{rest}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "patients.csv").write_text(ROWS, encoding="utf-8-sig")
    (tmp_path / "others.csv").write_text(ROWS.replace(",smoker", ",smokers"))
    pandas.DataFrame({"age": [1], "readmitted": [0]}).to_parquet(tmp_path / "patients.parquet")
    (tmp_path / "model.joblib").write_bytes(b"pickled")
    (tmp_path / "model.skops").write_bytes(b"zipped")
    return tmp_path


@pytest.mark.parametrize(
    "data",
    [
        "path: patients.csv\n  target: readmitted\n  person_id: patient\n  identifiers: [patient]",
        "path: patients.csv\n  target: readmitted\n  sensitive: [readmitted]",
        "path: patients.parquet\n  target: readmitted\n  sensitive: [age]",
        "train: patients.csv\n  holdout: others.csv\n  target: readmitted\n  quasi_identifiers: [age, post code]",
        "path: patients.csv\n  member: smoker\n  target: readmitted",
        "builtin: breast_cancer\n  target: diagnosis\n  sensitive: [mean radius]",
    ],
)
def test_good_data_sections(language, folder, data):
    assert language.problems(spec(data), folder) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "builtin: digits\n  target: target",
            "5:11: data.target: the data set digits has no column 'target'; columns are pixel_0_0, ",
        ),
        (
            "path: patients.csv\n  target: readmited",
            "5:11: data.target: patients.csv has no column 'readmited'; did you mean 'readmitted'?",
        ),
        (
            "path: patients.csv\n  target: zzz",
            "5:11: data.target: patients.csv has no column 'zzz'; columns are age, sex, post code, smoker, readmitted",
        ),
        (
            "path: patients.parquet\n  target: readmitted\n  sensitive: [aeg]",
            "6:15: data.sensitive: patients.parquet has no column 'aeg'; did you mean 'age'?",
        ),
        (
            "train: patients.csv\n  holdout: others.csv\n  target: readmitted\n  sensitive: [sex, smoker]",
            "7:20: data.sensitive: others.csv has no column 'smoker'; did you mean 'smokers'?",
        ),
        (
            "path: patients.csv",
            "3:1: data needs 'target'; columns are age, sex, post code, smoker, readmitted, patient",
        ),
        (
            "path: patient.csv\n  target: y",
            "4:9: data.path: there is no file 'patient.csv'; did you mean 'patients.csv'?",
        ),
        ("path: zzz.csv\n  target: y", "4:9: data.path: there is no file 'zzz.csv'; paths are relative to the spec"),
        (f"path: {'x' * 300}.csv\n  target: y", "4:9: data.path: there is no file 'xxx"),
        ("path: patients.xlsx\n  target: y", "4:9: data.path is 'patients.xlsx'; a table ends in .csv or .parquet"),
        ("train: patients.csv\n  target: readmitted", "4:3: data.train needs data.holdout"),
        (
            "path: patients.csv\n  target: sex\n  quasi_identifiers: [age, sex]",
            "6:28: 'sex' is data.target (5:3) and cannot be in data.quasi_identifiers",
        ),
        (
            "path: patients.csv\n  target: sex\n  person_id: sex",
            "6:14: 'sex' is data.target (5:3) and cannot be data.person_id",
        ),
        (
            "path: patients.csv\n  target: sex\n  identifiers: [age]\n  quasi_identifiers: [age]",
            "7:23: 'age' is in data.identifiers (6:17) and here; keep one",
        ),
        ("path: patients.csv\n  target: sex\n  sensitive: [age, age]", "6:20: data.sensitive names 'age' twice"),
        (
            "path: patients.csv\n  target: sex\n  dictionary: none.yaml",
            "6:15: data.dictionary: there is no file 'none.yaml'; paths are relative to the spec",
        ),
    ],
)
def test_mistakes_in_data(language, folder, data, expected):
    problems = language.problems(spec(data), folder)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"s.yaml:{expected}")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.csv", b"", "data.path: empty.csv has no header; its first line must name the columns"),
        ("latin.csv", "größe,y\n".encode("latin-1"), "data.path: latin.csv is no UTF-8; save it as UTF-8"),
        ("twice.csv", b"y,a,a\n", "twice.csv has more than one column named 'a'; rename one"),
        ("bad.parquet", b"PAR1 no", "data.path: bad.parquet is no readable parquet file: "),
    ],
)
def test_tables_without_a_usable_header(language, tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    problems = language.problems(spec(f"path: {name}\n  target: y"), tmp_path)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"s.yaml:4:9: {expected}")


def test_columns_named_by_a_stage_are_checked_too(language, folder):
    text = spec("path: patients.csv\n  target: readmitted", "assess: {reidentification: {columns: [age, sxe]}}\n")
    (problem,) = language.problems(text, folder)
    assert problem.startswith("s.yaml:6:44: assess.reidentification.columns: patients.csv has no column 'sxe'; did you")


def model(written: str) -> str:
    return f"privnb: 1\nmodel: {written}\ndata: {{path: patients.csv, target: readmitted}}\n"


def test_model_files(language, folder):
    assert language.problems(model("model.skops"), folder) == []
    assert language.problems(model("{file: model.joblib, trust: true}"), folder) == []
    digest = hashlib.sha256(b"pickled").hexdigest()
    (problem,) = language.problems(model("model.joblib"), folder)
    assert problem.startswith("s.yaml:2:8: loading model.joblib runs the code in it") and digest in problem
    assert "trust: true" in problem
    (problem,) = language.problems(model("model.skop"), folder)
    assert problem.startswith("s.yaml:2:8: model.file is 'model.skop'; a fitted model ends in .skops")
    (problem,) = language.problems(model("{file: modle.skops}"), folder)
    assert problem == "s.yaml:2:15: model.file: there is no file 'modle.skops'; did you mean 'model.skops'?"
    (problem,) = language.problems(model("{factory: 'm:f', trust: true}"), folder)
    assert problem == "s.yaml:2:25: model.trust goes with model.file or model.previous only"
