"""Input validation: wrong values are refused in one sentence."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from denoise_demo.common import brief, finite, from_json, lookup, noise_seed, parse
from denoise_demo.common.checks import SEED_MAXIMUM


class Dot(BaseModel):
    """A dot with a size and a place."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: Literal["dot"] = "dot"
    size: float = Field(ge=0, allow_inf_nan=False)
    place: tuple[int, int] = (0, 0)

    @field_validator("place")
    @classmethod
    def _inside(cls, place: tuple[int, int]) -> tuple[int, int]:
        if max(place) > 9:
            raise ValueError("the dot is outside the picture: give places up to 9")
        return place


class Line(BaseModel):
    """A line with a length."""

    kind: Literal["line"]
    length: float


SHAPE: TypeAdapter[Dot | Line] = TypeAdapter(Annotated[Dot | Line, Field(discriminator="kind")])


def test_values_become_the_model():
    assert parse(Dot, {"size": 2}, "the dot") == Dot(size=2)
    assert parse(Dot, Dot(size=2), "the dot") == Dot(size=2)
    assert parse(SHAPE, {"kind": "line", "length": 1}, "the shape") == Line(kind="line", length=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("dot", "the dot is 'dot': give an object"),
        ({}, "size of the dot is missing: give kind, size, place"),
        ({"size": 1, "z": 2}, "z of the dot is unknown: give kind, size, place only"),
        ({"size": "1"}, "size of the dot is '1': it should be a valid number"),
        ({"size": True}, "size of the dot is True: it should be a valid number"),
        ({"size": -1}, "size of the dot is -1: it should be greater than or equal to 0"),
        ({"size": float("nan")}, "size of the dot is nan: it should be a finite number"),
        ({"size": 1, "place": (1, "x")}, "place.1 of the dot is 'x': it should be a valid integer"),
        ({"size": 1, "place": (1, 12)}, "the dot is outside the picture: give places up to 9"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_give(values, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse(Dot, values, "the dot")

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "star"}, "kind of the shape is star: give 'dot', 'line'"),
        ({}, "kind of the shape is missing"),
        ({"kind": "dot", "size": "1"}, "dot.size of the shape is '1': it should be a valid number"),
    ],
)
def test_a_wrong_union_kind_is_answered_with_the_known_kinds(values, message):
    with pytest.raises(ValueError, match=message):
        parse(SHAPE, values, "the shape")


def test_a_long_value_is_truncated():
    assert len(brief("x" * 1000)) == 60
    assert brief(10**10_000) == "a number with thousands of digits"


@pytest.mark.parametrize("text", [None, 7, "", "{", "[" * 100_000, "9" * 5_000])
def test_what_is_no_json_is_named_with_what_to_give(text):
    with pytest.raises(ValueError, match=r"^the place is .{1,60}: give a JSON text$"):
        from_json(text, "the place")


@pytest.mark.parametrize("value", [True, "1", None, float("inf"), float("nan"), 10**400])
def test_only_finite_numbers_are_accepted(value):
    with pytest.raises(ValueError, match="give a finite number"):
        finite(value, "level")


@pytest.mark.parametrize("value", [-1, SEED_MAXIMUM + 1, 1.0, True, "1"])
def test_only_a_whole_number_in_range_is_a_seed(value):
    with pytest.raises(ValueError, match="seed"):
        noise_seed(value)


def test_an_unknown_key_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown noise 'x'; choose one of: a, b"):
        lookup({"a": 1, "b": 2}, "x", "noise")
