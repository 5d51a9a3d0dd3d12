"""Public is what a stranger may: RM605 and `no_public_access` are one judge, over a whole policy."""

import json
from typing import Any

import pytest
from tests.check.support import findings, policy, rules
from tests.check.test_custom import PUBLIC as CHECK
from tests.check.test_custom import checks, found

from rolemgr.iam.documents import PolicyType

ROLE = "arn:aws:iam::111122223333:role/x"
ORG = "o-a1b2c3d4e5"
NOT_OURS = {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}


def allow(**more: Any) -> dict[str, Any]:
    """Return an Allow for everyone, but for *more*; None takes an element out."""
    made = {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*", **more
    }  # fmt: skip
    return {key: value for key, value in made.items() if value is not None}


def deny(**more: Any) -> dict[str, Any]:
    """Return the Deny of the same, but for *more*."""
    return allow(Effect="Deny", **more)


def is_public(*statements: Any, kind: str = "resource") -> bool:
    """Tell what the rule and the check say, which must be one answer."""
    made = policy(*statements)
    by_rule = "RM605" in rules(made, kind)
    assert by_rule is bool(found(made, checks(**CHECK), PolicyType(kind)))
    return by_rule


WIDE: list[dict[str, Any]] = [
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::????????????:role/x"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::1111222233*:role/x"}},
    {"StringLike": {"aws:PrincipalArn": [ROLE, "arn:aws:iam::*:role/y"]}},
    {"ArnLikeIfExists": {"aws:PrincipalArn": ROLE}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORG}},
    {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
    {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}},
    {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}},
    {"Null": {"aws:PrincipalOrgID": "false"}},
    {"Null": {"aws:SourceVpce": "false"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"IpAddress": {"aws:SourceIp": "16.0.0.0/7"}},
    {"IpAddress": {"aws:SourceIp": "::/0"}},
    {"IpAddress": {"aws:SourceIp": [f"{number}.0.0.0/8" for number in range(256)]}},
    {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"StringLike": {"aws:SourceVpc": "vpc-*"}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    {"Bool": {"aws:ViaAWSService": "true"}},
    {"Bool": {"aws:ViaAWSService": "false"}},
    {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    {"StringLike": {"aws:Referer": "https://acme.example/*"}},
    {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}},
]
FIXED: list[dict[str, Any]] = [
    {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::111122223333:role/*"}},
    {"StringEquals": {"aws:PrincipalTag/t": "x"}, "ArnLike": {"aws:PrincipalArn": ROLE}},
    {"StringEquals": {"AWS:PRINCIPALORGID": ORG}},
    {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}},
    {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:ResourceAccount}:role/x"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/r-ab12/ou-ab12-11111111/*"}},
    {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}, "Null": {"aws:PrincipalOrgPaths": "false"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"IpAddress": {"aws:SourceIp": "2001:db8:1::/48"}},
    {"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}},
    {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::acme-b"}},
    {"StringLike": {"aws:userid": "AROAEXAMPLEID1234567:*"}},
    {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
]


@pytest.mark.parametrize("condition", WIDE, ids=json.dumps)
def test_a_value_that_is_not_fixed_is_public(condition: Any) -> None:
    """Wildcards, networks of half the world, what may be absent, what is the caller's own."""
    assert is_public(allow(Condition=condition))


@pytest.mark.parametrize("condition", FIXED, ids=json.dumps)
def test_a_fixed_value_is_not_public(condition: Any) -> None:
    """Also where a variable is the resource's own account, or Null stands beside ForAllValues."""
    assert not is_public(allow(Condition=condition))


CLOSES: list[dict[str, Any]] = [
    {},
    {"Condition": NOT_OURS},
    {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}},
    {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}},
    {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    {"Condition": {"ArnNotLike": {"aws:PrincipalArn": ROLE}}},
    {"Condition": NOT_OURS, "Action": "s3:*", "Resource": "*"},
    {"Principal": None, "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:root", ROLE]}},
]
LEAVES_OPEN: list[dict[str, Any]] = [
    {"Condition": {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}},
    {"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}},
    {"Condition": {**NOT_OURS, "Null": {"aws:PrincipalOrgID": "false"}}},
    {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG, "aws:PrincipalTag/x": "y"}}},
    {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Condition": NOT_OURS, "Action": "s3:PutObject"},
    {"Condition": NOT_OURS, "Resource": "arn:aws:s3:::acme/secret/*"},
]


@pytest.mark.parametrize("closing", CLOSES, ids=json.dumps)
def test_a_deny_of_all_strangers_closes_it(closing: Any) -> None:
    """Whoever is not denied is known."""
    assert not is_public(allow(), deny(**closing))


@pytest.mark.parametrize("leaving", LEAVES_OPEN, ids=json.dumps)
def test_a_deny_of_some_strangers_leaves_it_open(leaving: Any) -> None:
    """Of another action, of some resources, of two things at once, of those with a key."""
    assert is_public(allow(), deny(**leaving))


def test_each_allow_is_asked_by_itself() -> None:
    """A Deny closes the one and leaves the other; the finding is at that one."""
    other = allow(Sid="Put", Action="s3:PutObject")
    from tests.check.support import findings

    found_ = findings(policy(allow(Sid="Get"), other, deny(Condition=NOT_OURS)), "resource")
    assert [one.sid for one in found_ if one.rule == "RM605"] == ["Put"]


def test_whoever_any_provider_vouches_for_is_anyone() -> None:
    """A star as the provider of identities; one provider is not everybody."""
    web = {"Action": "sts:AssumeRoleWithWebIdentity", "Resource": None}
    assert is_public(allow(Principal={"Federated": "*"}, **web), kind="trust")
    named = {"Federated": "arn:aws:iam::111122223333:oidc-provider/idp.acme.example"}
    assert not is_public(allow(Principal=named, **web), kind="trust")


@pytest.mark.parametrize(
    ("principal", "public"),
    [
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::111122223333:root", "*"]}, True),
        ({"AWS": "111122223333"}, False),
        ({"Service": "cloudtrail.amazonaws.com"}, False),
        ({"Federated": "arn:aws:iam::111122223333:saml-provider/x"}, False),
    ],
)
def test_who_is_everyone(principal: Any, public: bool) -> None:
    """A star among others is everyone; a service is a confused deputy, which another rule tells."""
    assert is_public(allow(Principal=principal)) is public


API = "arn:aws:execute-api:us-east-1:111122223333:a123456789/*"


@pytest.mark.parametrize(
    ("resource", "operator", "value", "closed"),
    [
        (API, "StringNotEquals", {"Ref": "Endpoint"}, True),
        ({"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:*/*"}, "StringNotEquals", {"Fn::Sub": "vpce-${Id}"}, True),
        (API, "StringNotLike", {"Ref": "Endpoint"}, False),
        (API, "StringNotEquals", "vpce-*", True),
        ({"Fn::Sub": "${Api}/*"}, "StringEquals", {"Ref": "Endpoint"}, False),
    ],
)  # fmt: skip
def test_a_deny_whose_value_a_template_fills_in(resource: Any, operator: str, value: Any, closed: bool) -> None:
    """A private API as its guide has it: one endpoint, whichever it will be, keeps strangers out; a pattern may not."""
    invoke = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
    deny = {**invoke, "Effect": "Deny", "Condition": {operator: {"aws:SourceVpce": value}}}
    told = findings(policy({**invoke, "Effect": "Allow"}, deny), "resource", template=True)
    assert ("RM605" not in [one.rule for one in told]) == closed


def test_a_deny_on_another_resource_closes_nothing() -> None:
    """Of two functions nobody knows that they are one resource."""
    invoke = {"Principal": "*", "Action": "execute-api:Invoke"}
    allow = {**invoke, "Effect": "Allow", "Resource": {"Fn::Sub": "${One}/*"}}
    away = {"StringNotEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}}}
    deny = {**invoke, "Effect": "Deny", "Resource": {"Fn::Sub": "${Two}/*"}, "Condition": away}
    assert "RM605" in [one.rule for one in findings(policy(allow, deny), "resource", template=True)]
