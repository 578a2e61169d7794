"""The embedded data are the donors' data, whole and in their order."""

import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from privnb.errors import DataError
from privnb.subject import digests, load_builtin
from privnb.subject.data.adult import repack
from privnb.subject.hierarchies import tree_leaves

PACKED = Path(repack.__file__).with_name("adult.columns.xz")
QUASI_IDENTIFIERS = ["age", "education", "marital-status", "race", "sex", "native-country"]


@pytest.fixture(scope="module")
def adult():
    return load_builtin("adult")


def test_adult_has_the_donors_counts(adult):
    frame, _ = adult
    assert frame.shape == (48_842, 15)
    assert list(frame.columns) == list(repack.COLUMNS)
    training = frame.iloc[:32_561]  # adult.data, before adult.test
    assert training.duplicated().sum() == 24
    assert training.isna().any(axis=1).sum() == 2_399
    assert training["income"].value_counts().to_dict() == {"<=50K": 24_720, ">50K": 7_841}
    assert frame.dropna().shape[0] == 45_222  # adult.names: instances without unknown values


def test_adult_groups_as_measured_elsewhere(adult):
    sizes = adult[0].iloc[:32_561].groupby(QUASI_IDENTIFIERS, dropna=False).size()
    assert (len(sizes), (sizes == 1).sum(), sizes[sizes < 5].sum()) == (8_553, 5_594, 10_138)


def test_adult_begins_and_ends_with_the_donors_records(adult):
    frame, _ = adult
    assert frame.iloc[0].tolist() == [
        39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male",
        2174, 0, 40, "United-States", "<=50K",
    ]  # fmt: skip
    assert frame.iloc[-1][["age", "workclass", "fnlwgt", "income"]].tolist() == [35, "Self-emp-inc", 182148, ">50K"]


def test_adult_types(adult):
    frame, _ = adult
    for name in frame.columns:
        if name in repack.INTEGERS:
            assert frame[name].dtype == np.int64
        else:
            assert all(
                isinstance(value, str) and value == value.strip() != "?" for value in frame[name].dropna().unique()
            )
    assert set(frame.columns[frame.isna().any()]) == {"workclass", "occupation", "native-country"}


def test_adult_dictionary_covers_the_data(adult):
    frame, dictionary = adult
    assert dictionary.source == "declared"
    assert list(dictionary.columns) == list(frame.columns)
    for name, column in dictionary.columns.items():
        if column.categories:
            assert set(frame[name].dropna()) <= set(column.categories)
        else:
            assert frame[name].between(*column.bounds).all()
        assert column.missing == frame[name].isna().any()
        assert column.description


def test_adult_trees_hold_every_category_once(adult):
    for name in ("education", "marital-status", "race", "sex", "native-country", "workclass", "occupation"):
        column = adult[1][name]
        assert sorted(tree_leaves(column.hierarchy["tree"])) == sorted(column.categories)
    assert adult[1]["age"].hierarchy["intervals"]["width"] == [5, 10, 20]


def test_packed_file_is_small_and_checked(monkeypatch):
    assert PACKED.stat().st_size < 700_000
    monkeypatch.setitem(digests.BUILTIN, "adult", "0" * 64)
    with pytest.raises(DataError, match="SHA-256"):
        load_builtin("adult")


def test_readme_names_the_recorded_digest():
    readme = PACKED.with_name("README.md").read_text()
    for said in (digests.BUILTIN["adult"], f"{PACKED.stat().st_size:,} bytes", *repack.SOURCES.values(), "CC BY 4.0"):
        assert said in readme


def test_repack_gives_what_was_packed(adult):
    """Records in the donors' form pack to the shipped content (compared unpacked: xz versions may differ in bytes)."""
    frame, _ = adult
    records = frame.astype(object).where(frame.notna(), "?").astype(str).to_numpy().tolist()
    assert lzma.decompress(repack.pack(records)) == lzma.decompress(PACKED.read_bytes())


def test_repack_refuses_another_wheel(tmp_path):
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in repack.SOURCES:
            archive.writestr(repack.FOLDER + name, "39, State-gov\n")
    done = subprocess.run([sys.executable, repack.__file__, str(wheel)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "expected" in done.stderr


@pytest.mark.parametrize(
    ("name", "shape", "target", "classes"),
    [
        ("breast_cancer", (569, 31), "diagnosis", {"benign", "malignant"}),
        ("digits", (1797, 65), "digit", set(range(10))),
        ("wine", (178, 14), "cultivar", {"class_0", "class_1", "class_2"}),
    ],
)
def test_small_sets_for_classification(name, shape, target, classes):
    frame, dictionary = load_builtin(name)
    assert frame.shape == shape
    assert set(frame[target]) == classes == set(dictionary[target].categories)


def test_diabetes_is_in_the_donors_units():
    frame, _ = load_builtin("diabetes")
    assert frame.shape == (442, 11)
    assert (frame["age"].min(), frame["age"].max(), frame["progression"].max()) == (19, 79, 346)


def test_unknown_name_lists_the_known():
    with pytest.raises(DataError, match="adult, breast_cancer"):
        load_builtin("adlut")
