"""Models and files: what every message can count on."""

from collections.abc import Iterator
from typing import Any

import pytest

from rolemgr.errors import InputError, Problems, SourceLocation, UnknownNameError
from rolemgr.iam.base import Model
from rolemgr.model.catalog import FORMS, ActivityGroup, Persona
from rolemgr.model.spec import RoleSpec


def patterns(schema: Any) -> Iterator[str]:
    """Yield every regular expression in a JSON Schema."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from patterns(value)


@pytest.mark.parametrize("model", [ActivityGroup, Persona, RoleSpec])
def test_every_pattern_has_words(model: type[Model]) -> None:
    """No message shows a regular expression: each form of a name can be said in words."""
    assert set(patterns(model.model_json_schema())) <= FORMS.keys()


def test_a_message_is_one_printable_line() -> None:
    """Newlines and terminal escapes that a user wrote are shown, not obeyed."""
    error = UnknownNameError(SourceLocation("a\nb.yaml", 3), "persona", "x\x1b[31m\r\ny", ["z"], otherwise="see docs")
    assert str(error) == r"a\nb.yaml:3: unknown persona `x\x1b[31m\r\ny`; see docs"


def test_the_nearest_names_are_offered() -> None:
    """At most three, nearest first; without a near one, the way to the list of all."""
    error = UnknownNameError(None, "action", "GetObjct", ["GetObject", "GetObjectAcl", "PutObject", "ListBucket"])
    assert str(error).startswith("unknown action `GetObjct`; did you mean GetObject, ")


def test_several_problems_stand_in_the_order_of_the_file() -> None:
    """One line each, sorted by file and line."""
    places = [("b.yaml", 1), ("a.yaml", 10), ("a.yaml", 9)]
    problems = Problems([InputError(SourceLocation(file, line), "x") for file, line in places])
    assert str(problems).splitlines() == ["a.yaml:9: x", "a.yaml:10: x", "b.yaml:1: x"]
