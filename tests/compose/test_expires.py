"""A role that ends: from the moment on it is denied everything, whatever else allows it; before it, nothing changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Request, context_of
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.witness import witnesses
from rolemgr.reference.services import services

CATALOG = Catalog()
END = "2026-12-24T18:00:00Z"
ENDING = rendered(CATALOG, persona="data-scientist", expires=END)
LASTING = rendered(CATALOG, persona="data-scientist")
BEFORE, AFTER = ("2026-12-24T17:59:59Z", "2000-01-01T00:00:00Z"), (END, "2026-12-24T18:00:01Z", "2099-01-01T00:00:00Z")


def decision(role: object, request: Request, moment: str) -> str:
    """Return what *role* gets at *moment*."""
    context = context_of({**{key: list(found) for key, found in request.context.items()}, "aws:CurrentTime": moment})
    asked = Request(request.action, request.resource, context)
    return evaluate(asked, role.policies()).decision  # type: ignore[attr-defined]


def test_the_moment_divides_all_that_is_allowed() -> None:
    """Each request that shows a grant is decided before the end as without one, and denied from it on."""
    asked = 0
    for statement in LASTING.role.statements:
        for action in statement.actions if statement.effect == "Allow" else ():
            for request in witnesses(statement, action, "*"):
                asked += 1
                for moment in BEFORE:
                    assert decision(ENDING, request, moment) == decision(LASTING, request, moment)
                assert {decision(ENDING, request, moment) for moment in AFTER} == {"ExplicitlyDenied"}
    assert asked > 100


@given(service=st.sampled_from(services()), name=st.from_regex(r"[A-Z][A-Za-z]{2,20}", fullmatch=True))
def test_after_the_end_every_action_is_denied(service: str, name: str) -> None:
    """Also what AWS has not made yet, and what a policy attached later would allow."""
    assert decision(ENDING, Request(f"{service}:{name}", "*"), AFTER[0]) == "ExplicitlyDenied"


def test_the_deny_stays_inline_and_says_where_it_comes_from() -> None:
    """A lost attachment never lengthens the role."""
    inline = ENDING.documents.policies[0].document.statement
    assert [one.sid for one in inline if one.action == ("*",)] == ["Expired"]
    (statement,) = [one for one in ENDING.role.statements if one.sid == "Expired"]
    assert statement.origins[0].kind == "end of the role"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-24T18:00Z", END),
        ("2026-12-24T19:00+01:00", END),
        ("2026-12-24 18:00:00+00:00", END),
    ],
)
def test_a_moment_is_written_as_iam_compares_it(text: str, moment: str) -> None:
    """In UTC; YAML's own timestamps are text as all else is."""
    source = parse_yaml(f"persona: data-scientist\nexpires: {text}\n", "role.yaml")
    assert parse_model(source, RoleSpec).value.expires == moment


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-12-24T18:00", "has no time zone"),
        ("2026-12-24", "has no time zone"),
        ("soon", "is not a point in time: write it as 2026-12-24T18:00Z"),
        ("0001-01-01T00:00+14:00", "is not a point in time"),
        ("9999-12-31T23:59-14:00", "is not a point in time"),
        ("", "is not a point in time"),
    ],
)
def test_what_is_no_moment_is_refused_with_its_line(text: str, says: str) -> None:
    """A moment without a time zone would be another one elsewhere."""
    source = parse_yaml(f"persona: data-scientist\nexpires: '{text}'\n", "role.yaml")
    with pytest.raises(RolemgrError) as error:
        parse_model(source, RoleSpec)
    assert str(error.value).startswith("role.yaml:2: ")
    assert says in str(error.value)
