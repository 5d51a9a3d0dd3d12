"""All data, the record, and what the caller chooses itself: RM612, RM613, RM701, RM706, RM711, RM712, RM906."""

import json
from typing import Any

import pytest
from tests.check.support import policy, rules

from rolemgr.reference.reach import data, reach, records
from rolemgr.reference.services import find_action


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """Return an Allow."""
    return {"Effect": "Allow", "Action": action, "Resource": resource} | (condition and {"Condition": condition})


@pytest.mark.parametrize(("kinds", "rule"), [(data(), "RM612"), (records(), "RM613")], ids=["data", "records"])
def test_every_action_of_the_tables_is_found_on_a_star(kinds: Any, rule: str) -> None:
    """Each is spelt as in the reference, takes the type that is said, and is a finding by itself."""
    for kind in kinds.values():
        assert {name.partition(":")[0] for name in kind.actions} == {kind.service}
        for name in kind.actions:
            action = find_action(name)
            assert action is not None
            assert action.name == name
            assert rule in rules(policy(allow(name))), name
    for kind in reach().values():
        for name, one in kind.typed:
            assert one in {use.name for use in find_action(name).resource_types}, name  # type: ignore[union-attr]


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:*:s3:::?*/*", "arn:aws:s3:*:*:*"])
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:Put*", "S3:deleteobject"])
def test_every_object_in_every_spelling(resource: str, action: str) -> None:
    """A bucket or a prefix is a name, and a tag says on what; how the call is signed does not."""
    assert "RM612" in rules(policy(allow(action, resource)))
    assert "RM612" in rules(policy(allow(action, resource, Bool={"aws:SecureTransport": "true"})))
    for named in ("arn:aws:s3:::acme/*", "arn:aws:s3:::acme-*/*", "arn:aws:s3:::*/public/*"):
        assert "RM612" not in rules(policy(allow(action, named)))
    assert "RM612" in rules(policy(allow(action, resource, StringEquals={"s3:authType": "REST-HEADER"})))
    tagged = {"s3:ExistingObjectTag/Project": "churn"}
    assert "RM612" not in rules(policy(allow(action, resource, StringEquals=tagged)))


def test_an_administrator_has_one_finding() -> None:
    """What `*` on `*` reaches needs no list."""
    assert rules(policy(allow("*"))) == {"RM601"}


ASSUMED: list[dict[str, Any]] = [
    {"StringEquals": {"sts:ExternalId": "x"}},
    {"StringEquals": {"sts:RoleSessionName": "ci"}},
    {"StringLike": {"STS:rolesessionname": "${aws:username}"}},
    {"NumericLessThan": {"sts:DurationSeconds": "43201"}},
    {"StringEquals": {"sts:SourceIdentity": "x"}},
    {"Null": {"sts:ExternalId": "false"}},
    {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
    {"StringEquals": {"aws:RequestTag/team": "ml"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
]


@pytest.mark.parametrize("condition", ASSUMED, ids=json.dumps)
def test_what_the_caller_writes_does_not_limit_whom_it_becomes(condition: dict[str, Any]) -> None:
    """It may write what is asked for; a tag of the role, or who asks, is another matter."""
    assert "RM706" in rules(policy(allow("sts:AssumeRole", "*", **condition)))
    assert "RM706" in rules(policy(allow("sts:*", "arn:aws:iam::111122223333:role/*", **condition)))
    limited = {**condition, "StringLike": {"aws:ResourceTag/team": "ml"}}
    assert "RM706" not in rules(policy(allow("sts:AssumeRole", "*", **limited)))


def test_any_boundary_is_no_boundary() -> None:
    """`Null: false` is content with whatever boundary a role has, as `*` is; a named one limits."""
    for action in ("iam:AttachRolePolicy", "iam:PutRolePolicy"):
        for condition in (
            {"Null": {"iam:PermissionsBoundary": "false"}},
            {"StringLike": {"iam:PermissionsBoundary": "*"}},
            {"StringLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/*"}},
            {"ArnEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        ):
            assert "RM701" in rules(policy(allow(action, "*", **condition)))
            assert "RM709" in rules(policy(allow(action, "arn:aws:iam::111122223333:role/ml-*", **condition)))
        named = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}}
        assert "RM701" not in rules(policy(allow(action, "*", **named, Null={"iam:PermissionsBoundary": "false"})))


TAG, P = "aws:ResourceTag/p", {"StringEquals": {"aws:ResourceTag/p": "x"}}
MOVED: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"ForAllValues:StringEquals": {"aws:TagKeys": "p"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"ForAllValues:StringLike": {"aws:TagKeys": ["a", "*"]}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"StringEquals": {"aws:RequestTag/p": ["x", "y"]}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"StringEquals": {"aws:RequestTag/other": "y"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"Bool": {"aws:SecureTransport": "true"}}),
    ("sagemaker:*Tags", "*", {"ForAnyValue:StringEquals": {"aws:TagKeys": "other"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"Null": {"aws:ResourceTag/p": "true"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"StringEqualsIfExists": {"aws:ResourceTag/p": "x"}}),
    ("ec2:CreateTags", "ec2:TerminateInstances", {}),
    ("ec2:CreateTags", "ec2:*", {"StringNotEquals": {"aws:RequestTag/p": "y"}}),
    ("secretsmanager:TagResource", "secretsmanager:GetSecretValue", {"StringLike": {"aws:RequestTag/p": "*"}}),
]
KEPT: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"ForAllValues:StringEquals": {"aws:TagKeys": "other"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"StringEquals": {"aws:RequestTag/p": "y"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"StringNotEquals": {"aws:RequestTag/p": "x"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", {"Null": {"sagemaker:TaggingAction": "false"}}),
    ("sagemaker:AddTags", "sagemaker:DeleteModel", P),
    ("ec2:CreateTags", "ec2:TerminateInstances", {"StringEquals": {"ec2:CreateAction": "RunInstances"}}),
    ("ec2:CreateTags", "sagemaker:DeleteModel", {}),
    ("ec2:DescribeTags", "ec2:TerminateInstances", {}),
]


@pytest.mark.parametrize("case", MOVED, ids=json.dumps)
def test_a_tag_that_guards_can_be_moved(case: tuple[str, str, dict[str, Any]]) -> None:
    """By whatever service, and under conditions that let the very tag through."""
    tagging, guarded, condition = case
    assert "RM906" in rules(policy(allow(tagging, **condition), allow(guarded, **P)))


@pytest.mark.parametrize("case", KEPT, ids=json.dumps)
def test_a_tag_that_guards_is_kept(case: tuple[str, str, dict[str, Any]]) -> None:
    """Another tag, another value, tags on create, or what is the caller's already."""
    tagging, guarded, condition = case
    assert "RM906" not in rules(policy(allow(tagging, **condition), allow(guarded, **P)))


def test_a_deny_about_something_else_does_not_keep_the_tag() -> None:
    """One of the tag does, or one without a condition."""
    statements = [allow("sagemaker:AddTags"), allow("sagemaker:DeleteModel", **P)]
    deny = {"Effect": "Deny", "Action": "sagemaker:AddTags", "Resource": "*"}
    assert "RM906" not in rules(policy(*statements, deny))
    of_tag = {"ForAnyValue:StringEquals": {"aws:TagKeys": "p"}}
    assert "RM906" not in rules(policy(*statements, {**deny, "Condition": of_tag}))
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    assert "RM906" in rules(policy(*statements, {**deny, "Condition": insecure}))


def test_a_deny_by_tag_can_be_tagged_away() -> None:
    """What lacks the tag gets it, and what is locked is unlocked; where the Deny is about tagging too, neither."""
    tagging = allow(["ec2:CreateTags", "ec2:TerminateInstances"])
    for condition in ({"StringNotEquals": {TAG: "x"}}, {"StringEquals": {TAG: "locked"}}, {"Null": {TAG: "true"}}):
        deny = {"Effect": "Deny", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": condition}
        assert "RM906" in rules(policy(tagging, deny))
        assert "RM906" not in rules(policy(tagging, {**deny, "Action": ["ec2:TerminateInstances", "ec2:CreateTags"]}))


def test_a_tag_that_is_deleted() -> None:
    """It passes a guard that wants another value or none; a tag of AWS's own is nobody's to move."""
    delete = allow("ec2:DeleteTags")
    assert "RM906" not in rules(policy(delete, allow("ec2:StartInstances", **P)))
    assert "RM906" in rules(policy(delete, allow("ec2:StartInstances", StringNotEquals={TAG: "x"})))
    of_aws = {"aws:ResourceTag/aws:cloudformation:stack-name": "x"}
    assert "RM906" not in rules(policy(allow("ec2:*Tags"), allow("ec2:StartInstances", StringEquals=of_aws)))


ROLE = "arn:aws:iam::111122223333:role/churn"


def test_tags_of_its_own() -> None:
    """A condition, a variable or a Deny by the principal's tag, beside the tagging of roles or users."""
    tagging = allow("iam:TagRole", ROLE)
    admin = {"StringEquals": {"aws:PrincipalTag/admin": "yes"}}
    looking = [
        allow("*", **admin),
        allow("s3:GetObject", "arn:aws:s3:::acme-${aws:PrincipalTag/admin}/*"),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": admin},
    ]
    for one in looking:
        assert "RM712" in rules(policy(tagging, one))
        assert "RM712" in rules(policy(allow("iam:Tag*", "arn:aws:iam::*:user/${aws:username}"), one))
        assert "RM712" not in rules(policy(allow("iam:TagPolicy"), one))
        other = allow("iam:TagRole", ROLE, **{"ForAllValues:StringEquals": {"aws:TagKeys": "cost"}})
        assert "RM712" not in rules(policy(other, one))
    assert "RM712" not in rules(policy(tagging, allow("s3:GetObject", "arn:aws:s3:::acme/*")))
    by_tag = {"ForAnyValue:StringEquals": {"aws:TagKeys": "admin"}}
    deny = {"Effect": "Deny", "Action": "iam:TagRole", "Resource": "*", "Condition": by_tag}
    assert "RM712" not in rules(policy(tagging, looking[0], deny))


@pytest.mark.parametrize(
    "action", ["iam:DeleteUserPolicy", "iam:DetachRolePolicy", "iam:RemoveUserFromGroup", "iam:D*"]
)
def test_a_deny_can_be_taken_off(action: str) -> None:
    """On every name or on oneself; a named role is its owner's matter."""
    assert "RM711" in rules(policy(allow(action)))
    assert "RM711" not in rules(policy(allow(action, ROLE)))
    for named in ("arn:aws:iam::*:policy/team-*", "arn:aws:iam::aws:policy/AdministratorAccess"):
        assert "RM711" not in rules(policy(allow(action, "*", ArnLike={"iam:PolicyARN": named})))
    assert "RM711" in rules(policy(allow(action, "*", ArnLike={"iam:PolicyARN": "arn:aws:iam::*:policy/*"})))
    assert "RM711" in rules(policy(allow("iam:DeleteUserPolicy", "arn:aws:iam::*:user/${aws:username}")))


def test_ways_to_roles_by_newer_services() -> None:
    """Sessions of Glue, state machines, agents, schedules: with a role that is passed, or that is there."""
    for action in (
        "glue:CreateSession",
        "bedrock-agentcore:CreateAgentRuntime",
        "states:TestState",
        "scheduler:CreateSchedule",
    ):
        assert "RM704" in rules(policy(allow(["iam:PassRole", action])))
    for action in ("glue:RunStatement", "states:UpdateStateMachine", "bedrock-agentcore:UpdateAgentRuntime"):
        assert "RM702" in rules(policy(allow(action)))
    passing = ["iam:PassRole", "ec2:AssociateIamInstanceProfile", "ssm:SendCommand"]
    assert "RM705" in rules(policy(allow(passing)))
