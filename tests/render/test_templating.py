"""Templates give shape and never trust: no value can change the structure of a document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader
from jinja2.exceptions import SecurityError

from rolemgr.errors import RenderError, SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.render.statements import permissions_policy
from rolemgr.render.templating import environment
from rolemgr.render.text import role_json

NASTY = st.one_of(
    st.text(min_size=1),
    st.sampled_from(['"', "'", "{{ x }}", "{% raw %}", '"}],"Effect":"Allow"', "\n", "\u2028", "</b>", "${aws:x}"]),
)
ORIGIN = Origin(SourceLocation("activity_groups/x.yaml", 1), "x", "X")


@given(sid=NASTY, action=NASTY, resource=NASTY, operator=NASTY, key=NASTY, value=NASTY)
def test_any_value_comes_back_as_it_went_in(
    sid: str, action: str, resource: str, operator: str, key: str, value: str
) -> None:
    """Whatever text stands in a statement, the document and its text hold that text and no other statement."""
    conditions = ((operator, ((key, (value, action)),)),)
    statement = ComposedStatement(sid, Effect.DENY, (action,), (resource,), conditions, (ORIGIN,))
    document = permissions_policy((statement,))
    assert document.to_json_value() == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Deny", "Action": [action], "Resource": [resource],
             "Condition": {operator: {key: [value, action]}}}
        ],
    }  # fmt: skip
    assert json.loads(document.to_json()) == document.to_json_value()
    assert json.loads(role_json({"Document": document.to_json_value()})) == {"Document": document.to_json_value()}


@pytest.mark.parametrize(
    ("template", "values", "problem"),
    [
        ("{{ name }}", {"name": "x"}, "without the json filter"),
        ("{{ name | json }}", {}, "missing: `name`"),
        ("{{ [name] | json }}", {}, "missing or not JSON: `name`"),
        ("{{ name | json }}", {"name": float("nan")}, "not JSON"),
        ("{{ name | json }}", {"name": object()}, "not JSON"),
        ("{{ name | indent(2) }}", {"name": "a\nb"}, "did not make"),
    ],
)
def test_a_value_without_a_json_form_is_refused(template: str, values: dict[str, Any], problem: str) -> None:
    """A template can neither print raw text nor a value that is missing."""
    with pytest.raises(RenderError, match=problem):
        environment(DictLoader({"t": template})).get_template("t").render(**values)


@pytest.mark.parametrize(
    "template",
    [
        "{{ '{0.__class__}'.format(names) | json }}",
        "{{ names.__class__.__name__ | json }}",
        "{{ names.append(1) | json }}",
    ],
)
def test_our_own_templates_are_sandboxed(template: str) -> None:
    """A template of ours that reaches for Python, or changes what it is given, is stopped."""
    with pytest.raises(SecurityError):
        environment(DictLoader({"t": template})).get_template("t").render(names=["a"])


@pytest.mark.parametrize("template", ["{{ ''.__class__.__mro__ | json }}", "{{ values.clear() | json }}"])
def test_a_template_can_reach_nothing_but_its_values(template: str) -> None:
    """The environment is sandboxed: no Python internals, and values can't be changed."""
    from jinja2.exceptions import SecurityError, UndefinedError

    with pytest.raises((SecurityError, UndefinedError, RenderError)):
        environment(DictLoader({"t": template})).get_template("t").render(values={"a": 1})
