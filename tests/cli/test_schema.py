"""The JSON Schemas: valid themselves, right about every file that ships, and of use to an editor."""

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.cli.schema import SCHEMAS
from rolemgr.files.yaml import read_yaml
from rolemgr.workflow.schema_texts import _texts
from rolemgr.workflow.schemas import schema_of

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


@pytest.mark.sampled(24)
@pytest.mark.parametrize(("name", "path"), SHIPPED, ids=lambda value: getattr(value, "stem", value))
def test_shipped_files_are_valid(name: str, path: Path, run: "Run") -> None:
    """An editor that uses the schema finds no fault with our own catalog."""
    errors = _printed(name, run).iter_errors(read_yaml(path).data)
    assert [error.message for error in errors] == []


_PRINTED: dict[str, Draft202012Validator] = {}


def _printed(name: str, run: "Run") -> Draft202012Validator:
    """Return what judges by the schema *name* as the command prints it, made once."""
    if name not in _PRINTED:
        _PRINTED[name] = Draft202012Validator(schema(run, name))
    return _PRINTED[name]


def test_every_file_that_names_a_schema_is_valid_by_it() -> None:
    """Guardrails, separations, layers, flows, examples ...: an editor underlines nothing in any of them."""
    wrong, seen = [], set()
    for path in sorted(TOP.glob("*/**/*.yaml")):
        named = re.search(r"schemas/([a-z-]+)\.schema\.json", path.read_text(encoding="utf-8").partition("\n")[0])
        if named and "tests" not in path.parts:
            seen.add(named[1])
            wrong += [
                f"{path.name}: {error.message}" for error in _validator(named[1]).iter_errors(read_yaml(path).data)
            ]
    assert wrong == []
    assert {"guardrail", "guardrail-profile", "separation", "layer-pattern", "role", "blueprint", "checks"} <= seen


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((TOP / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")))


def test_shipped_files_name_their_schema() -> None:
    """The first line tells the editor where the schema is, and there it is."""
    for name, path in SHIPPED:
        first = path.read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../schemas/{name}.schema.json", path
        assert (path.parent / f"../schemas/{name}.schema.json").is_file(), path


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


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_of_every_file_is_described(name: str, run: "Run") -> None:
    """An editor says what a key is where somebody writes it."""
    found = schema(run, name)
    Draft202012Validator.check_schema(found)
    fields = {
        f"{model}.{field}": value.get("description", "")
        for model, one in {name: found, **found.get("$defs", {})}.items()
        for field, value in one.get("properties", {}).items()
    }
    assert fields
    assert [field for field, text in fields.items() if len(text) < 5 or "\n" in text] == []


def test_no_text_is_left_over() -> None:
    """A field that goes takes its text with it."""
    schemas = [schema_of(name) for name in SCHEMAS]
    models = [one for found in schemas for one in (found, *found.get("$defs", {}).values())]
    names = {field for one in models for field in one.get("properties", {})}
    titled = {f"{one.get('title')}.{field}" for one in models for field in one.get("properties", {})}
    assert [one for one in _texts() if one not in titled and one.removeprefix("*.") not in names] == []


@pytest.mark.parametrize(
    ("name", "key", "kind"),
    [
        ("role", "persona", "personas"), ("role", "add", "activity_groups"), ("role", "guardrail_profile", "profiles"),
        ("persona", "activity_groups", "activity_groups"), ("persona", "extends", "personas"),
        ("persona", "guardrail_profile", "profiles"), ("guardrail-profile", "includes", "profiles"),
        ("activity-group", "never_with", "activity_groups"), ("tests", "persona", "personas"),
    ],
)  # fmt: skip
def test_keys_offer_the_names_of_the_catalog(name: str, key: str, kind: EntryKind, run: "Run") -> None:
    """With their titles; others, of one's own catalog, are allowed."""
    found = schema(run, name)
    text = json.dumps(found["properties"][key])
    definition = next(one for one in found["$defs"] if f'"#/$defs/{one}"' in text)
    offered = found["$defs"][definition]["anyOf"]
    assert [one["const"] for one in offered if "const" in one] == list(Catalog().found(kind))
    assert {"type": "string"} in offered


def test_guardrails_and_separations_are_offered_too(run: "Run") -> None:
    """As keys of a mapping, and among the entries of `never`."""
    assert set(schema(run, "role")["properties"]["guardrail"]["properties"]) == set(Catalog().found("guardrails"))
    profile = schema(run, "guardrail-profile")["properties"]["guardrails"]["properties"]
    assert set(profile) == set(Catalog().found("guardrails"))
    never = schema(run, "persona")["properties"]["never"]["items"]["anyOf"]
    assert {one["const"] for one in never if "const" in one} == set(Catalog().found("separations"))


def test_the_check_config_is_checked(run: "Run") -> None:
    """What `rolemgr-check.yaml` may hold: an entry without a reason is underlined."""
    validator = Draft202012Validator(schema(run, "check-config"))
    good = {"types": [{"path": "org/*", "type": "scp"}], "suppress": [{"rule": "RM607", "reason": "SEC-1"}]}
    assert validator.is_valid(good)
    assert not validator.is_valid({"suppress": [{"rule": "RM607"}]})
    assert not validator.is_valid({"types": [{"path": "x", "type": "spc"}]})


def test_names_of_ones_own_catalog_are_offered(small_catalog: Path, run: "Run") -> None:
    """Those of --catalog, or of the settings; without either the built-in ones alone."""
    assert "tester" not in run("schema", "role").stdout
    named = run("schema", "role", "--catalog", "catalog").stdout
    offered = json.loads(named)["$defs"]["PersonaName"]["anyOf"]
    assert {"const": "tester", "description": "Tester"} in offered
    assert {"const": "data-scientist", "description": "Data scientist"} in offered
    assert "read-files" in run("schema", "persona", "--catalog", "catalog").stdout
    Path("rolemgr.yaml").write_text("catalog: [catalog]\n", "utf-8")
    assert run("schema", "role").stdout == named
    assert run("schema", "role", "--catalog", "nothing").code == 2
