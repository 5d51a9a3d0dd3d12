"""AWS's own Role Manager activities, action by action: in one of our groups, or left out with a reason."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from pydantic import Field

from rolemgr.catalog.load import Catalog
from rolemgr.iam.base import Model
from rolemgr.iam.documents import Effect
from rolemgr.reference.services import expand

CATALOG = Catalog()
GROUPS = CATALOG.found("activity_groups")


class Activity(Model):
    """What an activity of AWS's grants today, by *source*, and where it is with us."""

    actions: tuple[str, ...] = Field(min_length=1)
    """As AWS writes them: a wildcard of AWS's stays one."""
    groups: tuple[str, ...]
    left_out: dict[str, str]
    """Action, or pattern of actions, to the reason why none of the *groups* has it."""
    remarks: tuple[str, ...] = ()
    source: tuple[str, ...] = Field(min_length=1)


@cache
def _table() -> dict[str, Any]:
    path = files("rolemgr.reference.data") / "role_manager_activities.json"
    table: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return table


ACTIVITIES = {name: Activity.model_validate(entry) for name, entry in _table()["activities"].items()}

OF_THE_MISSION = """
Access required AWS services; Run Studio applications; Manage ML jobs; Manage models; Manage endpoints;
Manage pipelines; Manage experiments; Search and visualize experiments; Manage model monitoring;
S3 full access; S3 bucket access; Query Athena workgroups; Manage AWS Glue tables; Canvas core access;
Canvas data preparation; Canvas AI services; Canvas MLOps; Canvas Kendra access; Use MLflow;
Manage MLflow tracking servers; Access required to AWS services for MLflow; Run Model Customization Jobs;
Run Studio EMR Serverless Applications
"""
"""The activities that AWS's console offers, in its words."""


def granted_by(activity: Activity) -> set[str]:
    """Return the actions that the Allow statements of the activity's groups name."""
    groups = (CATALOG.activity_group(name).value for name in activity.groups)
    statements = (statement for group in groups for statement in group.statements)
    return {action for one in statements if one.effect is Effect.ALLOW for action in one.actions}


def left_out(activity: Activity, action: str) -> Iterator[str]:
    """Yield the entries of `left_out` that speak of *action*."""
    yield from (pattern for pattern in activity.left_out if fnmatchcase(action.lower(), pattern.lower()))


@pytest.fixture(params=sorted(ACTIVITIES))
def name(request: pytest.FixtureRequest) -> str:
    """Return each activity's name in turn."""
    found: str = request.param
    return found


def test_every_activity_of_aws_is_mapped() -> None:
    """None is missing, and none is made up; one whose actions AWS does not publish is named with that reason."""
    apart = _table()["not_mapped"]
    assert {*ACTIVITIES, *apart} == {" ".join(one.split()) for one in OF_THE_MISSION.split(";")}
    assert not ACTIVITIES.keys() & apart.keys()
    assert all("AWS" in reason for reason in apart.values())


def test_every_action_exists(name: str) -> None:
    """Each is in the reference as it is spelt here, or is a wildcard that stands for something there."""
    activity = ACTIVITIES[name]
    exact = [action for action in activity.actions if "*" not in action]
    assert [action for action in exact if expand(action) != (action,)] == []
    assert all(expand(action) for action in (*activity.actions, *activity.left_out))


def test_every_action_is_granted_or_left_out_with_a_reason(name: str) -> None:
    """Nothing that AWS grants is forgotten."""
    activity = ACTIVITIES[name]
    granted = granted_by(activity)
    wanted = {action for pattern in activity.actions for action in expand(pattern)}
    assert sorted(action for action in wanted - granted if not any(left_out(activity, action))) == []
    assert all(reason.strip() for reason in activity.left_out.values())


def test_nothing_is_both_granted_and_left_out(name: str) -> None:
    """What stands as left out is not granted after all; a pattern leaves out at least something of AWS's."""
    activity = ACTIVITIES[name]
    granted = granted_by(activity)
    wanted = {action for pattern in activity.actions for action in expand(pattern)}
    assert [action for action in activity.left_out if action in granted] == []
    used = {entry for action in wanted - granted for entry in left_out(activity, action)}
    assert sorted(set(activity.left_out) - used) == []


def test_the_mapping_reads_the_same_from_both_ends(name: str) -> None:
    """The activity's groups are exactly those that name it as their counterpart."""
    naming = [group for group in GROUPS if name in CATALOG.activity_group(group).value.aws_activity]
    assert sorted(ACTIVITIES[name].groups) == sorted(naming)


def test_groups_name_only_activities_that_aws_has() -> None:
    """A misspelt counterpart would be nobody's."""
    named = {(group, one) for group in GROUPS for one in CATALOG.activity_group(group).value.aws_activity}
    assert sorted(pair for pair in named if pair[1] not in ACTIVITIES) == []
