"""The text of a role is made once, last, and says what the model says."""

import json
from typing import Any

import pytest
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
