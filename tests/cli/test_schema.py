"""The JSON Schemas: valid themselves, right about every file that ships, and of use to an editor."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
FOLDERS = {"persona": "personas", "activity-group": "activity_groups"}
SHIPPED = [(name, path) for name, folder in FOLDERS.items() for path in sorted((TOP / folder).glob("*.yaml"))]


def schema(run: "Run", name: str) -> Any:
    """Return the schema *name* as the command prints it."""
    return json.loads(run("schema", name).stdout)


@pytest.mark.parametrize("name", [*FOLDERS, "role"])
def test_a_schema_is_a_schema(name: str, run: "Run") -> None:
    """It is valid by its own draft, describes each field, and knows no others."""
    found = schema(run, name)
    Draft202012Validator.check_schema(found)
    assert found["additionalProperties"] is False


@pytest.mark.parametrize(("name", "path"), SHIPPED, ids=lambda value: getattr(value, "stem", value))
def test_shipped_files_are_valid(name: str, path: Path, run: "Run") -> None:
    """An editor that uses the schema finds no fault with our own catalog."""
    errors = Draft202012Validator(schema(run, name)).iter_errors(read_yaml(path).data)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(("name", "path"), SHIPPED, ids=lambda value: getattr(value, "stem", value))
def test_shipped_files_name_their_schema(name: str, path: Path) -> None:
    """The first line tells the editor where the schema is, and there it is."""
    first = path.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../schemas/{name}.schema.json"
    assert (path.parent / f"../schemas/{name}.schema.json").is_file()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("persona", {"title": "x", "description": "x", "activity_groups": "a"}),
        ("persona", {"title": "x", "description": "x", "activity_groups": ["a"], "never": ["s3:*", {"action": "x:y"}]}),
        ("role", {"persona": "x", "account": 111122223333, "tag": {"a": 1}, "bucket": "b"}),
        ("role", {"persona": "x", "trust": "sagemaker?source=arn", "max_session": "2h"}),
        ("role", {"persona": "x", "trust": [{"kind": "sagemaker"}], "max_session": 3600}),
        ("role", {"persona": "x", "trust": ["sagemaker"], "parameter": {"a": "b", "c": ["d"]}}),
    ],
)
def test_short_spellings_are_valid(name: str, data: Any, run: "Run") -> None:
    """What the reader accepts, the editor does not underline."""
    assert [error.message for error in Draft202012Validator(schema(run, name)).iter_errors(data)] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("persona", {"title": "x"}),
        ("persona", {"title": "x", "description": "x", "activity_groups": ["a"], "nevre": []}),
        ("activity-group", {"title": "x", "description": "x", "statements": []}),
        ("activity-group", {"title": "x", "description": "x", "statements": [{"sid": "a b", "actions": "s3:a"}]}),
        ("role", {"persona": "x", "partition": "aws-x"}),
        ("role", {"persona": "x", "accont": "1"}),
    ],
)  # fmt: skip
def test_mistakes_are_found(name: str, data: Any, run: "Run") -> None:
    """Unknown keys, missing ones, empty lists and wrong forms show in the editor already."""
    assert not Draft202012Validator(schema(run, name)).is_valid(data)
