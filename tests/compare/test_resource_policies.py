"""Resource and trust policies: who asks is one more thing that they may differ in."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compare.random_policies import rng_of
from tests.nightly import examples

from rolemgr.compare.action_groups import Focus
from rolemgr.compare.compare import compare
from rolemgr.compare.public import stranger_limits
from rolemgr.compare.scenarios import CallerScenario
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy

A, B = "111122223333", "444455556666"
ROOT, ROLE = {"AWS": f"arn:aws:iam::{A}:root"}, {"AWS": f"arn:aws:iam::{A}:role/ml/r"}
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


def grant(principal: Any, conditions: Any = None, effect: str = "Allow", element: str = "Principal") -> dict[str, Any]:
    """Return a statement of a bucket policy about its objects."""
    made = {"Effect": effect, element: principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
    return {**made, "Condition": conditions} if conditions else made


def bucket(*statements: Any) -> Policies:
    """Return a bucket policy."""
    return Policies(resource=ResourcePolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)}))


def trust(*statements: Any) -> Policies:
    """Return a trust policy; a statement is a principal and conditions."""
    made = [
        {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **({"Condition": when} if when else {})}
        for who, when in statements
    ]
    return Policies(resource=TrustPolicy.model_validate({"Version": "2012-10-17", "Statement": made}))


def answer(found: Comparison, new: Policies, old: Policies) -> str:
    """Return ``same``, ``more``, ``inside`` (more within the account only), ``doubtful`` or ``unknown``."""
    for one in found.differences:
        assert evaluate(one.request, one.scenario.around(new)).decision == "Allowed"
        assert evaluate(one.request, one.scenario.around(old)).decision != "Allowed"
    sure = [one for one in found.differences if not one.doubts]
    if sure:
        return "inside" if all(one.scenario.note for one in sure) else "more"
    return "doubtful" if found.differences else "unknown" if found.unknowns else "same"


def key(name: str, *values: str, operator: str = "StringEquals") -> dict[str, Any]:
    """Return a condition."""
    return {operator: {name: list(values)}}


CASES = {
    "the same": (bucket(grant(ROOT)), bucket(grant(ROOT)), "same"),
    "an account's id and its root": (bucket(grant({"AWS": A})), bucket(grant(ROOT)), "same"),
    "everyone": (bucket(grant("*")), bucket(grant({"AWS": "*"})), "same"),
    "everyone is more than an account": (bucket(grant("*")), bucket(grant(ROOT)), "more"),
    "another account": (bucket(grant({"AWS": [A, B]})), bucket(grant(ROOT)), "more"),
    "a role is within its account": (bucket(grant(ROLE)), bucket(grant(ROOT)), "inside"),
    "an account is more than a role": (bucket(grant(ROOT)), bucket(grant(ROLE)), "more"),
    "a service": (bucket(grant(SAGEMAKER)), bucket(grant({"Service": "lambda.amazonaws.com"})), "more"),
    "the organization": (bucket(grant("*", key("aws:PrincipalOrgID", "o-1"))), bucket(grant("*")), "same"),
    "not only the organization": (bucket(grant("*")), bucket(grant("*", key("aws:PrincipalOrgID", "o-1"))), "more"),
    "another organization": (
        bucket(grant("*", key("aws:PrincipalOrgID", "o-1", "o-2"))),
        bucket(grant("*", key("aws:PrincipalOrgID", "o-1"))), "more",
    ),
    "a Deny with NotPrincipal": (
        bucket(grant("*")), bucket(grant("*"), grant({"AWS": [A, ROLE["AWS"]]}, effect="Deny", element="NotPrincipal")), "more",
    ),
    "a Deny for everyone": (bucket(grant(ROLE), grant("*", effect="Deny")), bucket(), "same"),
    "a source account": (
        trust((SAGEMAKER, key("aws:SourceAccount", A))), trust((SAGEMAKER, None)), "same",
    ),
    "no source account": (trust((SAGEMAKER, None)), trust((SAGEMAKER, key("aws:SourceAccount", A))), "more"),
    "who may assume": (trust((SAGEMAKER, None), (ROOT, None)), trust((SAGEMAKER, None)), "more"),
    "an external id": (
        trust(({"AWS": B}, None)), trust(({"AWS": B}, key("sts:ExternalId", "x"))), "more",
    ),
    "a federated provider": (
        trust(({"Federated": "cognito-identity.amazonaws.com"}, None)), trust((SAGEMAKER, None)), "more",
    ),
    "a session with a boundary": (
        bucket(grant({"AWS": f"arn:aws:sts::{A}:assumed-role/r/s"})),
        bucket(
            grant({"AWS": f"arn:aws:sts::{A}:assumed-role/r/s"}),
            grant({"AWS": [A, f"arn:aws:iam::{A}:role/r", f"arn:aws:sts::{A}:assumed-role/r/s"]}, None, "Deny", "NotPrincipal"),
        ), "more",
    ),
    "a user whose account is denied": (
        bucket(grant({"AWS": f"arn:aws:iam::{A}:user/u"}), grant(ROOT, effect="Deny")), bucket(), "same",
    ),
    "a Deny that is gone": (bucket(), bucket(grant("*", key("aws:SecureTransport", "false", operator="Bool"), "Deny")), "inside"),
    "a Deny that is narrower": (
        bucket(grant(ROLE, effect="Deny")), bucket(grant("*", effect="Deny")), "inside",
    ),
    "roles and users of the names that stand for all": (
        bucket(grant(ROOT)),
        bucket(
            grant({"AWS": [f"arn:aws:iam::{A}:role/example", f"arn:aws:iam::{A}:user/example", f"arn:aws:sts::{A}:federated-user/example"]}),
            grant(ROOT, key("aws:PrincipalType", "Account")),
        ), "more",
    ),
    "a service of the name that stands for all": (
        bucket(grant({"Service": "*"})), bucket(grant({"Service": "other.amazonaws.com"})), "more",
    ),
    "an account that stands for strangers": (bucket(grant({"AWS": "9" * 12})), bucket(grant({"AWS": ["9" * 12, B]})), "unknown"),
    "the same account": (bucket(grant({"AWS": "9" * 12})), bucket(grant({"AWS": "9" * 12})), "same"),
    "somebody by a unique id": (bucket(grant({"AWS": "AROAEXAMPLEROLEID000"})), bucket(), "unknown"),
    "one more by a unique id": (
        trust((ROOT, None), ({"AWS": "AROAEXAMPLEROLEID000"}, None)), trust((ROOT, None)), "unknown",
    ),
    "another id": (trust(({"AWS": "AIDAEXAMPLEUSERID000"}, None)), trust(({"AWS": "AROAEXAMPLEROLEID000"}, None)), "unknown"),
    "the same id, with others": (
        trust(({"AWS": "AROAEXAMPLEROLEID000"}, None)), trust(({"AWS": [A, "AROAEXAMPLEROLEID000"]}, None)), "same",
    ),
    "an id among everyone": (trust(({"AWS": "AROAEXAMPLEROLEID000"}, None)), trust(("*", None)), "same"),
    "an id without its condition": (
        trust(({"AWS": "AROAEXAMPLEROLEID000"}, None)), trust(({"AWS": "AROAEXAMPLEROLEID000"}, key("sts:ExternalId", "x"))), "unknown",
    ),
    "a Deny by a unique id that is gone": (
        bucket(grant("*")), bucket(grant("*"), grant({"AWS": "AROAEXAMPLEROLEID000"}, effect="Deny")), "unknown",
    ),
    "a canonical id": (bucket(grant({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})), bucket(), "unknown"),
    "a federated user within the account": (
        bucket(grant({"AWS": f"arn:aws:sts::{A}:federated-user/u"})), bucket(grant(ROOT)), "inside",
    ),
    "a Deny for the root user that is gone": (
        bucket(), bucket(grant("*", key("aws:PrincipalArn", f"arn:aws:iam::{A}:root", operator="ArnEquals"), "Deny")), "inside",
    ),
    "a Deny for all root users that is gone": (
        bucket(), bucket(grant("*", key("aws:PrincipalType", "Account"), "Deny")), "inside",
    ),
    "all root users": (bucket(grant("*", key("aws:PrincipalType", "Account"))), bucket(), "more"),
    "all federated users": (bucket(grant("*", key("aws:PrincipalType", "FederatedUser"))), bucket(), "more"),
    "an anonymous request does not say that it is from no service": (
        bucket(grant("*")),
        bucket(grant("*", key("aws:PrincipalIsAWSService", "false", operator="Bool")), grant("*", key("aws:PrincipalAccount", "anonymous", operator="StringNotEquals"))),
        "more",
    ),
    "a settled key that a variable equals": (
        bucket(grant(ROOT, key("aws:PrincipalAccount", "${aws:SourceAccount}"))), bucket(), "more",
    ),
    "a settled key that a variable does not equal": (
        bucket(grant(ROOT), grant(ROOT, key("aws:PrincipalAccount", "${aws:SourceAccount}"), "Deny")), bucket(), "more",
    ),
    "principals by a condition": (
        bucket(grant("*", key("aws:PrincipalArn", ROLE["AWS"]))), bucket(grant("*", key("aws:PrincipalAccount", A))), "doubtful",
    ),
    "a role's name in any account": (
        bucket(grant("*", key("aws:PrincipalArn", "arn:aws:iam::*:role/r", operator="ArnLike"))), bucket(grant(ROOT)), "more",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_more(name: str) -> None:
    """Each case answers as it must."""
    new, old, expected = CASES[name]
    assert answer(compare(new, old), new, old) == expected


PUBLIC = {
    "everyone": ([grant("*")], True),
    "everyone, by HTTPS": ([grant("*", key("aws:SecureTransport", "true", operator="Bool"))], True),
    "everyone, as the page says that they come from": ([grant("*", key("aws:Referer", "https://x/*", operator="StringLike"))], True),
    "an account": ([grant(ROOT)], False),
    "a service": ([grant(SAGEMAKER)], False),
    "the organization": ([grant("*", key("aws:PrincipalOrgID", "o-1"))], False),
    "the organization, if there is one": ([grant("*", key("aws:PrincipalOrgID", "o-1", operator="StringEqualsIfExists"))], True),
    "any organization": ([grant("*", key("aws:PrincipalOrgID", "o-*", operator="StringLike"))], True),
    "not one organization": ([grant("*", key("aws:PrincipalOrgID", "o-1", operator="StringNotEquals"))], True),
    "a VPC": ([grant("*", key("aws:SourceVpc", "vpc-91237329"))], False),
    "any VPC": ([grant("*", key("aws:SourceVpc", "vpc-*", operator="StringLike"))], True),
    "a network": ([grant("*", key("aws:SourceIp", "203.0.113.0/24", operator="IpAddress"))], False),
    "half of the internet": ([grant("*", key("aws:SourceIp", "0.0.0.0/1", operator="IpAddress"))], True),
    "all but a network": ([grant("*", key("aws:SourceIp", "203.0.113.0/24", operator="NotIpAddress"))], True),
    "the topics of an account": (
        [grant("*", key("aws:SourceArn", f"arn:aws:sns:*:{A}:*", operator="ArnLike"))], False,
    ),
    "topics of anybody": ([grant("*", key("aws:SourceArn", "arn:aws:sns:*:*:*", operator="ArnLike"))], True),
    "a role by condition": ([grant("*", key("aws:PrincipalArn", f"arn:aws:iam::{A}:role/*", operator="ArnLike"))], False),
    "any account's role, as a wildcard moves the segments": (
        [grant("*", key("aws:PrincipalArn", f"arn:*:iam::{A}:role/r", operator="StringLike"))], True,
    ),
    "a role in any partition": ([grant("*", key("aws:PrincipalArn", f"arn:*:iam::{A}:role/r", operator="ArnLike"))], False),
    "all of the internet in pieces": (
        [grant("*", key("aws:SourceIp", *(f"{first}.0.0.0/8" for first in range(256)), operator="IpAddress"))], True,
    ),
    "two networks, one of them twice": (
        [grant("*", key("aws:SourceIp", "3.0.0.0/8", "3.0.0.0/9", "2.0.0.0/8", operator="IpAddress"))], False,
    ),
    "an account's own identity provider": (
        [grant("*", key("aws:FederatedProvider", f"arn:aws:iam::{A}:oidc-provider/idp"))], False,
    ),
    "any provider's users": ([grant("*", key("aws:FederatedProvider", "accounts.google.com"))], True),
    "ids that are none": ([grant("*", key("aws:userid", "a-name-of-a-session*", operator="StringLike"))], True),
    "sessions of a role": ([grant("*", key("aws:userid", "AROAEXAMPLEROLEID000:*", operator="StringLike"))], False),
    "denied again": ([grant("*"), grant("*", effect="Deny")], False),
    "denied but for the organization": (
        [grant("*"), grant("*", key("aws:PrincipalOrgID", "o-1", operator="StringNotEquals"), effect="Deny")], False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public(name: str) -> None:
    """A policy is public where somebody whom it does not name may do something."""
    statements, public = PUBLIC[name]
    policies = bucket(*statements)
    found = compare(policies, bucket(), Focus(strangers=True, within=stranger_limits(policies)))
    assert (answer(found, policies, bucket()) == "more") is public
    assert public or found.proven


PRINCIPALS: list[Any] = [
    "*", ROOT, ROLE, {"AWS": B}, {"AWS": f"arn:aws:iam::{A}:user/u"}, SAGEMAKER,
    {"AWS": f"arn:aws:sts::{A}:assumed-role/r/s"}, {"AWS": [A, f"arn:aws:iam::{B}:role/r"]},
]  # fmt: skip
CONDITIONS = [
    None, None, key("aws:PrincipalOrgID", "o-1"), key("aws:PrincipalAccount", A), key("aws:SourceAccount", A),
    key("aws:PrincipalArn", f"arn:aws:iam::{A}:role/*", operator="ArnLike"),
    key("aws:PrincipalArn", ROLE["AWS"], operator="StringNotEquals"),
    key("aws:PrincipalType", "AssumedRole"), key("aws:PrincipalIsAWSService", "true", operator="Bool"),
]  # fmt: skip
CALLERS = [
    "anonymous", "sagemaker.amazonaws.com", "lambda.amazonaws.com", ROLE["AWS"], f"arn:aws:iam::{A}:role/other",
    f"arn:aws:iam::{A}:user/u", f"arn:aws:iam::{A}:user/v", f"arn:aws:sts::{A}:assumed-role/r/s",
    f"arn:aws:sts::{A}:assumed-role/r/t", f"arn:aws:iam::{B}:role/r", f"arn:aws:iam::{B}:user/u",
    "arn:aws:iam::777788889999:role/x",
]  # fmt: skip


def _policy(rng: random.Random) -> Policies:
    def one() -> dict[str, Any]:
        if rng.random() < 0.15:
            return grant({"AWS": [A, ROLE["AWS"]]}, rng.choice(CONDITIONS), "Deny", "NotPrincipal")
        return grant(rng.choice(PRINCIPALS), rng.choice(CONDITIONS), rng.choice(("Allow", "Allow", "Deny")))

    return bucket(*(one() for _ in range(rng.randint(1, 3))))


def _requests_of(rng: random.Random) -> Iterator[tuple[CallerScenario, dict[str, str]]]:
    for caller in CALLERS:
        for context in ({}, {"aws:PrincipalOrgID": "o-1"}, {"aws:SourceAccount": A}):
            account = caller.split(":")[4] if caller.startswith("arn:") else None
            yield CallerScenario(caller, "000000000000", bounded=rng.random() < 0.3), context
            if account and rng.random() < 0.5:
                yield CallerScenario(caller, account), context


@settings(max_examples=examples(20, 150), deadline=None)
@given(st.integers(0, 2**32))
def test_no_principal_is_overlooked(seed: int) -> None:
    """Whoever asks, by the new policy and not by the old one, was told of; and every difference is real."""
    rng = rng_of(seed)
    new, old = _policy(rng), _policy(rng)
    found = compare(new, old)
    answer(found, new, old)
    for scenario, context in _requests_of(rng):
        if scenario.caller.kind.name == "ANONYMOUS" and context.get("aws:PrincipalOrgID"):
            continue  # nobody's organization
        known = {"aws:PrincipalAccount": "anonymous"} if scenario.caller.kind.name == "ANONYMOUS" else {}
        request = scenario.request("s3:GetObject", "arn:aws:s3:::acme/x", {**context, **known})
        more = [evaluate(request, scenario.around(one)).decision == "Allowed" for one in (new, old)]
        assert found.proven is False or more != [True, False], (request, scenario)


@settings(max_examples=examples(15, 100), deadline=None)
@given(st.integers(0, 2**32))
def test_a_policy_lets_in_nobody_more_than_itself(seed: int) -> None:
    """Also written in another order."""
    rng = rng_of(seed)
    policies = _policy(rng)
    assert policies.resource is not None
    raw = policies.resource.to_json_value()
    again = bucket(*reversed(raw["Statement"]))
    assert compare(policies, again).proven
    assert compare(again, policies).proven


def test_a_direct_grant_is_more_within_the_account() -> None:
    """A user who is named needs no identity policy, nor that the boundary allows it; the account's users do."""
    user = bucket(grant({"AWS": f"arn:aws:iam::{A}:user/u"}))
    found = compare(user, bucket(grant(ROOT)))
    assert {one.scenario.note for one in found.differences} == {"within the account, without any identity policy"}
    assert isinstance(found.differences[0].scenario.around(user).identity, tuple)
    assert not any(isinstance(one, IdentityPolicy) for one in found.differences[0].scenario.around(user).identity)
