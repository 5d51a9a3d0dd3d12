"""Policies that are written so that an audit does not see what they allow."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, BOUNDARY, allow, deny, details, policy, role, role_arn
from tests.audit.support import audited, found, inventory
from tests.audit.test_who_can import READ, names

from rolemgr.audit.can import can
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
    boundary = [policy("ml-boundary", allow("s3:*", bounded_to))] if bounded_to else []
    held = role("reader", *statements, boundary=BOUNDARY if bounded_to else None, tags={"team": "churn"})
    given = inventory(details([held], policies=boundary))
    assert names(who_can(given, READ))["can"] == {"reader"}
    assert READ in can(given, given.principals[role_arn("reader")]).actions


def test_what_layers_leave_nothing_of_is_not_made_up() -> None:
    boundary = policy("ml-boundary", allow("s3:*", "arn:aws:s3:::other-*"))
    held = role("reader", allow(READ, f"{BUCKET}/*"), boundary=BOUNDARY)
    given = inventory(details([held], policies=[boundary]))
    assert not names(who_can(given, READ))["can"]
    assert not can(given, given.principals[role_arn("reader")]).actions


def test_a_deny_that_knows_the_name_that_is_asked_for_hides_nothing() -> None:
    start = allow(["iam:PassRole", "sagemaker:CreateTrainingJob"])
    account = details([
        role("reader", allow(READ), deny("s3:*", "arn:aws:s3:::zz-rolemgr-audit*")),
        role("passer", start, deny("iam:PassRole", "arn:aws:iam::*:role/*audit*")),
        role("all", allow("*"), deny("*", "arn:aws:*:*:*:*z*")),
    ])  # fmt: skip
    assert {("AU005", "reader"), ("AU201", "passer"), ("AU001", "all")} <= found(audited(account))


def test_an_allow_that_knows_the_name_is_not_about_any() -> None:
    of_auditors = allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*audit*")
    account = details([role("passer", of_auditors, allow("sagemaker:CreateTrainingJob"))])
    assert not {one for one, _ in found(audited(account))} & {"AU201", "AU202"}


def test_that_each_name_is_known_is_said() -> None:
    every = [f"arn:aws:s3:::*{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    result = audited(details([role("reader", allow(READ), deny("s3:*", every))]))
    assert any("names that its policies do not know" in one.place for one in result.not_judged)


def trusts(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> Mapping[str, Any]:
    """Return a statement of a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement | ({"Condition": condition} if condition else {})
