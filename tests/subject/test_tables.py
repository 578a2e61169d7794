"""csv and parquet tables come in as they are, and what is wrong with a file is said in one sentence."""

import pandas as pd
import pytest

from privnb.errors import DataError
from privnb.subject.dictionary import Column, Dictionary
from privnb.subject.tables import read_table, require_columns


def written(tmp_path, text, name="people.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_and_parquet_agree(tmp_path):
    frame = pd.DataFrame({"age": [1, 2, 3], "town": ["a", None, "c"], "pay": [0.5, None, 2.0]})
    frame.to_csv(tmp_path / "p.csv", index=False)
    frame.to_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "p.csv"), read_table(tmp_path / "p.parquet"))


def test_declared_words_stay_words(tmp_path):
    declared = Dictionary({"zip": Column("text"), "born": Column("date")}, "declared")
    frame = read_table(written(tmp_path, "zip,born\n01234,1990-05-01\n99999,\n"), declared)
    assert frame["zip"].tolist() == ["01234", "99999"]
    assert frame["born"].tolist()[0] == pd.Timestamp("1990-05-01") and frame["born"].isna().tolist() == [False, True]


def test_byte_order_mark_is_no_part_of_a_name(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"\xef\xbb\xbfage\n1\n")
    assert list(read_table(tmp_path / "p.csv").columns) == ["age"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n", "no rows"),
        ("a,b,a\n1,2,3\n", "names 'a' twice \\(columns 1 and 3\\)"),
        ("a,,b\n1,2,3\n", "column 2 has no name"),
        ("a,b\n1,2\n1,2,3\n", "not a table"),
        ("a,b\n1,2,3\n", "not a table"),
    ],
)
def test_faulty_csv(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, text))


def test_faulty_files(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"reads \.csv and \.parquet"):
        read_table(written(tmp_path, "x", "people.xlsx"))
    with pytest.raises(DataError, match="not a readable parquet file"):
        read_table(written(tmp_path, "x", "people.parquet"))
    (tmp_path / "header.csv").write_bytes("caf\xe9\n1\n".encode("latin-1"))
    (tmp_path / "body.csv").write_bytes(b"town\n" + b"a\n" * 9000 + "caf\xe9\n".encode("latin-1"))
    for name in ("header.csv", "body.csv"):
        with pytest.raises(DataError, match="UTF-8"):
            read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Column("integer"), "declared integer but holds text in 1 rows"),
        (Column("date"), "declared a date but 1 values are none"),
        (Column("categorical", ("1", "2")), "1 rows that the data dictionary does not list"),
    ],
)
def test_values_against_the_dictionary(tmp_path, declared, message):
    with pytest.raises(DataError, match=message):
        read_table(
            written(tmp_path, "c\n1\n2\nmany\n" if declared.type != "date" else "c\nmany\n"),
            Dictionary({"c": declared}, "declared"),
        )


def test_unknown_column_names_the_nearest():
    frame = pd.DataFrame({"income": [1], "age": [2]})
    require_columns(frame, ["age"], "data.target")
    with pytest.raises(DataError, match=r"data\.target: the data have no column 'incme'; did you mean 'income'"):
        require_columns(frame, ["incme"], "data.target")
    with pytest.raises(DataError, match="there are income, age"):
        require_columns(frame, ["zzz"], "data.target")
