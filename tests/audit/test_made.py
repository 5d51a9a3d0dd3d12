"""Whom somebody makes and then is, and Denies that keep each other on."""

from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, allow, deny, details, group, policy, role
from tests.audit.support import audited

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
BOUND: dict[str, Any] = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
USER = "iam:CreateAccessKey"
MADE: list[tuple[list[dict[str, Any]], str]] = [
    ([allow(["iam:CreateUser", "iam:AddUserToGroup", USER])], "adds it to group everybody, and signs in as it"),
    (
        [allow(["iam:CreateUser", "iam:PutUserPolicy"], **BOUND), allow([USER, "iam:DeleteUserPermissionsBoundary"])],
        "takes its boundary off, gives it any policy, and signs in as it",
    ),
    (
        [allow("iam:CreateUser", **BOUND), allow([USER, "iam:AddUserToGroup", "iam:DeleteUserPermissionsBoundary"])],
        "takes its boundary off, adds it to group everybody",
    ),
    (
        [
            allow(["iam:CreateRole", "iam:PutRolePolicy"], **BOUND),
            allow(["sts:AssumeRole", "iam:DeleteRolePermissionsBoundary"]),
        ],
        "takes its boundary off, gives it any policy, and assumes it",
    ),
    (
        [
            allow(["iam:CreateRole", "iam:PutRolePolicy"], **BOUND),
            allow(["sts:AssumeRole", "iam:PutRolePermissionsBoundary"]),
        ],
        "puts arn:aws:iam::aws:policy/AdministratorAccess in the place of its boundary",
    ),
    (
        [allow(["iam:CreateUser", "iam:PutUserPolicy"], **BOUND), allow([USER, "iam:CreatePolicyVersion"])],
        f"rewrites {BOUNDARY}, its boundary",
    ),
    (
        [
            allow(["iam:CreateUser", USER]),
            allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": "arn:aws:iam::aws:policy/IAMFullAccess"}),
        ],
        "makes a user, attaches arn:aws:iam::aws:policy/IAMFullAccess to it, and signs in as it",
    ),
]
KEPT: list[list[dict[str, Any]]] = [
    [allow(["iam:CreateUser", "iam:AddUserToGroup"])],
    [allow(["iam:CreateUser", "iam:PutUserPolicy"], **BOUND), allow(USER)],
    [allow(["iam:CreateRole", "iam:PutRolePolicy"], **BOUND), allow("sts:AssumeRole")],
]


def gives_itself(statements: list[dict[str, Any]], *more: dict[str, Any], **held: Any) -> list[str]:
    """Return how a role with *statements* gives itself every right."""
    who = role("who", *statements, **held)
    everybody = group("everybody", allow("*"))
    result = audited(details([who], groups=[everybody], policies=[policy("bounds", allow("s3:*")), *more]))
    return [one.message for one in result.findings if one.rule.id == "AU002" and one.principal.name == "who"]


@pytest.mark.parametrize(("statements", "how"), MADE)
def test_who_is_made_and_filled_is_found(statements: list[dict[str, Any]], how: str) -> None:
    """By a group too, and with a boundary that conditions want and that is taken off once the policy is written."""
    [message] = gives_itself(statements)
    assert how in message


@pytest.mark.parametrize("statements", KEPT)
def test_who_is_made_and_not_opened_or_stays_bounded_is_no_way(statements: list[dict[str, Any]]) -> None:
    """Without a key, and within a boundary that stays on, nothing is gained."""
    assert gives_itself(statements) == []


def test_denies_that_keep_each_other_on_are_taken_off_in_turn() -> None:
    """What one Deny forbids is allowed once that is gone, whichever stands first."""
    denied = ["Attach*", "Put*", "Create*", "SetDefault*", "Update*", "AddUser*", "PassRole", "Tag*"]
    here = deny([*(f"iam:{one}" for one in denied), "sts:*"])
    others = policy("every", allow("*")), policy("keeps", deny("iam:DeleteRolePolicy"))
    [message] = gives_itself([here], *others, attached=[one["Arn"] for one in others])
    assert message.startswith("takes off its policy keeps and own")


@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_boundary_of_unknown_text_on_whom_one_makes_is_said(kind: str) -> None:
    """It may leave everything: that nothing is found is no answer."""
    opening = {"User": USER, "Role": "sts:AssumeRole"}[kind]
    who = role("who", allow([f"iam:Create{kind}", f"iam:Put{kind}Policy"], **BOUND), allow(opening))
    result = audited(details([who]))
    [told] = [one for one in result.not_judged if BOUNDARY in str(one)]
    assert "the text of that boundary is not in the input" in str(told)
    known = audited(details([who], policies=[policy("bounds", allow("s3:*"))]))
    assert [one for one in known.not_judged if BOUNDARY in str(one)] == []
