"""The text of a role is made once, last, and says what the model says."""

import json
from difflib import unified_diff
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.test_own_roles import CATALOG
from tests.support import role_spec
from tests.test_architecture import loaded_by

from rolemgr.compose.role import compose
from rolemgr.errors import RenderError
from rolemgr.files.write import to_json
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.render.documents import render
from rolemgr.render.text import require_same, role_json


def properties(**choices: Any) -> dict[str, Any]:
    """Return the properties of the role of *choices*."""
    return dict(render(compose(CATALOG, role_spec(**choices))).to_properties())


@pytest.mark.parametrize("persona", [*CATALOG.found("personas")])
def test_the_text_is_that_of_the_properties(persona: str) -> None:
    """Byte for byte, and each policy in it is one that IAM would accept."""
    made = properties(persona=persona)
    text = role_json(made)
    assert text == to_json(made)
    read = json.loads(text)
    TrustPolicy.model_validate(read["AssumeRolePolicyDocument"])
    for policy in (*read["Policies"], *read.get("ManagedPolicies", ())):
        IdentityPolicy.model_validate(policy["PolicyDocument"])


def test_values_that_a_text_would_escape_stay_what_they_are() -> None:
    """Quotation marks, braces of templates, line breaks and non-ASCII."""
    for value in ('"', "'", "{{ x }}", "{% raw %}", '"}],"Effect":"Allow"', "\n", "\u2028", "</b>", "é", "${aws:x}"):
        made: dict[str, Any] = {"RoleName": value, value: [{"a": value}], "Tags": []}
        assert role_json(made) == to_json(made)


@pytest.mark.parametrize("text", ["{", '{"RoleName": "other"}', '{"RoleName": "a", "RoleName": "a"}', "[]"])
def test_text_that_says_something_else_is_never_shown(text: str) -> None:
    """A template that loses, changes or doubles a value is caught when its text is read back."""
    with pytest.raises(RenderError):
        require_same(text, {"RoleName": "a"})


def test_a_decision_on_a_role_loads_no_templates() -> None:
    """What nobody sees is not written."""
    assert "jinja2" not in loaded_by("simulate", "--persona", "data-scientist", "--action", "s3:GetObject")
    assert "jinja2" not in loaded_by("create", "--persona", "data-scientist", "--format", "cloudformation")


def lines(**choices: Any) -> list[str]:
    """Return the lines of the role of a data scientist."""
    return role_json(properties(persona="data-scientist", **choices)).splitlines()


def changed(before: list[str], after: list[str]) -> int:
    """Return how many lines a diff shows."""
    return sum(line[0] in "+-" and line[:3] not in ("+++", "---") for line in unified_diff(before, after, lineterm=""))


def test_a_change_changes_its_own_lines() -> None:
    """A second bucket, a tighter limit, a new group: what a reviewer sees is what was changed."""
    one = lines(bucket=["acme-one"])
    assert 0 < changed(one, lines(bucket=["acme-one", "acme-two"])) <= 30
    assert 0 < changed(lines(), lines(guardrail={"max-runtime": "12h"})) <= 16


@pytest.mark.parametrize(
    "group", ["invoke-endpoints", "read-dashboards", "search-experiments", "trace-lineage", "use-jumpstart"]
)
def test_a_new_group_changes_twice_its_own_lines_at_most(group: str) -> None:
    """Its actions and resources come in, and nothing else moves."""
    catalog_lines = sum(
        len(one.actions) + len(one.resources) + 6 for one in CATALOG.activity_group(group).value.statements
    )
    assert 0 < changed(lines(), lines(add=[group])) <= 2 * catalog_lines


def test_a_list_of_one_stands_on_one_line() -> None:
    """So does an object of one value; longer ones have a line for each."""
    assert to_json({"a": ["x"], "b": {"c": "d"}, "e": ["f", "g"], "h": ['"],\n["']}).splitlines() == [
        "{", '  "a": ["x"],', '  "b": {"c": "d"},', '  "e": [', '    "f",', '    "g"', "  ],",
        '  "h": ["\\"],\\n[\\""]', "}",
    ]  # fmt: skip


@given(
    st.recursive(
        st.text() | st.none() | st.integers() | st.booleans(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_the_layout_changes_no_value(data: Any) -> None:
    """Whatever the texts hold."""
    assert json.loads(to_json(data)) == data
