"""What stands in another policy and says the same: told, and beside it nothing else of a role's text changes."""

import json
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import pytest
from tests.change.cases import MOVES
from tests.support import rendered, write

from rolemgr.catalog.load import Catalog
from rolemgr.change.moves import moves, placed
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from tests.conftest import Run

CATALOG = Catalog()


@pytest.mark.parametrize(("old", "new", "found"), MOVES)
def test_a_statement_is_known_by_its_sid(old: Any, new: Any, found: list[tuple[str, str, str, bool]]) -> None:
    """A role of another name has the same policies; what is changed as well is not the same."""
    assert [*map(tuple, moves(placed(old), placed(new)))] == found


@pytest.mark.parametrize("odd", [None, [], "x", {"Policies": "x"}, {"Policies": [{"PolicyDocument": {"Statement": [1]}}]},
                                 {"Policies": [{"PolicyDocument": {"Statement": {"Sid": 1}}}]}])  # fmt: skip
def test_what_is_no_role_has_no_places(odd: Any) -> None:
    """It is said elsewhere that it can't be read."""
    assert placed(odd) == {}


def _changed(before: list[str], after: list[str]) -> int:
    """Return how many lines a diff shows, as git counts them."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return len(before) + len(after) - 2 * sum(one.size for one in blocks)


@pytest.mark.parametrize(
    ("persona", "group"),
    [("data-scientist", "manage-glue-tables"), ("ml-engineer", "emit-telemetry"), ("ml-engineer", "write-models"),
     ("junior-ml-engineer", "manage-alarms")],
)  # fmt: skip
def test_beside_what_moves_a_group_that_crosses_a_quota_changes_its_own_lines(persona: str, group: str) -> None:
    """A whole statement goes from one policy to the other, and nothing is in another order."""
    before, after = rendered(persona=persona), rendered(persona=persona, add=[group])
    was, now = (to_json(one.documents.to_properties()).splitlines() for one in (before, after))
    moved = moves(*(placed(one.documents.to_properties()) for one in (before, after)))
    assert moved
    of_moved = sum(len(to_json(_statement(after, one.statement)).splitlines()) for one in moved)
    own = sum(len(one.actions) + len(one.resources) + 6 for one in CATALOG.activity_group(group).value.statements)
    assert _changed(was, now) <= 2 * own + 2 * of_moved + 12  # and the head of a new policy


def _statement(role: Any, sid: str) -> Any:
    documents = [policy.document for policy in (*role.documents.policies, *role.documents.managed_policies)]
    return next(one.to_json_value() for document in documents for one in document.statements() if one.sid == sid)


def test_diff_says_which_lines_are_nothing_new(run: "Run") -> None:
    """In text, on pages and as data, for role files and for what `create` wrote."""
    names = [write(f"{name}.yaml", f"persona: data-scientist\nname: churn\naccount: '111122223333'\n{more}")
             for name, more in (("a", ""), ("b", "add: [manage-glue-tables]\n"))]  # fmt: skip
    line = "moved from inline policy churn to managed policy churn-sagemaker, same permissions: MLflowWork"
    assert f"  = {line}\n" in run("diff", *names).stdout
    assert line in run("diff", *names, "--format", "markdown").stdout
    (row,) = json.loads(run("diff", *names, "--format", "json").stdout)["moved"]
    assert row == {
        "statement": "MLflowWork",
        "a": "inline policy churn",
        "b": "managed policy churn-sagemaker",
        "same": True,
    }
    made = [write(f"{name}.json", run("create", "--role", name).stdout) for name in names]
    assert f"  = {line}\n" in run("diff", *made).stdout
    assert "moved" not in json.loads(run("diff", names[0], names[0], "--format", "json").stdout)
