"""Whom conditions let in that look as if they kept somebody out, and whom conditions do keep out."""

from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, PARTNER, allow, details, document, role, trust_aws
from tests.audit.support import audited, found, inventory

from rolemgr.audit.who_can import who_can

PATTERNS: list[tuple[dict[str, Any], str]] = [
    ({"StringLike": {"aws:PrincipalArn": "*:role/OrganizationAccountAccessRole"}}, "AU101"),
    ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::4444*"}}, "AU101"),
    ({"StringLike": {"aws:PrincipalAccount": "4444*"}}, "AU101"),
    ({"StringLike": {"aws:PrincipalAccount": "4444????5566"}}, "AU101"),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ci"}}, "AU101"),
    ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}*"}}, "AU102"),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:user/*"}}, "AU102"),
]
LEAVING_MANY: list[dict[str, Any]] = [
    {"StringNotLike": {"aws:PrincipalAccount": ["9*", "8*", "7*", "56*"]}},
    {"StringNotEquals": {"aws:PrincipalAccount": ["999999999999", "888888888888", "777777777777", "560560560560"]}},
    {"StringNotLike": {"aws:PrincipalAccount": [f"*{digit}*" for digit in "124567890"]}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"StringNotLike": {"aws:PrincipalArn": [f"*/{one}*" for one in ("s", "u", "q", "h", "5", "e")]}},
    {"StringNotLike": {"aws:PrincipalArn": ["*/*a*", "*/*e*", "*/*u*", "*/*0*", "*/*5*", "*/*h*", "*/zz*"]}},
]
"""Denies of some, chosen to have every sample among them that is always the same."""
LEAVING_SOURCES: list[dict[str, Any]] = [
    {"StringNotEquals": {"aws:SourceAccount": "999999999999"}},
    {"StringNotLike": {"aws:SourceAccount": ["9*", "8*", "7*", "5*"]}},
    {"ArnNotLike": {"aws:SourceArn": "arn:*:*:us-east-1:*:*"}},
    {"ArnNotLike": {"aws:SourceArn": ["arn:aws:*:*:*:zz*", "arn:aws:*:*:*:example*"]}},
    {"StringNotEquals": {"aws:SourceOrgID": "o-zzstranger1"}},
]
AT_WILL: list[dict[str, Any]] = [
    {"Bool": {"aws:SecureTransport": "true"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"StringLike": {"sts:ExternalId": "*"}},
    {"Null": {"sts:ExternalId": "false"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringLike": {"sts:RoleSessionName": "*"}},
    {"StringEquals": {"sts:RoleSessionName": "ci"}},
    {"StringEquals": {"aws:PrincipalTag/team": "ml"}},
    {"StringLike": {"aws:SourceVpc": "vpc-*"}},
]
NARROW: list[dict[str, Any]] = [
    {"StringEquals": {"sts:ExternalId": "q7"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    {"StringEquals": {"aws:SourceVpc": "vpc-0a1b"}},
    {"StringEquals": {"sts:ExternalId": "q7", "aws:PrincipalTag/team": "ml"}},
]
SOURCES: list[tuple[dict[str, Any], bool]] = [
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}}, True),
    ({"StringLike": {"aws:SourceAccount": "*"}}, True),
    ({"Null": {"aws:SourceAccount": "false"}}, True),
    ({"StringLike": {"aws:SourceArn": "arn:aws:sagemaker:eu-west-1:*:training-job/ml-*"}}, True),
    ({"StringLike": {"aws:SourceAccount": "1*"}}, True),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:4444*:*"}}, True),
    ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
    ({"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{ACCOUNT}:*"}}, False),
    ({"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}}, False),
]


def of_trust(trust: dict[str, Any]) -> set[str]:
    """Return the kinds of findings on whom a role with this trust policy lets in."""
    held = role("open", allow("s3:ListAllMyBuckets"), trust=trust)
    return {one for one, _ in found(audited(details([held]))) if one.startswith("AU1")}


def as_deny(condition: dict[str, Any]) -> dict[str, Any]:
    """Return a condition of a Deny that leaves those whom *condition* of an Allow lets in."""
    return {operator.replace("Not", ""): block for operator, block in condition.items()}


def denying(whom: str, condition: dict[str, Any]) -> dict[str, Any]:
    """Return a trust policy of *whom* without those of *condition*."""
    statement = {"Principal": {"AWS": whom}, "Action": "sts:AssumeRole"}
    return document({"Effect": "Allow", **statement}, {"Effect": "Deny", **statement, "Condition": condition})


def of_service(service: str, condition: dict[str, Any]) -> dict[str, Any]:
    """Return a trust policy of a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document({**statement, "Condition": condition})


@pytest.mark.parametrize(("condition", "rule"), PATTERNS)
def test_patterns_of_whom_it_trusts_are_filled_in(condition: dict[str, Any], rule: str) -> None:
    """A wildcard for the account, the name or a part of either lets in whoever has such a one."""
    assert of_trust(trust_aws("*", **condition)) == {rule}
    held = role("open", allow("s3:ListAllMyBuckets"), trust=trust_aws("*", **condition))
    assert who_can(inventory(details([held])), "sts:AssumeRole").outside


@pytest.mark.parametrize("condition", LEAVING_MANY, ids=str)
def test_whom_no_pattern_has_is_found_whatever_the_patterns_are(condition: dict[str, Any]) -> None:
    """Who is kept out may be chosen to be whoever is asked about: then others are asked about."""
    assert of_trust(trust_aws("*", **condition)) == {"AU101"}
    assert of_trust(denying("*", as_deny(condition))) == {"AU101"}


@pytest.mark.parametrize("condition", LEAVING_SOURCES, ids=str)
def test_a_source_that_no_pattern_has_is_found(condition: dict[str, Any]) -> None:
    """A service acts for strangers where some of them are kept out."""
    trust = of_service("sagemaker.amazonaws.com", {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}})
    deny = {**trust["Statement"][0], "Effect": "Deny", "Condition": as_deny(condition)}
    assert of_trust(document(*trust["Statement"], deny)) == {"AU105"}


def test_patterns_that_leave_nobody_let_nobody_in() -> None:
    """Where each account is kept out, nobody is found."""
    everybody = {"StringLike": {"aws:PrincipalAccount": [f"{digit}*" for digit in "0123456789"]}}
    assert of_trust(denying("*", everybody)) == set()


def test_patterns_too_many_to_tell_are_said() -> None:
    """A policy whose patterns take too long is not taken for one that lets nobody in."""
    pairs = [f"*{first}?{last}*" for first in range(10) for last in range(10)]
    made = [f"*{one}{two}*{three}*" for one in range(10) for two in range(10) for three in range(6)]
    held = role(
        "open", allow("s3:ListAllMyBuckets"), trust=denying("*", {"StringLike": {"aws:PrincipalAccount": pairs + made}})
    )
    listed = inventory(details([held]))
    assert audited(details([held])).not_judged
    assert who_can(listed, "sts:AssumeRole").untold


@pytest.mark.parametrize("condition", AT_WILL, ids=str)
def test_conditions_that_anybody_meets_keep_nobody_out(condition: dict[str, Any]) -> None:
    """What whoever asks has or sends as it likes is no condition on who it is."""
    assert of_trust(trust_aws("*", **condition)) == {"AU101"}


@pytest.mark.parametrize("condition", NARROW, ids=str)
def test_conditions_that_few_meet_are_a_suggestion(condition: dict[str, Any]) -> None:
    """A value that strangers do not have or know keeps them out."""
    assert of_trust(trust_aws("*", **condition)) == {"AU103"}


@pytest.mark.parametrize(("condition", "is_found"), SOURCES, ids=str)
def test_a_source_of_any_account_is_none(condition: dict[str, Any], is_found: bool) -> None:
    """A service may act for strangers where the account of the source is a wildcard."""
    assert of_trust(of_service("sagemaker.amazonaws.com", condition)) == ({"AU105"} if is_found else set())


def test_a_service_that_sends_no_source_is_not_held_to_one() -> None:
    """Where AWS documents no source of a service, a wildcard for it is not reported."""
    assert of_trust(of_service("ec2.amazonaws.com", {"StringLike": {"aws:SourceAccount": "*"}})) in (set(), {"AU105"})


def test_a_named_account_is_asked_by_the_names_that_conditions_want() -> None:
    """Who trusts an account's roles of one name lets that account in."""
    condition: dict[str, Any] = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}}
    assert of_trust(trust_aws(f"arn:aws:iam::{PARTNER}:root", **condition)) == {"AU102"}
