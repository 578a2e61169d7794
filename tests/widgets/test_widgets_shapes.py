"""What a form learns from a pydantic field: kind, choices, limits, and how the limits are said."""

from typing import Annotated, Any, Literal

import pydantic
import pytest
from pydantic import Field

from privnb.spec import refers_to
from privnb.widgets.shapes import shape_of
from privnb.widgets.sliders import doubling


class Inner(pydantic.BaseModel):
    x: int = 1


class Sample(pydantic.BaseModel):
    whole: int = Field(4, ge=2, le=4096)
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    positive: float | None = Field(None, gt=0)
    word: Literal["a", "b"] = "a"
    words: list[Literal["a", "b"]] | Literal["auto"] = "auto"
    number_or_auto: int | Literal["auto"] = "auto"
    names: list[Annotated[str, Field(json_schema_extra=refers_to("column"))]] = []
    inner: Inner | None = None
    inners: list[Inner] = []
    free: dict[str, Any] = {}
    flag: bool = False
    anything: Any = None


@pytest.mark.parametrize(
    ("name", "kind", "limits"),
    [
        ("whole", "integer", "2 to 4,096"),
        ("share", "number", "above 0 and below 1"),
        ("positive", "number", "above 0"),
        ("word", "choice", ""),
        ("words", "choices", ""),
        ("number_or_auto", "integer", ""),
        ("names", "texts", ""),
        ("inner", "section", ""),
        ("inners", "sections", ""),
        ("free", "mapping", ""),
        ("flag", "flag", ""),
        ("anything", "any", ""),
    ],
)
def test_kind_and_limits_follow_from_the_type(name, kind, limits):
    shape = shape_of(Sample.model_fields[name])
    assert (shape.kind, shape.limits) == (kind, limits)


def test_words_that_stand_instead_of_a_list_and_names_of_columns():
    fields = Sample.model_fields
    assert shape_of(fields["words"]).words == ("auto",)
    assert shape_of(fields["words"]).choices == ("a", "b")
    assert shape_of(fields["names"]).refers == "column"
    assert shape_of(fields["positive"]).optional and not shape_of(fields["whole"]).optional
    assert shape_of(fields["whole"]).bounded and not shape_of(fields["positive"]).bounded


def test_steps_of_a_wide_slider_double_and_include_both_limits():
    assert doubling(2, 64) == [2, 4, 8, 16, 32, 64]
    assert doubling(100, 1000) == [100, 200, 400, 800, 1000]
