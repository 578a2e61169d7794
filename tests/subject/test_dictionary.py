"""A data dictionary is read as declared, and a mistake in it is named with its place."""

import numpy as np
import pandas as pd
import pytest

from privnb.errors import DataError
from privnb.subject import Dictionary, infer, read_dictionary


def written(tmp_path, text, name="people.dictionary.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def column(tmp_path, fields):
    return read_dictionary(written(tmp_path, f"columns:\n  c: {fields}\n"))["c"]


def test_reads_all_fields(tmp_path):
    found = column(tmp_path, "{type: integer, bounds: [17, 90], unit: years, description: Age, missing: true}")
    assert (found.type, found.bounds, found.unit, found.description, found.missing) == (
        "integer", (17, 90), "years", "Age", True,
    )  # fmt: skip


def test_yaml_1_2_words_stay_words(tmp_path):
    assert column(tmp_path, "{type: categorical, categories: [no, yes, on, 1e]}").categories == (
        "no",
        "yes",
        "on",
        "1e",
    )


def test_boolean_has_its_categories(tmp_path):
    assert column(tmp_path, "{type: boolean}").categories == (False, True)


@pytest.mark.parametrize(
    ("hierarchy", "type", "kept"),
    [
        (
            "{intervals: {width: [5, 10], top: 90+}}",
            "integer",
            {"intervals": {"width": [5, 10], "origin": 0, "top": "90+"}},
        ),
        ("{intervals: {width: 10}}", "number", {"intervals": {"width": [10], "origin": 0}}),
        ("{mask: {levels: 3}}", "text", {"mask": {"from": "right", "char": "*", "levels": 3}}),
        ("{dates: [day, month, decade]}", "date", {"dates": ["day", "month", "decade"]}),
        ("{ordered: auto}", "number", {"ordered": "auto"}),
        (
            "{tree: {Higher: {Under: [a], Graduate: [b, c]}, Rest: [d]}}",
            "categorical, categories: [a, b, c, d]",
            {"tree": {"Higher": {"Under": ["a"], "Graduate": ["b", "c"]}, "Rest": ["d"]}},
        ),
    ],
)
def test_hierarchies_become_plain_data(tmp_path, hierarchy, type, kept):
    assert column(tmp_path, f"{{type: {type}, hierarchy: {hierarchy}}}").hierarchy == kept


def test_hierarchy_file_in_the_layout_of_arx(tmp_path):
    written(tmp_path, "fr;Europe;*\nde;Europe;*\nus;America;*\n", "country.csv")
    found = column(tmp_path, "{type: categorical, categories: [fr, de, us], hierarchy: {file: country.csv}}")
    assert found.hierarchy == {
        "file": "country.csv",
        "levels": {"fr": ["Europe", "*"], "de": ["Europe", "*"], "us": ["America", "*"]},
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("fr;Europe;*\nde;Europe;*\n", "no line for 'us'"),
        ("fr;Europe;*\nfr;Asia;*\n", "line 2 repeats the leaf 'fr'"),
        ("fr;Europe;*\nde;*\n", "line 2 has 2 levels, the first has 3"),
        ("fr;West;Europe;*\nde;West;Asia;*\nus;x;y;*\n", "'West' under both 'Europe' and 'Asia'"),
        ("fr;a\nde;b\nus;c\n", "last level must be one value"),
        ("fr\n", "leaf;level1"),
    ],
)
def test_faulty_hierarchy_files(tmp_path, table, message):
    written(tmp_path, table, "country.csv")
    with pytest.raises(DataError, match=message):
        column(tmp_path, "{type: categorical, categories: [fr, de, us], hierarchy: {file: country.csv}}")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("{type: integr}", "did you mean 'integer'"),
        ("{typ: integer}", "unknown key 'typ'; did you mean 'type'"),
        ("[integer]", "expected a mapping"),
        ("{type: integer, bounds: [90, 17]}", "least below greatest"),
        ("{type: text, bounds: [1, 2]}", "only integer and number columns have bounds"),
        ("{type: categorical}", "needs the list of all its values"),
        ("{type: categorical, categories: [a, a]}", "a is listed twice"),
        ("{type: categorical, categories: [a, 1]}", "mixes text and numbers"),
        ("{type: integer, categories: [1]}", "only categorical and ordered"),
        ("{type: boolean, categories: [a]}", "has none"),
        ("{type: integer, unit: 3}", "expected text"),
        ("{type: integer, missing: 3}", "expected true or false"),
        ("{type: integer, hierarchy: {tree: {a: [1]}}}", "not integer"),
        ("{type: integer, hierarchy: {steps: 3}}", "exactly one of intervals"),
        ("{type: integer, hierarchy: {intervals: {width: [5, 12]}}}", "12 is no multiple of 5"),
        ("{type: integer, hierarchy: {intervals: {width: 0}}}", "expected positive numbers"),
        ("{type: integer, hierarchy: {intervals: {width: 5, top: 90}}}", "the form 90\\+"),
        ("{type: integer, hierarchy: {intervals: {width: 5, origin: x}}}", "expected a number"),
        ("{type: integer, hierarchy: {intervals: {widths: 5}}}", "unknown key 'widths'"),
        ("{type: integer, hierarchy: {intervals: 5}}", "expected the keys"),
        ("{type: categorical, categories: [a, b], hierarchy: {tree: {x: [a]}}}", "no leaf for 'b'"),
        ("{type: categorical, categories: [a], hierarchy: {tree: {x: [a, b]}}}", "'b' is no category"),
        ("{type: categorical, categories: [a], hierarchy: {tree: {x: [a], y: [a]}}}", "leaf of both x and y"),
        ("{type: categorical, categories: [a], hierarchy: {tree: [a]}}", "expected groups"),
        ("{type: categorical, categories: [a], hierarchy: {file: none.csv}}", "there is no file"),
        ("{type: text, hierarchy: {mask: {from: top, levels: 1}}}", "left or right"),
        ("{type: text, hierarchy: {mask: {char: xx, levels: 1}}}", "one character"),
        ("{type: text, hierarchy: {mask: {levels: 0}}}", "at least 1"),
        ("{type: date, hierarchy: {dates: [year, day]}}", "from fine to coarse"),
        ("{type: date, hierarchy: {dates: [hour]}}", "unknown step 'hour'"),
        ("{type: date, hierarchy: {dates: []}}", "expected a list"),
        ("{type: number, hierarchy: {ordered: 5}}", "only value is auto"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, fields, message):
    with pytest.raises(DataError, match=message) as caught:
        column(tmp_path, fields)
    assert "people.dictionary.yaml: columns.c" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns: {a: {type: integer}, a: {type: text}}", r":1:\d+: .*duplicate key"),
        ("columns: {a: ", r":\d+:\d+: "),
        ("", "has one key, columns"),
        ("- a", "has one key, columns"),
    ],
)
def test_files_that_are_no_dictionary(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_dictionary(written(tmp_path, text))


def test_missing_and_latin_1_files(tmp_path):
    with pytest.raises(DataError, match="there is no data dictionary"):
        read_dictionary(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("columns: {caf\xe9: {type: text}}".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_dictionary(tmp_path / "latin.yaml")


def test_infer_types():
    frame = pd.DataFrame(
        {
            "whole": [1, 2, 3],
            "whole_missing": [1.0, np.nan, 2.0],
            "number": [0.5, 1.0, 2.0],
            "word": ["b", "a", None],
            "truth": [True, False, True],
            "truth_missing": [True, None, False],
            "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "nothing": [None, None, None],
            "level": pd.Categorical(["lo", "hi", "lo"], categories=["lo", "hi"], ordered=True),
        }
    )
    found = infer(frame)
    assert found.source == "inferred"
    assert {name: each.type for name, each in found.columns.items()} == {
        "whole": "integer", "whole_missing": "integer", "number": "number", "word": "categorical", "truth": "boolean",
        "truth_missing": "boolean", "day": "date", "nothing": "number", "level": "ordered",
    }  # fmt: skip
    assert found["whole"].bounds == (1, 3)
    assert found["word"].categories == ("a", "b") and found["word"].missing
    assert found["level"].categories == ("lo", "hi")


def test_many_distinct_words_are_text():
    names = [f"person {number}" for number in range(100)]
    assert infer(pd.DataFrame({"name": names}))["name"].type == "text"
    assert infer(pd.DataFrame({"name": names[:10]}))["name"].type == "categorical"


def test_completed_says_that_something_was_inferred(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    declared = read_dictionary(written(tmp_path, "columns: {a: {type: integer, bounds: [0, 9]}, z: {type: text}}"))
    completed = declared.completed(frame)
    assert completed.source == "inferred" and completed["a"].bounds == (0, 9) and list(completed.columns) == ["a", "b"]
    assert declared.completed(frame[["a"]]) == Dictionary({"a": declared["a"]}, "declared")
