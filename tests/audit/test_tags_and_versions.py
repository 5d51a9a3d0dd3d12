"""Tags that somebody sets, older versions of policies, and boundaries that are taken off or written: each with its twin."""

from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, allow, deny, details, document, group, policy, role, role_arn, trust_aws, user
from tests.audit.support import audited, found, inventory

from rolemgr.audit.can import can
from rolemgr.audit.who_can import who_can
from rolemgr.evaluate.decision import evaluate

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ME = f"arn:aws:iam::{ACCOUNT}:user/u"
ADMIN: Any = {"StringEquals": {"aws:PrincipalTag/admin": "yes"}}
UP = {"AU002", "AU301", "AU302", "AU303"}


def adm(**condition: Any) -> dict[str, Any]:
    """Return an administrator that trusts its account on a condition."""
    return role("adm", allow("*"), trust=trust_aws(ROOT, **condition))


def own(name: str) -> str:
    """Return the ARN of a policy of the account."""
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def bound(who: dict[str, Any], name: str = "limits") -> dict[str, Any]:
    """Return *who* with a permissions boundary."""
    return {**who, "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": own(name)}}


def attached(who: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return *who* with policies of the account."""
    return {**who, "AttachedManagedPolicies": [{"PolicyName": one, "PolicyArn": own(one)} for one in names]}


def wearing(who: dict[str, Any], **tags: str) -> dict[str, Any]:
    """Return *who* with tags."""
    return {**who, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


ASSUMES = allow("sts:AssumeRole", role_arn("adm"))
TAGS_ME = allow("iam:TagUser", ME)
FREE = allow("*", StringEquals={"aws:PrincipalTag/admin": "yes"})
PASSES = allow("iam:PassRole", StringEquals={"iam:ResourceTag/open": "yes"})


@pytest.mark.parametrize(
    ("who", "others", "rules"),
    [
        (user("u", TAGS_ME, ASSUMES), [adm(**ADMIN)], {"AU301"}),
        (user("u", allow("iam:TagUser", f"{ME}-2"), ASSUMES), [adm(**ADMIN)], set()),
        (user("u", TAGS_ME, deny("iam:TagUser", "*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "admin"}}), ASSUMES), [adm(**ADMIN)], set()),
        (user("u", allow("iam:TagUser", ME, StringEquals={"aws:RequestTag/admin": "no"}), ASSUMES), [adm(**ADMIN)], set()),
        (user("u", TAGS_ME, FREE), [], {"AU002"}),
        (user("u", FREE), [], set()),
        (user("u", TAGS_ME, allow("iam:PutUserPolicy", "arn:aws:iam::*:user/${aws:PrincipalTag/owns}")), [], {"AU002"}),
        (wearing(user("u", allow("iam:UntagUser", ME), allow("*", Null={"aws:PrincipalTag/limited": "true"})), limited="1"), [], {"AU002"}),
        (wearing(user("u", allow("iam:TagUser", ME), allow("*", Null={"aws:PrincipalTag/limited": "true"})), limited="1"), [], set()),
        (user("u", allow("iam:TagRole"), allow("sts:AssumeRole", StringEquals={"aws:ResourceTag/open": "yes"})), [adm()], {"AU301"}),
        (user("u", allow("iam:TagUser"), allow("sts:AssumeRole", StringEquals={"iam:ResourceTag/open": "yes"})), [adm()], set()),
        (user("u", allow("iam:TagRole"), PASSES, allow("lambda:*")), [role("adm", allow("*"), trust=document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}))], {"AU301"}),
        (user("u", allow("iam:TagRole", role_arn("w")), allow("sts:AssumeRole", role_arn("w"))), [role("w", FREE, trust=trust_aws(ROOT))], {"AU002"}),
        (user("u", allow("iam:TagRole", role_arn("w"))), [role("w", FREE, trust=trust_aws("arn:aws:iam::444455556666:root"))], set()),
    ],
)  # fmt: skip
def test_tags_that_it_sets(who: dict[str, Any], others: list[Any], rules: set[str]) -> None:
    """A condition on a tag keeps nobody out who may set it, on itself or on what it asks for."""
    result = audited(details(others, users=[who]))
    assert {one for one, name in found(result) if name == "u" and one in UP} == rules
    for one in result.findings:
        if one.principal.name == "u" and one.rule.id in UP:
            assert "tag" in one.message
            assert any("ag" in asked.request.action for asked in one.requests)


VERSIONED = [policy("p", allow("s3:ListAllMyBuckets")), policy("limits", allow(["s3:*", "iam:*"]))]
BACK = allow("iam:SetDefaultPolicyVersion", own("p"))
LIMITS = own("limits")


@pytest.mark.parametrize(
    ("who", "others", "rules"),
    [
        (attached(user("u", BACK), "p"), {}, {"AU002"}),
        (attached(user("u", allow("iam:SetDefaultPolicyVersion", own("q"))), "p"), {}, set()),
        (user("u", BACK), {}, set()),
        (user("u", BACK, groups=["g"]), {"groups": [group("g", attached=[own("p")])]}, {"AU002"}),
        (user("u", BACK, ASSUMES), {"roles": [role("adm", attached=[own("p")], trust=trust_aws(ROOT))]}, {"AU002"}),
        (user("u", BACK), {"roles": [role("adm", attached=[own("p")], trust=trust_aws(ROOT))]}, set()),
        # boundaries: without one, another in its place, a new text, the older text
        (bound(user("u", allow("*"))), {}, {"AU002"}),
        (bound(user("u", allow("s3:*"))), {}, set()),
        (bound(user("u", allow("s3:*"), allow(["iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"], ME))), {}, {"AU002"}),
        (bound(user("u", allow("iam:PutUserPermissionsBoundary", ME, ArnEquals={"iam:PermissionsBoundary": LIMITS}), allow("iam:PutUserPolicy", ME))), {}, set()),
        (bound(user("u", allow("iam:CreatePolicyVersion", LIMITS), allow("iam:PutUserPolicy", ME))), {}, {"AU002"}),
        (bound(user("u", allow("iam:CreatePolicyVersion", own("q")), allow("iam:PutUserPolicy", ME))), {}, set()),
        (bound(user("u", allow("iam:SetDefaultPolicyVersion", LIMITS), allow("iam:PutUserPolicy", ME))), {}, {"AU002"}),
        (user("u", ASSUMES, allow("iam:DeleteRolePermissionsBoundary")), {"roles": [bound(adm())]}, {"AU002"}),
        (user("u", ASSUMES), {"roles": [bound(role("adm", allow(["*"]), deny("iam:*"), trust=trust_aws(ROOT)))]}, set()),
    ],
)  # fmt: skip
def test_versions_and_boundaries(who: dict[str, Any], others: dict[str, Any], rules: set[str]) -> None:
    """What was in force before may be so again, and a boundary bounds nobody who may write or change it."""
    result = audited(details(others.get("roles", []), [who], others.get("groups", []), VERSIONED))
    assert {one for one, name in found(result) if name == "u" and one in UP} == rules


def test_an_older_version_that_nobody_can_read_is_told() -> None:
    """What it says is not known, which is said; where nobody may put it in force, it does not matter."""
    broken = policy("p", allow("s3:ListAllMyBuckets"))
    broken["PolicyVersionList"][0]["Document"] = "%7Bbroken"
    for may, told in ((BACK, True), (allow("s3:GetObject"), False)):
        result = audited(details([], [attached(user("u", may), "p")], [], [broken]))
        assert not {one for one, name in found(result) if name == "u" and one in UP}
        assert any("version v1" in one.place for one in result.not_judged) is told


@pytest.mark.parametrize(
    ("who", "others"),
    [
        (user("u", TAGS_ME, allow("s3:DeleteBucket", StringEquals={"aws:PrincipalTag/admin": "yes"})), []),
        (user("u", TAGS_ME, ASSUMES), [role("adm", allow("s3:DeleteBucket"), trust=trust_aws(ROOT, **ADMIN))]),
        (attached(user("u", BACK), "p"), []),
        (bound(user("u", allow("s3:DeleteBucket"), allow("iam:PutUserPermissionsBoundary", ME)), "small"), []),
    ],
)
def test_who_can_and_can_know_them(who: dict[str, Any], others: list[Any]) -> None:
    """Who comes to an action so is among those who can, and `can` says how it gives itself more."""
    small = policy("small", allow("iam:*"))
    held = inventory(details(others, [who], [], [*VERSIONED, small]))
    answer = who_can(held, "s3:DeleteBucket")
    assert "u" in {one.holder.name for one in (*answer.through, *answer.changing)}
    assert all(one.holder.name != "u" for one in answer.grants)


def test_each_request_is_allowed_as_it_is_shown() -> None:
    """The policies that are printed with a request let it through, those of what somebody was made into too."""
    users = [bound(user("u", allow("s3:*"), allow(["iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"], ME)))]
    held = inventory(details([], users, [], VERSIONED))
    gives = can(held, held.principals[ME]).gives
    assert [one.request.action for one in gives[0].requests] == ["iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"]
    for shown in gives[0].requests:
        assert shown.holder is not None
        documents = tuple(one.document for one in shown.holder.policies)
        assert evaluate(shown.request, _policies(documents, shown.holder.boundary)).decision == "Allowed"


def _policies(documents: Any, boundary: Any) -> Any:
    from rolemgr.evaluate.policies import Policies

    return Policies(documents, boundary.document if boundary else None)
