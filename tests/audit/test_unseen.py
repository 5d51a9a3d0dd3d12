"""Policies that are written so that an audit does not see what they allow."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, BOUNDARY, PARTNER, allow, deny, details, document, policy, role, role_arn
from tests.audit.layers import bucket, inventory_of
from tests.audit.support import audited, found, inventory, personas
from tests.audit.test_layers import to
from tests.audit.test_who_can import READ, names

from rolemgr.audit.can import can
from rolemgr.audit.run import audit
from rolemgr.audit.who_can import who_can

BUCKET = "arn:aws:s3:::acme-churn"


def leaving(*resources: str, **condition: Any) -> dict[str, Any]:
    """Return a Deny of all of S3 but *resources*."""
    statement = {"Effect": "Deny", "Action": "s3:*", "NotResource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


@pytest.mark.parametrize(
    ("statements", "bounded_to"),
    [
        ([allow(READ), leaving(BUCKET, f"{BUCKET}/*")], None),
        ([allow(READ, "arn:aws:s3:::acme-*"), leaving(BUCKET, f"{BUCKET}/*")], None),
        ([allow(READ)], [f"{BUCKET}/*"]),
        ([allow(READ, "arn:aws:s3:::*-churn/data/*")], ["arn:aws:s3:::acme-*"]),
        ([allow(READ), leaving(f"{BUCKET}/*"), leaving("arn:aws:s3:::*/data/*")], None),
        ([allow(READ, f"{BUCKET}/*"), deny(READ, f"{BUCKET}/ex*")], None),
        ([allow(READ, "arn:aws:s3:::acme-${aws:PrincipalTag/team}/*")], ["arn:aws:s3:::acme-*"]),
    ],
)
def test_what_layers_leave_together_is_asked_about(
    statements: list[dict[str, Any]], bounded_to: list[str] | None
) -> None:
    """What an Allow, a boundary and NotResource of Denies have in common."""
    boundary = [policy("ml-boundary", allow("s3:*", bounded_to))] if bounded_to else []
    held = role("reader", *statements, boundary=BOUNDARY if bounded_to else None, tags={"team": "churn"})
    given = inventory(details([held], policies=boundary))
    assert names(who_can(given, READ))["can"] == {"reader"}
    assert READ in can(given, given.principals[role_arn("reader")]).actions


def test_what_layers_leave_nothing_of_is_not_made_up() -> None:
    """An Allow and a boundary without anything in common."""
    boundary = policy("ml-boundary", allow("s3:*", "arn:aws:s3:::other-*"))
    held = role("reader", allow(READ, f"{BUCKET}/*"), boundary=BOUNDARY)
    given = inventory(details([held], policies=[boundary]))
    assert not names(who_can(given, READ))["can"]
    assert not can(given, given.principals[role_arn("reader")]).actions


def test_a_deny_that_knows_the_name_that_is_asked_for_hides_nothing() -> None:
    """Another name is taken, that no pattern of the principal knows."""
    start = allow(["iam:PassRole", "sagemaker:CreateTrainingJob"])
    account = details([
        role("reader", allow(READ), deny("s3:*", "arn:aws:s3:::zz-rolemgr-audit*")),
        role("passer", start, deny("iam:PassRole", "arn:aws:iam::*:role/*audit*")),
        role("all", allow("*"), deny("*", "arn:aws:*:*:*:*z*")),
    ])  # fmt: skip
    assert {("AU005", "reader"), ("AU201", "passer"), ("AU001", "all")} <= found(audited(account))


def test_an_allow_that_knows_the_name_is_not_about_any() -> None:
    """A role may be named like the one that is asked for."""
    of_auditors = allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*audit*")
    account = details([role("passer", of_auditors, allow("sagemaker:CreateTrainingJob"))])
    assert not {one for one, _ in found(audited(account))} & {"AU201", "AU202"}


def test_that_each_name_is_known_is_said() -> None:
    """Where no name is left, that is not taken for no."""
    every = [f"arn:aws:s3:::*{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    result = audited(details([role("reader", allow(READ), deny("s3:*", every))]))
    assert any("names that its policies do not know" in one.place for one in result.not_judged)


def trusts(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> Mapping[str, Any]:
    """Return a statement of a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def denies(principal: Any, **condition: Any) -> Mapping[str, Any]:
    """Return a Deny of a trust policy."""
    return {**trusts(principal, **condition), "Effect": "Deny"}


def denies_there(principal: Any, on: str = "*") -> Mapping[str, Any]:
    """Return a Deny of the policy of the bucket."""
    return {**to(principal, READ, on=on), "Effect": "Deny"}


def named_role(name: str) -> dict[str, list[str]]:
    """Return the partner's role *name* as a principal."""
    return {"AWS": [f"arn:aws:iam::{PARTNER}:role/{name}"]}


OTHERS = f"arn:aws:iam::{PARTNER}:role/*"


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        ([trusts("*", StringEquals={"aws:PrincipalAccount": PARTNER})], "AU102"),
        ([trusts("*", ArnLike={"aws:PrincipalArn": OTHERS})], "AU102"),
        ([trusts("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/admin"})], "AU101"),
        ([trusts("*", StringLike={"aws:PrincipalTag/team": "*"})], "AU101"),
        ([trusts("*", "sts:AssumeRoleWithWebIdentity")], "AU101"),
        ([trusts("*", "sts:AssumeRoleWithSAML")], "AU101"),
        ([trusts("*"), denies({"AWS": "arn:aws:iam::999999999999:root"})], "AU101"),
        ([trusts("*"), denies("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/somebody"})], "AU101"),
        ([trusts("*"), denies("*", StringNotEquals={"aws:PrincipalAccount": ACCOUNT})], None),
        ([trusts("*", StringEquals={"aws:PrincipalAccount": ACCOUNT})], None),
        ([trusts("*", ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"})], None),
        ([trusts(named_role("open")), trusts(named_role("tight"), StringEquals={"sts:ExternalId": "q"})], "AU102"),
        ([trusts(named_role("tight"), StringEquals={"sts:ExternalId": "q"}), trusts(named_role("open"))], "AU102"),
    ],
)
def test_whom_a_trust_policy_lets_in_is_found(statements: list[dict[str, Any]], rule: str | None) -> None:
    """By whatever conditions say who it is, whatever name it denies, in whatever order."""
    held = role("open", allow("s3:ListAllMyBuckets"), trust=document(*statements))
    rules = {one for one, _ in found(audited(details([held]))) if one.startswith("AU1")}
    assert rules == ({rule} if rule else set())


def test_a_session_that_is_trusted_is_said() -> None:
    """Who may take the name of the session is not known."""
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/caller/night"
    given = details([
        role("admin", allow("*"), trust=document(trusts({"AWS": session}))),
        role("caller", allow("sts:AssumeRole", role_arn("admin"))),
    ])  # fmt: skip
    assert any("admin" in one.place and session in one.reason for one in audited(given).not_judged)
    assert names(who_can(inventory(given), READ))["untold"] == {"admin"}


@pytest.mark.parametrize(
    ("condition", "can_read"),
    [
        ({"NumericGreaterThan": {"aws:EpochTime": "10"}}, "can"),
        ({"DateGreaterThan": {"aws:EpochTime": "2020-01-01T00:00:00Z"}}, "can"),
        ({"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, "can"),
        ({"StringLike": {"aws:userid": "*:*"}}, "can"),
        ({"StringLike": {"aws:userid": "AROAREADER:*"}}, "can"),
        ({"StringLike": {"aws:userid": "AROAOTHER:*"}}, None),
        ({"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, "if"),
        ({"DateGreaterThan": {"aws:EpochTime": "1900000000"}}, "if"),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, None),
    ],
)
def test_what_each_session_has_counts_and_who_waits_may(condition: dict[str, Any], can_read: str | None) -> None:
    """Keys of the time and the id of the session; and what is allowed from some day on."""
    answer = names(who_can(inventory(details([role("reader", allow(READ, **condition))])), READ))
    assert [kind for kind in ("can", "if") if answer[kind]] == ([can_read] if can_read else [])


@pytest.mark.parametrize("gone", ["RolePolicyList", "AttachedManagedPolicies"])
def test_a_role_without_its_list_of_policies_is_not_known(gone: str) -> None:
    """AWS lists them for each role; what is not told is not nothing."""
    held = {key: value for key, value in role("reader", allow(READ)).items() if key != gone}
    given = details([held])
    assert any(gone in one.reason for one in audited(given).not_judged)
    if gone == "RolePolicyList":
        assert names(who_can(inventory(given), READ))["untold"] == {"reader"}


def test_two_versions_in_force_are_none_that_is_known() -> None:
    """One is marked, and another one named."""
    made = {**policy("mixed", allow("s3:ListAllMyBuckets")), "DefaultVersionId": "v1"}
    result = audited(details([role("reader", attached=[made["Arn"]])], policies=[made]))
    assert [one.reason for one in result.not_judged] == ["the input does not say which version is in force"]


def test_a_grant_on_any_key_decrypts_with_it() -> None:
    """A grant needs no kms:Decrypt; one for AWS's own services does no harm."""
    account = details(
        [
            role("grants", allow("kms:CreateGrant")),
            role("disks", allow("kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "true"})),
        ]
    )
    assert {one for one in found(audited(account)) if one[0] == "AU008"} == {("AU008", "grants")}


def test_a_part_of_what_stars_run_over_is_an_object_too() -> None:
    """What two patterns have in common need not be the shortest of it: a bucket, and no object."""
    deny_others = leaving(f"{BUCKET}/*", "arn:aws:s3:::*a*")
    given = inventory(details([role("reader", allow(READ, "arn:aws:s3:::o*"), deny_others)]))
    assert names(who_can(given, READ))["can"] == {"reader"}
    assert names(who_can(given, READ, "arn:aws:s3:::ot*"))["can"] == {"reader"}


def test_any_name_in_the_region_of_a_role_is_any() -> None:
    """A role whose ARNs name its Region reads each secret there, and works behind each pipeline."""
    here = f"eu-central-1:{ACCOUNT}"
    account = details([
        role("decrypts", allow("kms:Decrypt", f"arn:aws:kms:{here}:key/*")),
        role("reads", allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{here}:secret:*")),
        role("rewrites", allow("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:{here}:pipeline/*")),
        role("named", allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{here}:secret:ml-*")),
    ])  # fmt: skip
    seen = {one for one in found(audited(account)) if one[0] in ("AU006", "AU008", "AU204")}
    assert seen == {("AU008", "decrypts"), ("AU006", "reads"), ("AU204", "rewrites")}


def test_sagemaker_by_a_wildcard_for_the_type_counts() -> None:
    """A star in place of the resource's type stands for each type."""
    given = inventory(details([role("all", allow("sagemaker:*", f"arn:aws:sagemaker:*:{ACCOUNT}:*"))]))
    assert "sagemaker:CreateTrainingJob" in can(given, given.principals[role_arn("all")]).actions


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        ([to("*", READ, on="*", StringEquals={"aws:PrincipalAccount": PARTNER})], "AU602"),
        ([to("*", READ, on="*", StringEquals={"aws:PrincipalTag/team": "ml"})], "AU601"),
        ([to("*", READ, on="*"), denies_there({"AWS": "arn:aws:iam::999999999999:root"})], "AU601"),
        ([to("*", READ, on="*"), denies_there("*", f"{BUCKET}/ex*")], "AU601"),
        ([to({"AWS": [OTHERS[:-1] + one for one in "ab"]}, READ, on="*"), denies_there(named_role("b"))], "AU602"),
        ([to("*", READ, on="*", StringEquals={"aws:PrincipalAccount": ACCOUNT})], None),
    ],
)
def test_whom_a_bucket_lets_in_is_found(statements: list[Mapping[str, Any]], rule: str | None) -> None:
    """By conditions that say who it is, beside Denies that know a name."""
    given = inventory_of(details([role("idle", allow("s3:ListAllMyBuckets"))]), bucket("acme-churn", *statements))
    rules = {one.rule.id for one in audit(given, personas).findings if one.rule.id.startswith("AU60")}
    assert rules == ({rule} if rule else set())


def test_a_session_that_a_bucket_lets_in_is_said() -> None:
    """By the name of a session, which whoever assumes the role chooses."""
    named = {"AWS": [f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/night"]}
    given = inventory_of(details([role("reader", allow("s3:List*"))]), bucket("acme-churn", to(named, READ, on="*")))
    assert any("session" in one.reason for one in who_can(given, READ).untold)
    assert any("session" in one.reason for one in can(given, given.principals[role_arn("reader")]).not_judged)


def test_a_variable_that_the_request_fills_counts() -> None:
    """A domain that the session's own key names: allowed there, beside a Deny that speaks of all actions."""
    own = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:domain/" + "${sagemaker:DomainId}"
    limit = deny("sagemaker:*", NumericGreaterThan={"sagemaker:MaxRuntimeInSeconds": "86400"})
    given = inventory(details([role("opener", allow("sagemaker:DescribeDomain", own), limit)]))
    assert "sagemaker:DescribeDomain" in can(given, given.principals[role_arn("opener")]).actions
    assert names(who_can(given, "sagemaker:DescribeDomain"))["if"] == {"opener"}
