"""What limits nothing is seen through in every spelling, and what does limit is left alone."""

import json
from typing import Any

import pytest
from tests.check.support import policy, rules

from rolemgr.iam.breadth import together

ADMIN_RESOURCES = ["*", "**", "?*", "arn:*", "arn:aws:*", "*:*", "arn:aws:*:*:*:*", "arn:*:*:*:*:*", "arn:aws*"]
ADMIN_ACTIONS: list[Any] = ["*", "*:*", "**", "?*", "*:?*"]
NO_LIMITS: list[dict[str, Any]] = [
    {"Bool": {"aws:SecureTransport": "true"}},
    {"Bool": {"aws:ViaAWSService": "false"}},
    {"Bool": {"aws:PrincipalIsAWSService": ["true", "false"]}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}},
    {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}},
    {"NumericGreaterThan": {"aws:EpochTime": "0"}},
    {"Null": {"aws:userid": "false"}},
    {"Null": {"aws:PrincipalTag/x": "true"}},
    {"StringNotEquals": {"aws:PrincipalTag/x": "y"}},
    {"StringNotEquals": {"aws:ResourceTag/x": "y"}},
    {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}},
    {"StringLike": {"aws:RequestedRegion": "*"}},
    {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"IpAddress": {"aws:SourceIp": "::/0"}},
    {"StringEquals": {"aws:PrincipalType": ["Account", "User", "FederatedUser", "AssumedRole"]}},
    {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
]
LIMITS: list[dict[str, Any]] = [
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"DateLessThan": {"aws:CurrentTime": "2000-01-01T00:00:00Z"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringEquals": {"aws:ResourceTag/Project": "churn"}},
    {"StringEquals": {"aws:PrincipalTag/team": "ml"}},
    {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Null": {"aws:PrincipalTag/x": "false"}},
    {"Bool": {"aws:ViaAWSService": "true"}},
]


def allow(**others: Any) -> Any:
    """Return a policy of one Allow of everything, but for *others*."""
    return policy({"Effect": "Allow", "Action": "*", "Resource": "*", **others})


@pytest.mark.parametrize("resource", ADMIN_RESOURCES)
def test_every_resource_in_every_spelling(resource: str) -> None:
    """An administrator on whatever is everything."""
    assert "RM601" in rules(allow(Resource=resource))


@pytest.mark.parametrize("action", ADMIN_ACTIONS)
def test_every_action_in_every_spelling(action: str) -> None:
    """An administrator by whatever is every action."""
    assert "RM601" in rules(allow(Action=action))


@pytest.mark.parametrize("condition", NO_LIMITS, ids=json.dumps)
def test_a_condition_that_is_no_limit(condition: dict[str, Any]) -> None:
    """It holds for whoever asks, or for whoever leaves something out."""
    assert "RM601" in rules(allow(Condition=condition))


@pytest.mark.parametrize("condition", LIMITS, ids=json.dumps)
def test_a_condition_that_is_a_limit(condition: dict[str, Any]) -> None:
    """Its near twins say what, who or when."""
    assert "RM601" not in rules(allow(Condition=condition))


def test_all_but_something_is_an_administrator_too() -> None:
    """NotAction and NotResource that leave the giving of rights in; not those that leave it out."""
    but_one = {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"}
    assert {"RM601", "RM602"} <= rules(policy(but_one))
    assert "RM601" not in rules(policy({**but_one, "NotAction": "iam:*"}))
    spared = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secret/*"}
    assert {"RM601", "RM603"} <= rules(policy(spared))


@pytest.mark.parametrize("resource", ["arn:aws:iam::111122223333:role/?*", "arn:aws:iam::????????????:role/*"])
def test_any_role_in_every_spelling(resource: str) -> None:
    """PassRole and the writing of policies on names that are open."""
    assert "RM607" in rules(allow(Action="iam:PassRole", Resource=resource))
    assert "RM701" in rules(allow(Action="iam:PutRolePolicy", Resource=resource))


def test_a_rule_steps_aside_only_where_the_other_fired() -> None:
    """Every action on roles alone, or in one region: no administrator, so the other rules speak."""
    assert {"RM604", "RM607", "RM701", "RM704"} <= rules(allow(Resource="arn:aws:iam::111122223333:*"))
    region = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    assert {"RM607", "RM701", "RM702", "RM704"} <= rules(allow(Condition=region))
    assert rules(allow(Resource="arn:aws:s3:::acme/*")) & {"RM604", "RM701", "RM607"} == {"RM604"}


def test_a_boundary_that_need_not_be_there_is_no_limit() -> None:
    """IfExists on iam:PermissionsBoundary lets through whoever has none."""
    arn = {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}
    bound = {"Action": "iam:PutRolePolicy", "Condition": {"StringEqualsIfExists": arn}}
    assert "RM701" in rules(allow(**bound))
    assert "RM701" not in rules(allow(**{**bound, "Condition": {"StringEquals": arn}}))


PUBLIC = [
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}},
    {"StringEquals": {"aws:PrincipalTag/team": "ml"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}},
]
FIXED = [
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
]


@pytest.mark.parametrize("condition", [*PUBLIC, *FIXED], ids=json.dumps)
def test_public_is_where_no_value_is_fixed(condition: dict[str, Any]) -> None:
    """The rule and the custom check are one judge."""
    from tests.check.test_custom import PUBLIC as CHECK
    from tests.check.test_custom import checks, found

    made = policy({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*",
        "Condition": condition,
    })  # fmt: skip
    assert ("RM605" in rules(made, "resource")) is (condition in PUBLIC)
    assert bool(found(made, checks(**CHECK))) is (condition in PUBLIC)


SELECT = {"StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}
ENCRYPTED = {
    "StringLikeIfExists": {
        "s3:x-amz-server-side-encryption": ["aws:kms", "AES256"],
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1234",
    }
}
RETURNED = {"StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD"]}}


@pytest.mark.parametrize(
    ("actions", "condition", "found"),
    [
        (["dynamodb:GetItem", "dynamodb:PutItem"], SELECT, False),
        (["dynamodb:PutItem", "dynamodb:GetItem"], RETURNED, False),
        (["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], ENCRYPTED, False),
        (["s3:ReplicateDelete", "s3:ReplicateTags"], ENCRYPTED, True),
        (["dynamodb:PutItem"], SELECT, True),
        (["dynamodb:GetItem"], RETURNED, True),
        (["dynamodb:GetItem", "dynamodb:PutItem"], {"StringNotEquals": {"dynamodb:Select": "COUNT"}}, True),
        (["dynamodb:GetItem", "dynamodb:PutItem"], {"ForAllValues:StringEquals": {"dynamodb:Select": "COUNT"}}, True),
        (
            ["sagemaker:CreateTrainingJob", "sagemaker:CreateTransformJob"],
            {"StringEqualsIfExists": {"sagemaker:VpcSubnets": "subnet-1"}},
            True,
        ),
    ],
)  # fmt: skip
def test_what_aws_itself_writes_with_if_exists(actions: list[str], condition: dict[str, Any], found: bool) -> None:
    """It limits those actions of the statement that have the key; alone, or with another operator, it is no limit."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}
    assert ("RM306" in rules(policy(statement))) is found


TAG_KEYS: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}}
TAG: dict[str, Any] = {"StringEqualsIfExists": {"aws:RequestTag/x": "y"}}
OWNED: dict[str, Any] = {"StringEqualsIfExists": {"aws:ResourceTag/x": "y"}}
ISOLATED: dict[str, Any] = {"BoolIfExists": {"sagemaker:NetworkIsolation": "true"}}


@pytest.mark.parametrize(
    ("actions", "condition", "found"),
    [
        (["lambda:InvokeFunction"], TAG_KEYS, True),
        (["lambda:InvokeFunction", "lambda:Invoke*"], TAG_KEYS, True),
        (["lambda:InvokeFunction", "lambda:TagResource"], TAG_KEYS, False),
        (["lambda:*"], TAG_KEYS, False),
        (["sagemaker:DescribeModel"], TAG, True),
        (["sagemaker:DescribeModel"], {"StringNotEquals": TAG["StringEqualsIfExists"]}, True),
        (["sagemaker:DescribeModel"], {"StringEquals": TAG["StringEqualsIfExists"]}, False),
        (["sagemaker:DescribeModel", "sagemaker:CreateModel"], TAG, False),
        (["sagemaker:ListModels", "sagemaker:ListApps"], OWNED, True),
        (["sagemaker:ListModels", "sagemaker:DescribeModel"], OWNED, False),
        (["ec2:DescribeInstances"], TAG, False),
        (["lambda:ListFunctions"], OWNED, False),
        (["sagemaker:Describe*"], ISOLATED, True),
        (["sagemaker:Create*"], ISOLATED, False),
        (["s3:List*"], ISOLATED, False),
    ],
)  # fmt: skip
def test_a_tag_that_no_action_of_the_statement_has(actions: list[str], condition: dict[str, Any], found: bool) -> None:
    """It limits nothing; beside an action that has it, it limits that one, as AWS's policies have it."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}
    assert ("RM306" in rules(policy(statement))) is found


@pytest.mark.parametrize(
    ("actions", "condition", "found"),
    [
        (["lambda:InvokeFunction"], {"StringEquals": {"aws:RequestTag/x": "y"}}, True),
        (["lambda:Invoke*"], {"ForAnyValue:StringEquals": {"aws:TagKeys": ["x"]}}, True),
        (["lambda:InvokeFunction", "lambda:TagResource"], {"StringEquals": {"aws:RequestTag/x": "y"}}, False),
        (["s3:DeleteObject"], {"StringEquals": {"s3:prefix": "a"}}, True),
        (["s3:DeleteObject", "s3:ListBucket"], {"StringEquals": {"s3:prefix": "a"}}, False),
        (["sagemaker:Describe*"], {"Bool": {"sagemaker:NetworkIsolation": "false"}}, True),
        (["lambda:ListFunctions"], {"StringEquals": {"aws:ResourceTag/x": "y"}}, False),
        (["ec2:DescribeInstances"], {"StringEquals": {"aws:RequestTag/x": "y"}}, False),
        (["lambda:InvokeFunction"], {"StringNotEquals": {"aws:RequestTag/x": "y"}}, False),
    ],
)  # fmt: skip
def test_a_deny_that_demands_what_nothing_in_it_has(actions: list[str], condition: dict[str, Any], found: bool) -> None:
    """It never denies; where one of its actions has the key, that one is what it is about."""
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition}
    assert ("RM309" in rules(policy(statement))) is found


@pytest.mark.parametrize(
    ("actions", "condition", "found"),
    [
        (["lambda:InvokeFunction"], {"StringNotEquals": {"aws:RequestTag/x": "y"}}, True),
        (["s3:DeleteObject"], {"Null": {"s3:prefix": "true"}}, True),
        (["s3:DeleteObject", "s3:ListBucket"], {"Null": {"s3:prefix": "true"}}, False),
        (["s3:DeleteObject"], {"Null": {"s3:prefix": "true"}, "StringEquals": {"s3:delimiter": "/"}}, False),
        (["lambda:InvokeFunction"], {"StringNotEquals": {"aws:ResourceTag/x": "y"}}, False),
    ],
)  # fmt: skip
def test_a_deny_that_holds_as_nothing_in_it_has_the_key(
    actions: list[str], condition: dict[str, Any], found: bool
) -> None:
    """Whatever the request says, unless another condition rules it out."""
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition}
    assert ("RM307" in rules(policy(statement))) is found


LOWER = "abcdefghijklmnopqrstuvwxyz"
MIXED = "aBcDeFgHiJkLmNoPqRsTuVwXyZ"
ROLE = "arn:aws:iam::111122223333:role/"


def each(form: str, letters: str = LOWER) -> list[str]:
    """Return *form* with each of *letters*."""
    return [form.format(letter) for letter in letters]


@pytest.mark.parametrize("letters", [LOWER, LOWER.upper(), MIXED, LOWER + "0123456789", LOWER + "_+"])
@pytest.mark.parametrize("form", ["{}*", "{}?*", "{}**", "A{}*"])
def test_a_list_of_the_alphabet_names_no_role(form: str, letters: str) -> None:
    """Digits and signs may be left out: next to no name begins with one."""
    listed = each(ROLE + form, letters)
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": listed}
    assert ("RM607" in rules(policy(passing))) is not form.startswith("A")
    without = {**passing, "Resource": [one for one in listed if "q" not in one.lower().removeprefix(ROLE)]}
    assert "RM607" not in rules(policy(without))


def test_two_letters_deep_is_no_name_either() -> None:
    """`role/aa*` to `role/zz*`, whatever stands beside it."""
    deep = [f"{ROLE}{one}{two}*" for one in LOWER for two in LOWER]
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": [*deep, f"{ROLE}x"]}
    assert "RM607" in rules(policy(passing))
    assert "RM607" not in rules(policy({**passing, "Resource": deep[1:]}))


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ({"Action": each("{}*"), "Resource": "*"}, "RM601"),
        ({"Action": "*", "Resource": each("arn:aws:{}*")}, "RM601"),
        ({"Action": "iam:PutRolePolicy", "Resource": each(ROLE + "{}*")}, "RM701"),
        ({"Action": "iam:PutRolePolicy", "Resource": each("arn:aws:iam::*:role/{}*")}, "RM701"),
        ({"Action": "sagemaker:CreatePresignedDomainUrl", "Resource": each("arn:aws:sagemaker:*:*:user-profile/{}*")}, "RM702"),
        ({"Action": "sts:AssumeRole", "Resource": each(ROLE + "{}*")}, "RM706"),
        (
            {"Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": each("arn:aws:iam::*:role/{}*")}}},
            "RM601",
        ),
        (
            {"Action": "iam:PassRole", "Resource": ROLE + "a", "Condition": {"StringLike": {"iam:PassedToService": each("{}*.amazonaws.com")}}},
            "RM608",
        ),
    ],
)  # fmt: skip
def test_the_alphabet_is_no_limit_wherever_limits_are_judged(statement: dict[str, Any], rule: str) -> None:
    """Actions, resources and the values of conditions; the same with a letter less is a limit."""
    whole = {"Effect": "Allow", **statement}
    assert rule in rules(policy(whole))
    less = json.loads(json.dumps(whole).replace('"q*', '"qq*').replace(":q*", ":qq*").replace("/q*", "/qq*"))
    assert less != whole
    assert rule not in rules(policy(less))


def test_patterns_come_together_in_linear_work() -> None:
    """A pattern of many wildcards is looked at twice, and a long list once."""
    assert together(["*a" * 20_000 + "*"]) == ()
    assert together(f"{number}{letter}*" for number in range(4_000) for letter in LOWER)[-1] == "9*"
    assert together(["a*", "role/a"]) == together([]) == ()


ALWAYS: list[dict[str, Any]] = [
    {"Null": {"aws:PrincipalArn": "false"}},
    {"Null": {"aws:ResourceTag/x": ["true", "false"]}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "::/0"]}},
    {"StringLike": {"aws:RequestedRegion": "*"}},
    {"StringLike": {"aws:RequestedRegion": ["eu-*", "**"]}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:*"}},
    {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    {"StringLikeIfExists": {"aws:SourceVpc": "*"}},
    {"Bool": {"aws:SecureTransport": ["true", "false"]}},
]
NOT_ALWAYS: list[dict[str, Any]] = [
    {"Bool": {"aws:SecureTransport": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringLike": {"aws:PrincipalTag/x": "*"}},
    {"StringLike": {"kms:ViaService": "*"}},
    {"Null": {"aws:PrincipalTag/x": "false"}},
    {"StringNotLike": {"aws:RequestedRegion": "*"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/2", "128.0.0.0/1"]}},
    {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"StringLike": {"aws:RequestedRegion": "eu-*"}},
    {"StringLike": {"aws:userid": "*:*"}},
    {"StringEquals": {"aws:RequestedRegion": "*"}},
]
CERTAIN = [*((one, True) for one in ALWAYS), *((one, False) for one in NOT_ALWAYS)]


@pytest.mark.parametrize(("condition", "found"), CERTAIN, ids=json.dumps)
def test_a_condition_that_holds_for_every_request(condition: dict[str, Any], found: bool) -> None:
    """It is named wherever it stands, but in an administrator's Allow, which RM601 has; a Deny by it is meant."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    assert ("RM315" in rules(policy(statement))) is found
    assert "RM315" not in rules(policy({**statement, "Effect": "Deny"}))
    assert not {"RM601", "RM315"} <= rules(allow(Condition=condition))


def test_a_principal_is_no_matter_of_course_in_a_resources_policy() -> None:
    """Who calls without signing has none, so that demanding one is a limit there."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
    for key, found in (("aws:PrincipalArn", False), ("aws:SecureTransport", True)):
        made = policy({**statement, "Condition": {"Null": {key: "false"}}})
        assert ("RM315" in rules(made, "resource")) is found
