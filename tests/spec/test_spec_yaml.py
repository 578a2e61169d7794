"""The YAML underneath: values and positions as an independent reader has them, plain words when it is no YAML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from privnb.spec import dump_yaml
from privnb.spec.positions import parse
from privnb.spec.syntax import decode


def values(text):
    found = parse(text)
    assert found.problems == []
    return found.value


NUMBERS = ["1", "-7", "0", "1e-6", ".5", "1.0", "1.", "+2", "0x1F", "0o17", "007", "1E3"]
WORDS = ["true", "False", "null", "~", "no", "yes", "on", "12:30", "a.b", "'no'", '"1"', "1.2.3", ".a", "e5", "nul"]


@pytest.mark.parametrize("text", NUMBERS + WORDS)
def test_plain_values_are_those_of_yaml_1_2(text):
    mine = values(f"x: {text}\n")["x"]
    theirs = YAML(typ="safe", pure=True).load(f"x: {text}\n")["x"]
    assert (mine, type(mine)) == (theirs, type(theirs))


def test_numbers_with_underscores_are_text():
    assert values("x: 1_000\n") == {"x": "1_000"}  # YAML 1.2 core schema; ruamel keeps the form of YAML 1.1 here


def test_positions_agree_with_those_of_an_independent_composer(examples):
    for text in examples.values():
        found = parse(text)
        node = YAML(typ="safe", pure=True).compose(text)
        expected = {}

        def walk(node, path, expected=expected):
            expected.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
            if node.id == "mapping":
                for key, value in node.value:
                    expected[path, key.value] = (key.start_mark.line + 1, key.start_mark.column + 1)
                    walk(value, (*path, key.value))
            elif node.id == "sequence":
                for place, value in enumerate(node.value):
                    walk(value, (*path, place))

        walk(node, ())
        keys = {(path[:-1], path[-1]): position for path, position in found.keys.items()}
        assert {**found.values, **keys} == expected


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab:# -'\"é1", min_size=1), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text("ab:# -'\"é1\n", min_size=1, max_size=5), plain, min_size=1, max_size=4))
def test_what_is_written_reads_back(mapping):
    text = dump_yaml(mapping)
    assert values(text) == mapping
    assert YAML(typ="safe", pure=True).load(text) == mapping


@pytest.mark.parametrize(
    "word", ["no", "yes", "1e-6", "2024-01-01", "null", "~", "a: b", "- a", "#x", " a", "{", "<<", "0x1"]
)
def test_a_text_that_looks_like_something_else_stays_a_text(word):
    assert values(dump_yaml({"x": word, "y": [word]})) == {"x": word, "y": [word]}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: 2}])
def test_what_yaml_cannot_hold_is_not_written(value):
    with pytest.raises((ValueError, TypeError)):
        dump_yaml({"x": value})


BROKEN = [
    ("", "1:1: the spec is empty"),
    ("  \n\n", "1:1: the spec is empty"),
    ("# nothing\n", "1:1: the spec holds nothing but comments"),
    ("- a\n- b\n", "1:1: the spec is a list; it must be a mapping"),
    ("just words\n", "1:1: the spec is 'just words'; it must be a mapping"),
    ("privnb: 1\n\tmodel: x\n", "2:1: a tab stands here; YAML wants spaces"),
    ("privnb: 1\ndata:\n\tpath: x\n", "3:1: a tab stands here; YAML wants spaces"),
    ("privnb: 1\ndata: {path: x\nmodel: y\n", "2:7: the '{' opened here is not closed; add a '}'"),
    ("privnb: 1\nx: [a, b\n", "2:4: the '[' opened here is not closed; add a ']'"),
    ("privnb: 1\nx: {a: 1 b: 2}\n", "2:11: a comma or '}' is missing before this"),
    ("privnb: 1\nx: {a: 1}}\n", "2:10: this '}' closes nothing"),
    ('privnb: 1\nx: "abc\ny: 1\n', "2:4: the quote opened here is not closed"),
    ('privnb: 1\nx: "a\\qb"\n', "2:7: unknown escape character 'q' in a double-quoted text"),
    ("privnb: 1\nx: a: b\n", "2:5: a second ': ' in this line; write the value in quotes"),
    ("privnb: 1\nx: 1\n  y: 2\n", "3:3: this key does not fit the line above"),
    ("privnb 1\nx: 1\n", "2:1: this key does not fit the line above; check the indentation and the ':' there"),
    ("privnb: 1\ndata:\n  a: 1\n b: 2\n", "4:2: this line does not fit the ones above; check its indentation"),
    ("privnb: 1\nx: @here\n", "2:4: a value cannot start with '@'; write it in quotes"),
    ("privnb: 1\nx: - a\n", "2:4: a list item cannot start here"),
    ("privnb: 1\nx: ]\n", "2:4: ']' does not belong here"),
    ("privnb: 1\nx: \0\n", "2:4: a control character (NUL) stands here"),
    ("privnb: 1\nx: \x07\n", "2:4: a control character (U+0007) stands here"),
    ("privnb: 1\nprivnb: 2\n", "2:1: the key 'privnb' comes twice; it first stands at 1:1"),
    ("privnb: 1\n---\nprivnb: 2\n", "2:1: a second document starts here"),
    ("%YAML 1.1\n---\nprivnb: 1\n", "2:1: privnb reads YAML 1.2; remove the %YAML line"),
    ("privnb: 1\nx: !!python/object:os.system ls\n", "2:4: the tag !!python/object:os.system is not used in a spec"),
    ("privnb: 1\nx: 2024-01-01\n", "2:4: 2024-01-01 reads as a date; write it in quotes to keep it as text"),
    ("privnb: 1\nx: .inf\n", "2:4: .inf is not a finite number"),
    ("privnb: 1\nx: 1e999\n", "2:4: 1e999 is too large for a number"),
    ("privnb: 1\nx: " + "9" * 5000 + "\n", "2:4: a number of 5000 digits is too long"),
    ("privnb: 1\n1: x\n", "2:1: the key 1 is no text; write it in quotes if it is a name"),
    ("privnb: 1\n? [a]\n: x\n", "2:3: a key must be text, not a list or mapping"),
    ("privnb: 1\nx: &a {b: 1}\ny: {<<: *a}\n", "3:5: merge keys (<<) are not part of the spec"),
    ("privnb: 1\nx: *nothing\n", "2:4: *nothing refers to nothing above it"),
    ("privnb: 1\nx: &a [*a]\n", "2:8: *a refers to nothing above it that is complete"),
    ("privnb: 1\nx: " + "[" * 5000 + "\n", "2:43: nested deeper than 40 levels"),
    ('privnb: 1\nx: "\\ud800"\n', "2:4: this text holds a character that no file can hold"),
    ("privnb: 1\n" + "# " + "x" * (1 << 20), "1:1: the spec has 1048588 bytes; at most 1048576 (1 MiB) are read"),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_text_that_cannot_be_used_gets_one_plain_line(language, text, expected):
    found = [problem for problem in language.problems(text) if problem.startswith(f"s.yaml:{expected}")]
    assert len(found) == 1, language.problems(text)
    assert "\n" not in found[0]


def test_an_alias_bomb_is_refused_before_it_is_expanded(language):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (problem,) = language.problems("\n".join(lines))
    assert problem == "s.yaml:3:10: aliases repeat more than 200 values; write the values out"


def test_a_few_aliases_are_copied_with_their_place(language):
    found = parse("a: &x {b: [1, 2]}\nc: *x\n")
    assert found.problems == [] and found.value == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert found.value["a"] is not found.value["c"] and found.values["c", "b", 1] == (2, 4)


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reader(language, text):
    assert all(isinstance(problem, str) and "\n" not in problem for problem in language.problems(text))


@given(st.binary(max_size=60))
def test_no_bytes_whatever_break_the_reader(data):
    text, problem = decode(data, 100)
    assert (problem is None) == (text.encode() == data.removeprefix(b"\xef\xbb\xbf") and problem is None)


def test_bytes_that_are_no_utf_8():
    _, problem = decode("privnb: 1\nname: Müller\n".encode("latin-1"), 1 << 20)
    assert problem.located("s.yaml") == "s.yaml:2:8: byte 0xfc is no UTF-8; save the spec as UTF-8 (not Latin-1)"
    assert "UTF-16" in decode("privnb: 1\n".encode("utf-16"), 1 << 20)[1].message
    assert "at most 5 " in decode(b"abcdef", 5)[1].message
