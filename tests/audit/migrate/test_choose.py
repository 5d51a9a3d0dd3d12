"""What a role may not be, said by the groups that are why."""

from dataclasses import replace
from typing import Any

from tests.audit.migrate.support import ACCOUNT, catalog

from rolemgr.audit.migrate.choose import Ban, GroupChoice, composed
from rolemgr.audit.migrate.cover import Cover
from rolemgr.catalog.personas import resolve_persona

REMOVED = (
    "author-data-pipelines", "run-glue-jobs", "run-glue-sessions", "run-processing-jobs", "read-data",
    "manage-feature-groups", "read-feature-store-offline", "read-lake-data", "run-emr-serverless",
)  # fmt: skip


def choice(persona: str, *added: str, removed: tuple[str, ...] = ()) -> GroupChoice:
    """Return a choice of groups beside *persona*."""
    data: dict[str, Any] = {"name": "new", "account": ACCOUNT, "region": "us-east-1", "persona": persona}
    data |= {"add": list(added), "remove": list(removed)}
    return GroupChoice(resolve_persona(catalog(), persona), Cover(added, 1), (), added, removed, {}, data)


def test_a_role_reached_through_one_that_works_for_the_caller_is_blamed_on_who_starts_that() -> None:
    """Where no group passes or assumes a role, those by whose work the forbidden one is reached in the end are why."""
    found = composed(catalog(), choice("data-engineer", "create-projects", removed=REMOVED))
    assert isinstance(found, list)
    assert {one.group for one in found} == {"create-projects"}
    assert all(isinstance(one, Ban) and one.through and not one.is_direct for one in found)


def test_what_no_group_is_why_for_is_the_problem_of_the_choice(monkeypatch: Any) -> None:
    """A persona whose role breaks its promise by no group that is known has no role, and the promise is named."""
    monkeypatch.setattr("rolemgr.audit.migrate.choose._bans", lambda *_: [])
    given = choice("data-engineer", "create-projects", removed=REMOVED)
    found = composed(catalog(), given)
    assert isinstance(found, GroupChoice)
    assert found == replace(given, problem=found.problem)
    assert "data-engineer must never be able to do" in found.problem
