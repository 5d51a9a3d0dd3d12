"""Denies that look as if they denied, and do not: RM311 of global keys, RM316, RM317, RM318, RM406."""

import json
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

OBJECTS = "arn:aws:s3:::prod/*"


def denied(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """Return a Deny."""
    return {"Effect": "Deny", "Action": action, "Resource": resource} | (condition and {"Condition": condition})


NOWHERE = [
    ("s3:DeleteObject", "arn:aws:s3:::prod"),
    ("s3:deleteobject", ["arn:aws:s3:::prod", "arn:aws:s3:::dev"]),
    ("s3:DeleteObject*", "arn:aws:s3:::prod"),
    ("s3:*", "arn:aws:s3:::prod"),
    ("s3:Delete*", "arn:aws:s3:::prod"),
    ("s3:ListBucket", OBJECTS),
    ("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*"),
    ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/t"),
    ("ec2:TerminateInstances", "arn:aws:ec2:*:*:volume/*"),
    ("cloudtrail:StopLogging", "arn:aws:s3:::trail"),
    ("iam:DeleteRole", "arn:aws:iam::*:policy/*"),
    ("iam:ListUsers", "arn:aws:iam::111122223333:user/*"),
    ("sagemaker:CreateEndpoint", "arn:aws:sagemaker:*:*:model/*"),
    ("sts:AssumeRole", "arn:aws:sts::*:assumed-role/admin/*"),
    ("s3:GetObject", "arn:aws:s3:::prod/secret/"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db"),
]
SOMEWHERE = [
    ("s3:DeleteObject", OBJECTS),
    ("s3:DeleteObject", "arn:aws:s3:::prod*"),
    ("s3:*", ["arn:aws:s3:::prod", OBJECTS]),
    ("s3:*", OBJECTS),
    ("s3:*", "*"),
    ("s3:DeleteBucket", "arn:aws:s3:::prod"),
    ("dynamodb:Query", ["arn:aws:dynamodb:*:*:table/t", "arn:aws:dynamodb:*:*:table/t/index/*"]),
    ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/t"),
    ("sagemaker:*", "arn:aws:sagemaker:*:*:training-job/*"),
    ("organizations:DescribeAccount", "arn:aws:organizations::*:account/*"),
    ("iam:ListUsers", "*"),
    ("s3:GetObject", "arn:aws:s3:::prod/secret/*"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:prod/db-??????"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:prod/db-A1b2C3"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:prod/*"),
    ("*", "arn:aws:s3:::prod"),
]


@pytest.mark.parametrize("case", NOWHERE, ids=json.dumps)
@pytest.mark.parametrize("kind", ["identity", "boundary", "scp"])
def test_a_deny_where_nobody_asks(case: tuple[Any, Any], kind: str) -> None:
    """The action is asked for on other resources, or on what the named ones hold."""
    assert "RM316" in rules(policy(denied(*case)), kind)


@pytest.mark.parametrize("case", SOMEWHERE, ids=json.dumps)
def test_a_deny_where_somebody_asks(case: tuple[Any, Any]) -> None:
    """The near twins deny what they say."""
    assert "RM316" not in rules(policy(denied(*case)))


def test_a_buckets_own_policy() -> None:
    """The popular `aws:SecureTransport` on the bucket alone; of other services' own policies nothing is told."""
    own = {"Principal": "*"} | denied("s3:*", "arn:aws:s3:::prod", Bool={"aws:SecureTransport": "false"})
    assert "RM316" in rules(policy(own), "resource")
    assert "RM316" not in rules(policy(own | {"Resource": ["arn:aws:s3:::prod", OBJECTS]}), "resource")
    queue = {"Principal": "*"} | denied("sqs:SendMessage", "arn:aws:s3:::prod")
    assert "RM316" not in rules(policy(queue), "resource")


TAG = "aws:PrincipalTag/a"
NEVER: list[dict[str, Any]] = [
    {"Null": {TAG: "true"}, "StringEquals": {TAG: "x"}},
    {"Null": {TAG: "true"}, "StringLike": {TAG.upper(): "*"}},
    {"StringEquals": {TAG: "x"}, "StringNotEquals": {TAG: "x"}},
    {"StringEquals": {TAG: "x"}, "StringLike": {TAG: "y*"}},
    {"StringLike": {TAG: "x*"}, "StringNotLike": {TAG: "*"}},
    {"StringEquals": {TAG: ["x", "y"]}, "StringEqualsIgnoreCase": {TAG: "z"}},
    {"StringEquals": {TAG: "${aws:username}"}, "StringNotEquals": {TAG: "${aws:username}"}},
    {"Bool": {"aws:SecureTransport": "true"}, "BoolIfExists": {"aws:SecureTransport": "false"}},
    {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "10"},
     "NumericLessThan": {"sagemaker:MaxRuntimeInSeconds": "5"}},
    {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "5"},
     "NumericLessThanEqualsIfExists": {"sagemaker:MaxRuntimeInSeconds": "5"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
     "DateLessThan": {"aws:CurrentTime": "2029-01-01T00:00:00Z"}},
    {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"},
     "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"ForAllValues:StringEquals": {"sagemaker:InstanceTypes": "a"},
     "ForAnyValue:StringEquals": {"sagemaker:InstanceTypes": "b"}},
]  # fmt: skip
SOMETIMES: list[dict[str, Any]] = [
    {"Null": {TAG: "false"}, "StringNotEquals": {TAG: "x"}},
    {"StringLike": {TAG: "x*"}, "StringNotEquals": {TAG: "xy"}},
    {"StringEquals": {TAG: "x"}, "StringNotEquals": {"aws:PrincipalTag/b": "x"}},
    {"StringEquals": {TAG: "${aws:username}"}, "StringNotEquals": {TAG: "${aws:userid}"}},
    {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "5"},
     "NumericLessThan": {"sagemaker:MaxRuntimeInSeconds": "6"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}, "ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}},
    {"StringEquals": {"unknown:Key": "a"}, "StringNotEquals": {"unknown:Key": "b"}},
    {"StringEqualsIfExists": {TAG: "x"}, "StringLikeIfExists": {TAG: "y"}},
]  # fmt: skip


@pytest.mark.parametrize("condition", NEVER, ids=json.dumps)
def test_conditions_that_exclude_one_another(condition: dict[str, Any]) -> None:
    """A Deny by them never denies, and an Allow never allows."""
    assert "RM317" in rules(policy(denied("s3:GetObject", "*", **condition)))
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition}
    assert "RM318" in rules(policy(allow))


@pytest.mark.parametrize("condition", SOMETIMES, ids=json.dumps)
def test_conditions_that_go_together(condition: dict[str, Any]) -> None:
    """Some request meets the near twins."""
    assert "RM317" not in rules(policy(denied("s3:GetObject", "*", **condition)))
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition}
    assert "RM318" not in rules(policy(allow))


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotLike", "StringEqualsIfExists"])
def test_a_deny_that_holds_without_its_key_alone(operator: str) -> None:
    """`Null: true` beside a wrong value means both at once: a wrong value passes. In an Allow it is a limit."""
    condition = {"Null": {TAG: "true"}, operator: {TAG: "x"}}
    assert "RM317" in rules(policy(denied("s3:GetObject", "*", **condition)))
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition}
    assert "RM318" not in rules(policy(allow))


def test_what_can_t_be_told_is_said() -> None:
    """Patterns that overlap in too many ways are no "all is well"."""
    names = [f"*{first}*{second}*" for first in "abcdefgh" for second in "abcdefgh"]
    condition = {"StringLike": {TAG: names}, "StringNotLike": {TAG: [f"{one}x" for one in names]}}
    found = [one for one in findings(policy(denied("s3:GetObject", "*", **condition))) if one.rule == "RM317"]
    assert [one.message for one in found if "can't tell" in one.message]


MFA, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
WITHOUT: list[dict[str, Any]] = [
    {"Bool": {MFA: "false"}},
    {"Bool": {MFA.lower(): "False"}},
    {"StringEquals": {MFA: "false"}},
    {"NumericGreaterThan": {AGE: "3600"}},
    {"ForAnyValue:StringNotEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
    {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}},
]
WITH: list[dict[str, Any]] = [
    {"BoolIfExists": {MFA: "false"}},
    {"Bool": {MFA: "true"}},
    {"NumericGreaterThanIfExists": {AGE: "3600"}},
    {"Null": {AGE: "true"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}},
    {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}},
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringEquals": {"aws:PrincipalTag/team": "guest"}},
]


@pytest.mark.parametrize("condition", WITHOUT, ids=json.dumps)
@pytest.mark.parametrize("kind", ["identity", "scp"])
def test_a_deny_that_absence_bypasses(condition: dict[str, Any], kind: str) -> None:
    """A request with an access key has no MFA that could be false."""
    assert "RM311" in rules(policy(denied("*", "*", **condition)), kind)
    but = {"Effect": "Deny", "NotAction": "iam:ChangePassword", "Resource": "*", "Condition": condition}
    assert "RM311" in rules(policy(but), kind)


@pytest.mark.parametrize("condition", WITH, ids=json.dumps)
def test_a_deny_that_absence_does_not_bypass(condition: dict[str, Any]) -> None:
    """The key is always there, or the Deny holds without it, or it forbids a value that somebody must have."""
    assert "RM311" not in rules(policy(denied("*", "*", **condition)))


def test_absence_may_be_denied_elsewhere() -> None:
    """By a Deny of the same actions, or because no Allow goes without the key."""
    deny = denied("s3:*", "*", Bool={MFA: "false"})
    assert "RM311" not in rules(policy(deny, denied("*", "*", Null={AGE: "true"})))
    assert "RM311" in rules(policy(deny, denied("ec2:*", "*", Null={AGE: "true"})))
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}
    assert "RM311" in rules(policy(deny, allow))
    assert "RM311" not in rules(policy(deny, allow | {"Condition": {"Bool": {MFA: "true"}}}))


def test_all_values_in_a_deny() -> None:
    """One good value lets the others through; where one good value is meant, that is right."""
    types = "sagemaker:InstanceTypes"
    for operator in ("StringNotEquals", "StringEquals", "StringNotLikeIfExists"):
        assert "RM406" in rules(
            policy(denied("sagemaker:CreateTrainingJob", **{f"ForAllValues:{operator}": {types: "a"}}))
        )
    right = [
        {"ForAnyValue:StringNotEquals": {types: "a"}},
        {"ForAllValues:StringNotEquals": {"aws:TagKeys": "CostCenter"}},
        {"ForAllValues:StringNotEquals": {"kms:EncryptionContextKeys": "project"}},
        {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-1/*"}},
    ]
    for condition in right:
        assert "RM406" not in rules(policy(denied("*", "*", **condition)))
    assert "RM406" in rules(policy(denied("*", "*", **{"ForAllValues:StringEquals": {"aws:TagKeys": "owner"}})))
    required = {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["CostCenter", "Owner"]}}
    assert "RM406" in rules(policy(denied("ec2:RunInstances", "*", **required)))


EVERYTHING: list[dict[str, Any]] = [
    {"NotAction": "*", "Resource": "*"},
    {"Action": "*", "NotResource": "*"},
    {"Action": "s3:DeleteObject", "NotResource": ["arn:aws:s3:::acme/*", "arn:aws:s3:::*"]},
    {"Action": "iam:DeleteRole", "NotResource": "arn:aws:iam::*:role/*"},
]
SOMETHING: list[dict[str, Any]] = [
    {"NotAction": "s3:*", "Resource": "*"},
    {"Action": "s3:*", "NotResource": OBJECTS},
    {"Action": "iam:*", "NotResource": "arn:aws:iam::*:role/*"},
    {"Action": "iam:DeleteRole", "NotResource": "arn:aws:iam::111122223333:role/*"},
]


@pytest.mark.parametrize("parts", EVERYTHING, ids=json.dumps)
def test_a_deny_of_all_but_everything(parts: dict[str, Any]) -> None:
    """What is left out is all that there is."""
    assert "RM316" in rules(policy({"Effect": "Deny", **parts}))


@pytest.mark.parametrize("parts", SOMETHING, ids=json.dumps)
def test_a_deny_of_all_but_something(parts: dict[str, Any]) -> None:
    """What is left out is a part."""
    assert "RM316" not in rules(policy({"Effect": "Deny", **parts}))


def test_private_addresses() -> None:
    """In whatever effect and list; the address within a VPC has a key of its own, and a public one is right."""
    for operator in ("IpAddress", "NotIpAddress", "IpAddressIfExists"):
        for value in ("10.1.2.3", "172.20.0.0/16", "192.168.0.0/24", "fd00::/8"):
            assert "RM407" in rules(policy(denied("*", "*", **{operator: {"aws:SourceIp": ["203.0.113.0/24", value]}})))
            assert "RM407" not in rules(policy(denied("*", "*", **{operator: {"aws:VpcSourceIp": value}})))
        for value in ("203.0.113.0/24", "172.40.0.0/16", "0.0.0.0/0", "nowhere"):
            assert "RM407" not in rules(policy(denied("*", "*", **{operator: {"aws:SourceIp": value}})))


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"Null": {"aws:SourceVpc": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}, "exclude one another"),
        ({"Null": {"aws:SourceVpc": "true"}, "StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, "hold only without it"),
        ({"StringNotLike": {"aws:RequestedRegion": "*"}}, "holds for no value of it"),
    ],
)
def test_a_deny_that_never_matches_is_told_once_and_why(conditions: dict[str, Any], says: str) -> None:
    """Each for its own reason, and not for two."""
    [found] = [one for one in findings(policy(denied("s3:GetObject", **conditions))) if one.rule == "RM317"]
    assert says in found.message
