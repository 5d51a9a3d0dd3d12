"""Permissions: what one action on one resource type weighs, what Denies take out, and what is counted wide."""

from typing import Any

import pytest

from rolemgr.audit.measure.measure import AccessMeasure, measure
from rolemgr.audit.measure.permissions import count
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.role_manager import role_manager_output, role_manager_personas

SAGEMAKER = "arn:aws:sagemaker:us-east-1:111122223333"
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "churn"}}


def measured(*statements: dict[str, Any]) -> AccessMeasure:
    """Return the figures of a policy of *statements*."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    return measure("test", [NamedPolicy("test", IdentityPolicy.model_validate(document))])


def points(*statements: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Return the points of a policy of *statements* by action and type."""
    return {(one.action, one.type): round(one.points, 3) for one in measured(*statements).permissions}


@pytest.mark.parametrize(
    ("action", "resource", "condition", "expected"),
    [
        ("s3:GetObject", "*", {}, 1),
        ("s3:GetObject", "arn:aws:s3:::*/*", {}, 1),  # no account in the ARN: anybody's
        ("s3:GetObject", "arn:aws:s3:::acme/*", {}, 0.2),
        ("s3:GetObject", "arn:aws:s3:::acme/a.csv", {}, 0.1),
        ("s3:GetObject", "arn:aws:s3:::acme/${aws:username}", {}, 0.2),  # a name for each caller
        ("s3:PutObject", "arn:aws:s3:::acme/*", {}, 0.8),
        ("sagemaker:CreateModel", "arn:aws:sagemaker:*:*:model/*", {}, 4),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:model/*", {}, 2),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:*", {}, 2),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:model/?*", {}, 2),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:model/churn-*", {}, 0.8),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:model/churn", {}, 0.4),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:model/churn", TAGGED, 0.2),
        ("sagemaker:CreateModel", f"{SAGEMAKER}:*/churn-*", {}, 0.8),
        ("sagemaker:ListModels", "*", {}, 0.5),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/*", {}, 2),
        ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/ml", {}, 0.8),
    ],
)
def test_a_cell_weighs_level_times_breadth_times_condition(
    action: str, resource: str, condition: dict[str, Any], expected: float
) -> None:
    """By AWS's access level, by how many resources, and half where a condition narrows."""
    found = points({"Action": action, "Resource": resource, "Condition": condition})
    assert next(value for (name, _), value in found.items() if name == action) == expected


@pytest.mark.parametrize("resource", ["arn:aws:s3:::acme", f"{SAGEMAKER}:model/churn"])
def test_a_pair_that_grants_nothing_is_no_permission(resource: str) -> None:
    """ListModels is asked on `*` alone, CreateTrainingJob not on models."""
    assert points({"Action": "sagemaker:ListModels", "Resource": resource}) == {}
    assert points({"Action": "sagemaker:DescribeTrainingJob", "Resource": resource}) == {}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:PrincipalTag/team": "*"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
        {"StringEqualsIfExists": {"aws:RequestTag/team": "churn"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
        {"StringSomething": {"aws:ResourceTag/team": "churn"}},
    ],
)
def test_what_does_not_narrow_does_not_count(condition: dict[str, Any]) -> None:
    """Conditions that hold for anyone, without their key, or until some day; and an operator that IAM has not."""
    bare = {"Action": "sagemaker:CreateModel", "Resource": "*"}
    assert points({**bare, "Condition": condition}) == points(bare)


def test_the_heaviest_allow_counts_and_says_where_it_stands() -> None:
    """Two Allows of one permission are one permission."""
    found = measured(
        {"Sid": "One", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/a.csv"},
        {"Action": "s3:Get*", "Resource": "arn:aws:s3:::acme/*"},
    )
    (permission,) = [one for one in found.permissions if (one.action, one.type) == ("s3:GetObject", "object")]
    assert (str(permission.by), permission.resource) == ("test: statement 2", "arn:aws:s3:::acme/*")


@pytest.mark.parametrize(
    ("deny", "is_left"),
    [
        ({"Resource": "*"}, False),
        ({"Resource": "arn:aws:sagemaker:*:*:model/*"}, False),
        ({"Resource": f"{SAGEMAKER}:model/*"}, True),
        ({"Resource": "*", "Condition": TAGGED}, True),
        ({"NotResource": "arn:aws:sagemaker:*:*:endpoint/*"}, True),
    ],
)
def test_a_deny_takes_out_what_it_covers_whole(deny: dict[str, Any], is_left: bool) -> None:
    """Not by a part of the permission, on a condition, or with NotResource, which is said."""
    denied = {"Effect": "Deny", "Action": "sagemaker:CreateModel", **deny}
    found = measured({"Action": "sagemaker:CreateModel", "Resource": "*"}, denied)
    assert (("sagemaker:CreateModel", "model") in {(one.action, one.type) for one in found.permissions}) is is_left
    assert bool(found.counted.wide) is ("NotResource" in deny)


def test_under_a_denied_allow_a_lighter_one_is_left() -> None:
    """The Deny covers the one, and not the other."""
    found = points(
        {"Action": "sagemaker:CreateModel", "Resource": f"{SAGEMAKER}:model/churn-*"},
        {"Action": "sagemaker:CreateModel", "Resource": f"{SAGEMAKER}:model/other"},
        {"Effect": "Deny", "Action": "sagemaker:*", "Resource": f"{SAGEMAKER}:model/churn-*"},
    )
    assert found[("sagemaker:CreateModel", "model")] == 0.4


def test_not_action_and_not_resource_are_counted_wide_and_said() -> None:
    """A type that NotResource leaves out whole is out; one in part is in."""
    found = measured({"Action": "sagemaker:Delete*",
                      "NotResource": ["arn:aws:sagemaker:*:*:model/*", f"{SAGEMAKER}:endpoint/churn"]})  # fmt: skip
    types = {one.type: one.breadth for one in found.permissions}
    assert "model" not in types
    assert types["endpoint"] == "any"
    assert "NotResource" in found.counted.wide[0].reason
    most = measured({"NotAction": "iam:*", "Resource": "*"})
    assert not any(one.action.startswith("iam:") for one in most.permissions)
    assert "NotAction" in most.counted.wide[0].reason


def test_passing_a_role_is_a_way_where_the_service_is_let() -> None:
    """To SageMaker it may be passed, to Lambda not; the breadth is that of the roles."""
    starts = {"Action": ["sagemaker:CreateTrainingJob", "lambda:CreateFunction"], "Resource": "*"}
    passes = {"Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/ml-*",
              "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}  # fmt: skip
    found = {one.actions: one.breadth.value for one in measured(starts, passes).ways}
    assert found == {("iam:PassRole", "sagemaker:CreateTrainingJob"): "prefix"}
    nowhere = {**passes, "Condition": {"StringNotLike": {"iam:PassedToService": ["sage*", "lambda.*"]}}}
    assert measured(starts, nowhere).ways == ()
    assert len(measured(starts, {**passes, "Condition": {}}).ways) == 2
    assert measured(starts).ways == ()


def test_what_takes_several_actions_reaches_as_far_as_its_narrowest() -> None:
    """A change set that may be made anywhere and executed on one stack changes that one."""
    stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/one/1"
    found = measured({"Action": "cloudformation:CreateChangeSet", "Resource": "*"},
                     {"Action": "cloudformation:ExecuteChangeSet", "Resource": stack}).ways  # fmt: skip
    assert [(one.actions, one.breadth.value) for one in found] == [
        (("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"), "named")
    ]


def test_role_managers_output_is_aws_own() -> None:
    """Each activity has statements and a source, or a reason why nobody knows them; no placeholder is left."""
    for persona in role_manager_personas():
        for one in role_manager_output(persona):
            assert one.source
            assert (one.document is None) is bool(one.unpublished)
            text = one.document.to_json() if one.document else ""
            assert "[[" not in text
            assert "{{" not in text
    names = [one.name for one in role_manager_output("compute")]
    assert names == ["Access required AWS services"]
    counted = count([NamedPolicy(one.name, one.document) for one in role_manager_output("mlops") if one.document])
    assert counted.wide == ()
