"""What a policy says twice, what a Deny takes away again, and where findings stand."""

import json
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.check.collect import from_text
from rolemgr.check.run import check

READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme/*"}
BY_TAG = {"StringEquals": {"aws:PrincipalTag/Project": "churn"}}


def denied(allow: dict[str, Any], *denies: dict[str, Any], kind: str = "identity") -> list[str | None]:
    """Return the actions of *allow* that *denies* take away again."""
    made = policy(allow, *({"Effect": "Deny", **deny} for deny in denies))
    return [one.action for one in findings(made, kind) if one.rule == "RM313"]


@pytest.mark.parametrize(
    ("deny", "found"),
    [
        ({"Action": "s3:PutObject", "Resource": "*"}, ["s3:PutObject"]),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::acme/*"}, ["s3:GetObject", "s3:PutObject"]),
        ({"Action": "S3:put*", "Resource": "arn:aws:s3:::a*"}, ["s3:PutObject"]),
        ({"NotAction": "s3:Get*", "Resource": "*"}, ["s3:PutObject"]),
        ({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme/models/*"}, []),
        ({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/Bucket}/*"}, []),
        ({"Action": "s3:PutObject", "NotResource": "arn:aws:s3:::other/*"}, []),
        ({"Action": "s3:PutObject", "Resource": "*", "Condition": BY_TAG}, []),
        ({"Action": "s3:PutObject", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, []),
    ],
)
def test_an_allow_under_a_deny(deny: dict[str, Any], found: list[str]) -> None:
    """Only where the Deny covers every resource and demands nothing of its own."""
    assert denied(READ, deny) == found


def test_a_condition_that_both_have_denies_what_it_allows() -> None:
    """The Deny may demand what the Allow demands, word for word; one more is a limit."""
    deny = {"Action": "s3:PutObject", "Resource": "*", "Condition": BY_TAG}
    assert denied({**READ, "Condition": BY_TAG}, deny) == ["s3:PutObject"]
    assert (
        denied(
            {**READ, "Condition": BY_TAG}, {**deny, "Condition": {**BY_TAG, "Bool": {"aws:SecureTransport": "false"}}}
        )
        == []
    )


def test_a_wildcard_of_the_allow_is_covered_by_a_wider_one_only() -> None:
    """`s3:*` with some actions denied is how limits are written."""
    assert denied({**READ, "Action": "s3:*"}, {"Action": "s3:PutObject", "Resource": "*"}) == []
    assert denied({**READ, "Action": "s3:Put*"}, {"Action": "s3:P*", "Resource": "*"}) == ["s3:Put*"]


def test_too_much_to_compare_is_said() -> None:
    """Each resource is compared with each: where that are too many, nobody says that nothing is denied again."""
    many = [f"arn:aws:s3:::acme/{number}*" for number in range(1200)]
    made = policy({**READ, "Resource": many}, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": [*many, "x"]})
    (found,) = [one.message for one in findings(made) if one.rule == "RM313"]
    assert found.startswith("can't tell whether this or an Allow behind it is denied again: it takes more than ")


def test_the_principals_of_a_resource_policy_count() -> None:
    """A Deny of someone else takes nothing away; one of everyone does."""
    alice, bob = ({"AWS": f"arn:aws:iam::111122223333:role/{name}"} for name in ("alice", "bob"))
    deny = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme/*"}
    assert denied({**READ, "Principal": alice}, {**deny, "Principal": bob}, kind="resource") == []
    assert denied({**READ, "Principal": alice}, {**deny, "Principal": "*"}, kind="resource") == ["s3:PutObject"]
    assert denied({**READ, "Principal": alice}, {**deny, "Principal": {"AWS": "*"}}, kind="resource") == [
        "s3:PutObject"
    ]
    logging = {"Service": "logging.s3.amazonaws.com"}
    assert denied({**READ, "Principal": logging}, {**deny, "Principal": {"AWS": "*"}}, kind="resource") == []
    assert denied({**READ, "Principal": alice}, {**deny, "NotPrincipal": bob}, kind="resource") == []


def test_a_statement_twice_is_told_by_its_meaning() -> None:
    """Order, case of actions and Sid don't count; a condition does."""
    again = {**READ, "Sid": "Again", "Action": ["S3:putobject", "s3:GetObject"]}
    assert "RM113" in rules(policy(READ, again))
    assert "RM113" not in rules(policy(READ, {**again, "Condition": BY_TAG}))
    assert "RM113" not in rules(policy(READ, {**again, "Effect": "Deny", "Resource": "arn:aws:s3:::other/*"}))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("IpAddress", "aws:SourceIp", "203.0.113.0/33"), ("IpAddress", "aws:SourceIp", "office"),
        ("NotIpAddress", "aws:VpcSourceIp", "10.0.0"), ("DateLessThan", "aws:CurrentTime", "tomorrow"),
        ("DateGreaterThan", "aws:TokenIssueTime", "01/02/2026"), ("NumericLessThan", "aws:MultiFactorAuthAge", "1h"),
        ("Bool", "aws:SecureTransport", "yes"), ("Null", "aws:SourceVpce", "no"), ("ArnLike", "aws:SourceArn", "arn:aws:s3"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "${aws:PrincipalTag/Age}"),
        ("IpAddress", "aws:SourceIp", "${aws:PrincipalTag/Network}"),
    ],
)  # fmt: skip
def test_a_value_that_its_operator_cannot_read(operator: str, key: str, value: str) -> None:
    """Networks, dates, numbers, booleans, ARNs; and variables where IAM takes none."""
    assert "RM107" in rules(policy({**READ, "Condition": {operator: {key: value}}}))


def test_a_range_of_addresses_is_no_text() -> None:
    """StringEquals never finds the address in it."""
    assert "RM401" in rules(policy({**READ, "Condition": {"StringEquals": {"aws:SourceIp": "203.0.113.0/24"}}}))
    assert "RM401" not in rules(policy({**READ, "Condition": {"StringEquals": {"aws:SourceIp": "203.0.113.7"}}}))


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("arn:aws:s3:::${aws:username}/*", False),
        ("arn:aws:sagemaker:${aws:RequestedRegion}:111122223333:model/*", True),
        ("arn:aws:sagemaker:*:${aws:PrincipalAccount}:model/*", True),
        ("arn:aws:sagemaker:*:${ aws:PrincipalTag/Account, '111122223333' }:model/*", True),
        ("arn:aws:sagemaker:*:${var.account}:model/*", False),
    ],
)
def test_a_variable_stands_behind_the_fifth_colon(resource: str, found: bool) -> None:
    """What Terraform fills in is no variable of IAM's."""
    assert ("RM314" in rules(policy({**READ, "Action": "sagemaker:DescribeModel", "Resource": resource}))) is found


def lines(policy: dict[str, Any]) -> dict[str, int | None]:
    """Return the line of each finding in *policy*, printed one element a line."""
    return {one.rule: one.line for one in check(from_text(json.dumps(policy, indent=1), "p.json", as_json=True))}


def test_findings_stand_at_the_line_that_is_wrong() -> None:
    """The operator's for an operator, the value's for a value."""
    wrong = {"Bool": {"aws:SecureTransport": ["true", "yes"]}, "ForAnyValue:Stringlike": {"aws:TagKeys": ["x*"]},
             "StringEquals": {"aws:PrincipalTag/a": ["a", "b*"]}}  # fmt: skip
    text = json.dumps(policy({**READ, "Condition": wrong}), indent=1).splitlines()
    found = lines(policy({**READ, "Condition": wrong}))
    for rule, piece in (("RM107", '"yes"'), ("RM204", "Stringlike"), ("RM402", '"b*"')):
        line = found[rule]
        assert line is not None
        assert piece in text[line - 1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Stringlike", "`StringLike`"), ("ForAnyValue:Stringlike", "`ForAnyValue:StringLike`"),
        ("ForAllValue:StringEquals", "`ForAllValues:StringEquals`"), ("StringEqualIfExists", "`StringEqualsIfExists`"),
        ("forAnyValue:stringNotLikeIfExists", "`ForAnyValue:StringNotLikeIfExists`"), ("NullIfExists", "`Null`"), ("String", "`StringEquals`"),
    ],
)  # fmt: skip
def test_a_hint_at_an_operator_keeps_its_qualifier(written: str, meant: str) -> None:
    """What stands around the base operator stays as it was meant."""
    found = [
        one.message
        for one in findings(policy({**READ, "Condition": {written: {"aws:TagKeys": "x"}}}))
        if one.rule == "RM204"
    ]
    assert found
    assert found[0].endswith(f"did you mean {meant}?")


def test_a_dependent_action_names_each_action_once() -> None:
    """CreateHyperParameterTuningJob passes a role for two of its fields."""
    made = policy(
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob"],
            "Resource": "*",
        }
    )
    (message,) = [one.message for one in findings(made) if one.rule == "RM609"]
    assert message.count("CreateHyperParameterTuningJob") == 1
    assert "take iam:PassRole" in message
