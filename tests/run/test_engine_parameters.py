"""Parameters arrive exactly or are refused by name, before any kernel is used."""

import datetime
import decimal
import enum
import json
import math
import pathlib
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_notebooks import printed, run, write
from pydantic import BaseModel

from privnb.run import notebook
from privnb.run.notebook import Outcome
from privnb.run.parameters import ParameterError, assigned_names, check_names, plain_parameters, strict_json


class Colour(enum.Enum):
    RED = "red"


class Pair(BaseModel):
    low: float
    when: datetime.date


@pytest.fixture(scope="module", autouse=True)
def server():
    """Warm kernels for the tests that execute."""
    notebook.warm_kernels(1)
    yield
    notebook.cool_kernels()


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        ((1, "a"), [1, "a"]),
        (((1,), [(2,)]), [[1], [[2]]]),
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),
        (datetime.time(3, 4), "03:04:00"),
        (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (pathlib.Path("/a b/c"), "/a b/c"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (Pair(low=1, when=datetime.date(2026, 1, 2)), {"low": 1.0, "when": "2026-01-02"}),
        ({"a": (np.int8(1), None)}, {"a": [1, None]}),
        (None, None),
        (-0.0, -0.0),
    ],
)
def test_values_have_one_plain_counterpart(value, arrives):
    plain = plain_parameters({"x": value}, "y.ipynb")["x"]
    assert plain == arrives and type(plain) is type(arrives)
    json.dumps(plain, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1, 2}, "parameter 'x' of y.ipynb is a set; "),
        (np.ones(2), "parameter 'x' of y.ipynb is a numpy.ndarray; "),
        (decimal.Decimal(1), "parameter 'x' of y.ipynb is a Decimal; "),
        (b"a", "parameter 'x' of y.ipynb is a bytes; "),
        (1j, "parameter 'x' of y.ipynb is a complex; "),
        (np.complex64(1), "parameter 'x' of y.ipynb is a numpy.complex64; "),
        (np.longdouble(1), "parameter 'x' of y.ipynb is a numpy.longdouble; "),
        (datetime.timedelta(1), "parameter 'x' of y.ipynb is a datetime.timedelta; "),
        (pd.DataFrame(), "parameter 'x' of y.ipynb is a pandas"),
        (len, "parameter 'x' of y.ipynb is a builtin_function_or_method; "),
        ({1: 2}, "parameter 'x' of y.ipynb has the key 1; keys must be text"),
        ([{"a": {2}}], "parameter 'x' of y.ipynb, item 0, key 'a' is a set; "),
        ("\ud800", "parameter 'x' of y.ipynb is text that no file can hold: '\\ud800'"),
    ],
)
def test_other_values_are_refused_by_name(value, said):
    with pytest.raises(ParameterError) as caught:
        plain_parameters({"x": value}, "y.ipynb")
    assert str(caught.value).startswith(said)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_what_is_plain_already_stays_as_it_is(value):
    assert plain_parameters({"x": value}, "n")["x"] == value


@given(JSON)
def test_papermill_writes_what_python_reads_back(value):
    from papermill.translators import PythonTranslator

    assert eval(PythonTranslator.translate(plain_parameters({"x": value}, "n")["x"]), {"inf": math.inf}) == value


def test_values_arrive_in_the_kernel(tmp_path):
    given_values = {"a": (1, 2), "b": math.nan, "c": 'quote " \\ \n new', "d": {"k": -math.inf}, "e": np.int64(3)}
    outcome, executed = run(
        tmp_path, "print([a, b, c, d, e])", values=given_values, parameters="a = b = c = None\nd = 1\ne: int = 2"
    )
    assert outcome == Outcome("ok")
    assert eval(printed(executed), {"nan": 0, "inf": math.inf}) == [
        [1, 2], 0, 'quote " \\ \n new', {"k": -math.inf}, 3,
    ]  # fmt: skip
    recorded = json.loads((tmp_path / "out.ipynb").read_text(), parse_constant=pytest.fail)
    assert recorded["metadata"]["papermill"]["parameters"]["b"] == "nan"


@pytest.mark.parametrize(
    ("values", "parameters", "said"),
    [
        ({"shadowss": 3}, "shadows: int = 8", 'no parameter "shadowss" in in.ipynb; did you mean "shadows"?'),
        ({"q": 3}, "shadows: int = 8", 'no parameter "q" in in.ipynb; it has shadows'),
        ({"q": 3}, "# nothing", 'no parameter "q" in in.ipynb; it has no cell tagged `parameters` that sets one'),
        ({"shadows": {1}}, "shadows: int = 8", "parameter 'shadows' of in.ipynb is a set; "),
    ],
)
def test_a_wrong_parameter_uses_no_kernel_and_writes_no_notebook(tmp_path, monkeypatch, values, parameters, said):
    monkeypatch.setattr("privnb.run.engine.open_kernel", pytest.fail)
    outcome, executed = run(tmp_path, "b = 2", values=values, parameters=parameters)
    assert outcome.status == "failed" and outcome.reason.startswith(said)
    assert outcome.cell is None and executed is None


def test_a_line_that_papermill_cannot_read_still_sets_a_parameter(tmp_path):
    lines = 'label: str = "a=b"  # with = in it\nboth = other = 1'
    assert assigned_names(lines) == ["label", "both", "other"]
    assert assigned_names("%matplotlib inline\nx = 1") == []
    outcome, executed = run(tmp_path, "print(label)", values={"label": "c=d"}, parameters=lines)
    assert outcome == Outcome("ok") and printed(executed) == "c=d\n"


def test_names_and_strictness():
    check_names(["a"], ["a", "b"], "n")
    assert strict_json({"a": [math.inf, 1.5, math.nan]}) == {"a": ["inf", 1.5, "nan"]}


def test_no_parameters_inject_no_cell(tmp_path):
    write(tmp_path / "in.ipynb", "b = 2")
    outcome, executed = run(tmp_path, "b = 2")
    assert outcome == Outcome("ok") and len(executed.cells) == 2
