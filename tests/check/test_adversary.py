"""What a reviewer would call dangerous has a finding however it is spelt; what AWS's guides advise has none."""

import json
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.check.finding import Severity

IAM = "arn:aws:iam::111122223333:"


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """Return an Allow of *action* on *resource* under *condition*."""
    made = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


@pytest.mark.parametrize("resource", ["r*", "role*", "rol?/*", "*role/*", "role/**", "role/?*"])
def test_any_role_by_a_wildcard_within_the_type(resource: str) -> None:
    """A star in the name of the type spans the names behind it; no resource of the statement is called dead."""
    passing = allow("iam:PassRole", IAM + resource)
    starting = allow("lambda:CreateFunction")
    assert {"RM607", "RM704"} <= rules(policy(passing, starting))
    assert "RM302" not in rules(policy(passing))
    assert "RM701" in rules(policy(allow("iam:PutRolePolicy", IAM + resource)))


@pytest.mark.parametrize("resource", ["roles/*", "user*", "role/app-*", "role/team/*"])
def test_what_is_not_any_role(resource: str) -> None:
    """Another type, and a prefix of names."""
    assert "RM607" not in rules(policy(allow("iam:PassRole", IAM + resource)))
    assert "RM701" not in rules(policy(allow("iam:PutRolePolicy", IAM + resource)))


@pytest.mark.parametrize("resource", ["roles/*", "rx*"])
def test_a_type_that_no_wildcard_can_make_is_dead(resource: str) -> None:
    """The Allow is dead all the same."""
    assert "RM302" in rules(policy(allow("iam:PassRole", IAM + resource)))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:userid": "${aws:userid}"}},
        {"ArnEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}},
        {"StringLike": {"aws:principalaccount": "${aws:PrincipalAccount}"}},
    ],
    ids=json.dumps,
)
def test_what_is_like_itself_is_no_limit(condition: Any) -> None:
    """A key that every request has, compared with its own variable."""
    assert "RM601" in rules(policy(allow("*", **condition)))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalTag/a": "${aws:PrincipalTag/a}"}},
        {"StringEquals": {"aws:userid": "${aws:PrincipalTag/owner}"}},
        {"StringEquals": {"aws:userid": "x${aws:userid}"}},
    ],
    ids=json.dumps,
)
def test_what_is_like_something_else_is_a_limit(condition: Any) -> None:
    """A tag that must be there, another key, more than itself."""
    assert "RM601" not in rules(policy(allow("*", **condition)))


def test_how_a_request_is_made_does_not_say_on_what() -> None:
    """The caller sends the referer that it likes."""
    assert "RM610" in rules(policy(allow("secretsmanager:GetSecretValue", StringEquals={"aws:Referer": "x"})))


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("RM701", allow("iam:PutUserPolicy", "arn:aws:iam::*:user/${aws:username}")),
        ("RM701", allow("iam:AttachUserPolicy", IAM + "user/team/${aws:username}")),
        ("RM701", allow("iam:DeleteUserPermissionsBoundary", IAM + "user/${aws:username}")),
        ("RM701", allow("iam:UpdateSAMLProvider", IAM + "saml-provider/*")),
        ("RM701", allow("iam:CreateServiceSpecificCredential", IAM + "user/*")),
        ("RM701", allow("sso:CreateAccountAssignment")),
        ("RM701", allow("identitystore:CreateGroupMembership")),
        ("RM701", allow("organizations:LeaveOrganization")),
        ("RM610", allow("kms:CreateGrant", "arn:aws:kms:*:111122223333:key/*")),
    ],
    ids=str,
)
def test_further_ways_to_more_rights(rule: str, statement: Any) -> None:
    """One's own policies, others' credentials, the organization's ways, keys by a grant."""
    assert rule in rules(policy(statement))
    assert rule not in rules(policy({**statement, "Effect": "Deny"}))


def test_a_role_of_any_rights_is_made_in_two_steps() -> None:
    """In two statements, under a prefix of names, by its trust policy too; not within a boundary."""
    create = allow("iam:CreateRole", IAM + "role/app-*")
    attach = allow("iam:AttachRolePolicy", IAM + "role/app-*")
    assert "RM708" in rules(policy(create, attach))
    assert "RM708" in rules(policy(create, {**attach, "Action": "iam:Put*"}))
    assert "RM708" in rules(policy({**create, "Action": "iam:UpdateAssumeRolePolicy"}, attach))
    assert "RM708" not in rules(policy(create, {**attach, "Resource": IAM + "role/other-*"}))
    bounded = {"StringEquals": {"iam:PermissionsBoundary": IAM + "policy/b"}}
    assert "RM708" not in rules(policy({**create, "Condition": bounded}, attach))
    assert "RM708" not in rules(policy(create, {**attach, "Condition": bounded}))
    some = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}
    assert "RM708" not in rules(policy(create, {**attach, "Condition": some}))
    any_one = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/*"}}
    assert "RM708" in rules(policy(create, {**attach, "Condition": any_one}))


@pytest.mark.parametrize("value", ["*", "arn:aws:iam::aws:policy/*", "arn:aws:iam::aws:policy/AdministratorAccess"])
def test_policies_with_the_administrator_among_them_are_any(value: str) -> None:
    """Who may attach it gives every right; some policies of AWS are some."""
    attach = allow("iam:AttachRolePolicy", ArnLike={"iam:PolicyARN": value})
    assert "RM701" in rules(policy(attach))
    some = allow("iam:AttachRolePolicy", ArnLike={"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3*"})
    assert "RM701" not in rules(policy(some))


KEY = "arn:aws:kms:eu-west-1:111122223333:key/"
INNOCENT: dict[str, list[dict[str, Any]]] = {
    "own keys": [allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], "arn:aws:iam::*:user/${aws:username}")],
    "own credentials": [allow("iam:CreateServiceSpecificCredential", "arn:aws:iam::*:user/${aws:username}")],
    "own device": [allow("iam:EnableMFADevice", "arn:aws:iam::*:user/${aws:username}")],
    "home folder": [
        allow("s3:ListBucket", "arn:aws:s3:::acme", StringLike={"s3:prefix": ["home/${aws:userid}/*"]}),
        allow("s3:*", "arn:aws:s3:::acme/home/${aws:userid}/*"),
    ],
    "by owner": [
        allow("ec2:StopInstances", "arn:aws:ec2:*:*:instance/*", StringEquals={"aws:ResourceTag/O": "${aws:username}"}),
    ],
    "delegation within a boundary": [
        allow(
            ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"], IAM + "role/app-*",
            StringEquals={"iam:PermissionsBoundary": IAM + "policy/b"},
        ),
    ],
    "one role to a service": [
        allow("iam:PassRole", IAM + "role/app-*", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
    ],
    "grants for services": [allow("kms:CreateGrant", KEY + "*", Bool={"kms:GrantIsForAWSResource": "true"})],
    "one key": [allow(["kms:Decrypt", "kms:CreateGrant"], KEY + "1234abcd-12ab-34cd-56ef-1234567890ab")],
    "one secret": [
        allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/db-??????"),
    ],
    "one role in many accounts": [allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy")],
    "not out of the organization": [{**allow("organizations:LeaveOrganization"), "Effect": "Deny"}],
    "reading of users": [allow(["iam:Get*", "iam:List*"])],
}  # fmt: skip


@pytest.mark.parametrize("name", INNOCENT)
def test_what_the_guides_advise_has_no_finding(name: str) -> None:
    """No error and no warning; a suggestion may be."""
    found = findings(policy(*INNOCENT[name]))
    assert [one for one in found if one.severity.at_least(Severity.WARNING)] == []
