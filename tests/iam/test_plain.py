"""Plain models: pydantic reads them as it would its own, and what is made by name is taken as it is."""

import copy
import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ValidationError

from rolemgr.iam.marks import after, before, not_empty, text
from rolemgr.iam.plain import Noted, called


def _positive(value: int) -> int:
    if value < 0:
        raise ValueError("is below 0")
    return value


class Inner(Noted):
    """One within another."""

    __pydantic_config__ = called(from_="from")

    from_: Annotated[str, text(min_length=1, strip_whitespace=True)]
    count: Annotated[int, after(_positive)] = 1


class Outer(Noted):
    """One that has others."""

    inner: Annotated[
        tuple[Inner, ...], not_empty(), before(lambda value: value if isinstance(value, list) else [value])
    ]
    by_name: dict[str, Inner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.inner) > 2:
            raise ValueError("has more than two")


READ = Outer.model_validate({"inner": {"from": " x "}, "by_name": {"a": {"from": "y", "count": 1}}})


def test_it_is_read_as_its_marks_say() -> None:
    """Prepared, stripped, filled in; in models of pydantic's own as well."""

    class Whole(BaseModel):
        outer: Outer

    assert Outer(inner=(Inner(from_="x"),), by_name={"a": Inner(from_="y")}) == READ
    assert Whole.model_validate({"outer": {"inner": {"from": "x"}, "by_name": READ.by_name}}).outer == READ
    assert Outer.model_validate(READ) is READ
    assert Outer.model_validate_json('{"inner": [{"from": "x"}], "by_name": {"a": {"from": "y"}}}') == READ


@pytest.mark.parametrize(
    ("data", "kind", "place"),
    [
        ({}, "missing", ("inner",)),
        ({"inner": []}, "too_short", ("inner",)),
        ({"inner": {"from": "x"}, "more": 1}, "unexpected_keyword_argument", ("more",)),
        ({"inner": {"from_": "x"}}, "missing", ("inner", 0, "from")),
        ({"inner": {"from": "x", "count": -1}}, "value_error", ("inner", 0, "count")),
        ({"inner": [{"from": "x"}] * 3}, "value_error", ()),
        (3, "dataclass_type", ()),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(data: Any, kind: str, place: tuple[str | int, ...]) -> None:
    """Each by pydantic, with where it stands."""
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate(data)
    first = refused.value.errors()[0]
    assert (first["type"], first["loc"]) == (kind, place)


def test_what_was_given_is_known_and_what_was_not_is_left_out() -> None:
    """Of each value within it, too, and by the names of the file where these are asked for."""
    assert READ.model_fields_set == {"inner", "by_name"}
    assert READ.inner[0].model_fields_set == {"from_"}
    assert READ.by_name["a"].model_fields_set == {"from_", "count"}
    shown = READ.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert shown == {"inner": [{"from": "x"}], "by_name": {"a": {"from": "y", "count": 1}}}
    assert Inner(from_="x").model_fields_set == {"from_"}
    assert READ.inner[0].model_copy(update={"count": 1}).model_fields_set == {"from_", "count"}


def test_it_is_frozen_and_equal_by_its_fields() -> None:
    """Whatever way it was made, copied or sent to another process."""
    one = READ.inner[0]
    for made in (Inner(from_="x"), copy.copy(one), pickle.loads(pickle.dumps(one)), replace(one, from_="x")):  # noqa: S301
        assert made == one
        assert hash(made) == hash(one)
    assert replace(one, count=2) != one
    assert repr(one) == "Inner(from_='x', count=1)"
    with pytest.raises(FrozenInstanceError):
        one.count = 2  # type: ignore[misc]  # that is the point
    with pytest.raises(FrozenInstanceError):
        del one.count


def test_no_field_is_forgotten_and_none_invented() -> None:
    """Made by name, made of what was read, or copied."""
    with pytest.raises(TypeError, match="`from_` is missing"):
        Inner(count=2)  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="`from_` is missing"):
        Inner.model_construct(count=2)
    with pytest.raises(TypeError, match="Inner has no field form"):
        Inner.model_construct(from_="x", form="y")
    with pytest.raises(TypeError, match="Inner has no field form"):
        READ.inner[0].model_copy(update={"form": "y"})
    with pytest.raises(ValueError, match="more than two"):
        Outer(inner=(Inner(from_="x"),) * 3)
