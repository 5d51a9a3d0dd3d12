"""Allows on aws:ResourceAccount: an ARN of S3 does not tell whose the bucket is, so none of them is "no"."""

import pytest

from rolemgr.audit.nearest import actions_of
from rolemgr.audit.rights import Certainty, Rights
from rolemgr.compare.budget import Budget
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole

OWN, OTHER = "111122223333", "444455556666"
OBJECT = "arn:aws:s3:::data/x"
ALLOWED, DENIED, UNKNOWN = Certainty.ALLOWED, Certainty.DENIED, Certainty.UNKNOWN


def policy(action: str, operator: str, account: str) -> IdentityPolicy:
    """Return a policy that allows *action* on anything of that account, by *operator*."""
    condition = {operator: {"aws:ResourceAccount": account}}
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("action", "resource", "operator", "account", "expected"),
    [
        ("s3:GetObject", OBJECT, "StringEquals", OWN, ALLOWED),
        ("s3:GetObject", OBJECT, "StringEquals", "${aws:PrincipalAccount}", ALLOWED),
        ("s3:GetObject", OBJECT, "StringNotEquals", OWN, ALLOWED),
        ("s3:GetObject", OBJECT, "StringEquals", OTHER, UNKNOWN),
        ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{OWN}:repository/x", "StringEquals", OWN, ALLOWED),
        ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{OWN}:repository/x", "StringEquals", OTHER, DENIED),
        ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{OTHER}:repository/x", "StringEquals", OWN, DENIED),
    ],
)  # fmt: skip
def test_what_no_arn_tells_is_not_no(
    action: str, resource: str, operator: str, account: str, expected: Certainty
) -> None:
    """A bucket may be the account's own, and the request says so; of another account it can't be told."""
    held = (HeldPolicy("own", policy(action, operator, account)),)
    holder = HeldRole("role", f"arn:aws:iam::{OWN}:role/r", "r", OWN, SourceLocation("x"), held)
    found = Rights(holder, "2026-11-28T00:00:00Z", Budget()).ask(action, resource)
    assert found.certainty is expected
    if found.shown and operator == "StringEquals":
        assert found.shown.request.context["aws:ResourceAccount"] == (OWN,)


def test_an_allow_on_buckets_of_the_account_counts_among_actions() -> None:
    """What a migration compares with groups: it was empty, as if the role could read nothing."""
    assert actions_of({"r": (policy("s3:GetObject", "StringEquals", OWN),)}, OWN)["r"] == {"s3:GetObject"}


def test_a_deny_on_other_accounts_leaves_the_buckets_of_its_own() -> None:
    """A data perimeter: without the key it would match each bucket, and all that the role may would be "no"."""
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {
            "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:ResourceAccount": OWN}},
        },
    ]  # fmt: skip
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})
    assert actions_of({"r": (document,)}, OWN)["r"] == {"s3:GetObject"}
