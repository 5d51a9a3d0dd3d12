"""The short way to a role's choices: what it takes it takes as pydantic does, and all else is left to that."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.errors import RolemgrError
from rolemgr.files.source import SourceFile
from rolemgr.model import spec
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec, read_spec

TEXTS: dict[str, list[Any]] = {
    "persona": ["data-scientist", " padded ", "", "two words", "\u00a0", "a\n", "\ud800"],
    "name": ["churn", "a" * 64, "a" * 65, "ö", "", "a\n", " a"],
    "account": ["123456789012", "12345678901", "١٢٣٤٥٦٧٨٩٠١٢", "123456789012\n", " 123456789012", 123456789012, True],
    "region": ["eu-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1", "Frankfurt", "eu-west-1\n"],
    "bucket": ["acme"],
    "partition": ["aws-cn"],
    "nonsense": ["x"],
}


def outcome(source: SourceFile, read: Any) -> Any:
    """Return what *read* makes of *source*: the choices and which of them were given, or what is wrong."""
    try:
        found = read(source).value
    except RolemgrError as error:
        return str(error)
    return (found, found.model_fields_set)


OPTIONAL: dict[str, st.SearchStrategy[Any]] = {key: st.sampled_from((*values, None)) for key, values in TEXTS.items()}
CHOICES = st.fixed_dictionaries({}, optional=OPTIONAL)


@given(CHOICES)
def test_it_reads_what_pydantic_reads(choices: dict[str, Any]) -> None:
    """Whatever is chosen: the same choices, or the same words on what is wrong."""
    source = SourceFile("role.yaml", choices, {(key,): line for line, key in enumerate(choices, 1)})
    assert outcome(source, read_spec) == outcome(source, lambda one: parse_model(one, RoleSpec))


@pytest.mark.parametrize("data", [None, [], "persona", 3, {"persona": ["x"]}, {1: 2, "persona": "x"}])
def test_what_is_no_mapping_of_texts_is_left_to_pydantic(data: Any) -> None:
    """It is refused there, in the same words."""
    source = SourceFile("role.yaml", data, {})
    assert outcome(source, read_spec) == outcome(source, lambda one: parse_model(one, RoleSpec))
    assert isinstance(outcome(source, read_spec), str)


def test_a_role_in_its_place_goes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What most command lines have: the persona, its name, account and region."""
    monkeypatch.setattr(spec, "parse_model", lambda *_: pytest.fail("pydantic was asked"))
    data = {"persona": "data-scientist", "name": "churn", "account": "123456789012", "region": "eu-west-1"}
    assert read_spec(SourceFile("command line", data, {})).value.arn == "arn:aws:iam::123456789012:role/churn"
