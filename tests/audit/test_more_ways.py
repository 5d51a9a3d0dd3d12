"""Ways to every right by users that are made, other policies of AWS, Denies taken off, session tags; and what is open."""

from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, allow, deny, details, document, role, role_arn, trust_aws, user
from tests.audit.support import audited, found, inventory

from rolemgr.audit.can import can
from rolemgr.audit.who_can import who_can
from rolemgr.report.can import can_data, can_text
from rolemgr.report.who_can import who_can_text

ME = f"arn:aws:iam::{ACCOUNT}:user"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
REGION_DENY = {
    "Effect": "Deny", "Action": "*", "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
}  # fmt: skip


def in_two(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """Return a user with an inline policy for each of *statements*."""
    listed = [{"PolicyName": f"p{at}", "PolicyDocument": document(one)} for at, one in enumerate(statements)]
    return {**user(name), "UserPolicyList": listed}


def passing(name: str, service: str) -> dict[str, Any]:
    """Return a right to pass a role to a service."""
    return allow("iam:PassRole", role_arn(name), StringEquals={"iam:PassedToService": service})


def trusting_service(service: str) -> dict[str, Any]:
    """Return a trust policy of a service alone."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


@pytest.mark.parametrize(
    ("who", "rules"),
    [
        (user("u", allow(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"], f"{ME}/svc-*")), {"AU002"}),
        (user("u", allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateLoginProfile"])), {"AU002"}),
        (user("u", allow(["iam:CreateUser", "iam:AttachUserPolicy"], f"{ME}/svc-*")), set()),
        (user("u", allow(["iam:CreateUser", "iam:CreateAccessKey"], f"{ME}/svc-*")), set()),
        (user("u", allow("iam:AttachUserPolicy", f"{ME}/u", ArnNotEquals={"iam:PolicyARN": ADMINISTRATOR})), {"AU002"}),
        (
            user("u", allow("iam:AttachUserPolicy", f"{ME}/u", ArnEquals={"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"})),
            set(),
        ),
        (in_two("u", allow("iam:*"), deny(["iam:Put*", "iam:Attach*", "iam:Create*", "iam:Add*", "iam:Update*"])), {"AU002"}),
        (in_two("u", allow("iam:*"), deny(["iam:Put*", "iam:Attach*", "iam:Create*", "iam:Add*", "iam:Update*", "iam:Delete*"])), set()),
    ],
)  # fmt: skip
def test_ways_to_every_right_are_found(who: dict[str, Any], rules: set[str]) -> None:
    """Each way is found, and its twin that lacks a step is not."""
    assert {one for one, _ in found(audited(details([], users=[who]))) if one in ("AU001", "AU002")} == rules


def test_who_passes_an_administrator_to_a_service_is_found_whatever_the_service() -> None:
    """Where no action is known that runs code as the role, to pass it is the finding; a trust that refuses is none."""
    given = details([
        role("adm", allow("*"), trust=trusting_service("edge.example.amazonaws.com")),
        role("adm-of-lambda", allow("*"), trust=trusting_service("lambda.amazonaws.com")),
        role("hands-over", passing("adm", "edge.example.amazonaws.com")),
        role("to-another", passing("adm", "lambda.amazonaws.com")),
        role("starts", passing("adm-of-lambda", "lambda.amazonaws.com"), allow("lambda:*")),
    ])  # fmt: skip
    assert {who for one, who in found(audited(given)) if one == "AU208"} == {"hands-over"}


def tagged(**more: Any) -> list[dict[str, Any]]:
    """Return a role that its tag keeps from everything, and who may assume it."""
    own = [{"Key": "admin", "Value": "no"}]
    actions = more.get("actions", ["sts:AssumeRole", "sts:TagSession"])
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": actions}
    held = role("tagged", allow("*", StringEquals={"aws:PrincipalTag/admin": "yes"}), trust=document(statement))
    return [{**held, "Tags": own}, role("caller", allow("sts:*", role_arn("tagged")))]


def test_a_session_tag_takes_the_place_of_the_tag_of_the_role() -> None:
    """Where sessions may be tagged, the tag of the role is not the last word; else it is."""
    assert ("AU002", "tagged") in found(audited(details(tagged())))
    assert ("AU002", "tagged") not in found(audited(details(tagged(actions=["sts:AssumeRole"]))))


def test_a_tag_of_the_role_that_no_session_brings_stays() -> None:
    """A condition that the tag is absent is met by no session of a role that has it."""
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:*"}
    held = role("tagged", allow("*", Null={"aws:PrincipalTag/admin": "true"}), trust=document(statement))
    given = details([{**held, "Tags": [{"Key": "admin", "Value": "no"}]}])
    assert not {one for one, _ in found(audited(given)) if one in ("AU001", "AU002")}


def test_a_boundary_that_nobody_can_read_leaves_what_it_bounds_open() -> None:
    """What it may do is unknown, and to take the boundary off is a perhaps, also of whoever becomes it."""
    bound = role(
        "bound",
        allow("*"),
        boundary=f"arn:aws:iam::{ACCOUNT}:policy/gone",
        trust=trust_aws(f"arn:aws:iam::{ACCOUNT}:root"),
    )
    held = inventory(details([bound, role("caller", allow("sts:AssumeRole", role_arn("bound")))]))
    for name in ("bound", "caller"):
        told = can(held, held.principals[role_arn(name)])
        assert "can perhaps give itself every right" in " ".join(can_text(told, None, "").split())
        assert "policy/gone, which is not in the input" in can_data(told, (), "")["gives_itself"]["unless"]
    told = can(held, held.principals[role_arn("bound")])
    assert None in can_data(told, (), "")["capabilities"].values()
    assert True not in can_data(told, (), "")["capabilities"].values()


def test_a_deny_by_region_counts_against_services_of_one_region() -> None:
    """IAM is asked in us-east-1 alone: who may ask other Regions only may do nothing there."""
    given = inventory(details([role("regional", allow("*"), REGION_DENY)]))
    assert not who_can(given, "iam:CreateUser").is_anybody
    assert who_can(given, "sagemaker:CreateTrainingJob").is_anybody
    assert not {
        one
        for one, _ in found(audited(details([role("regional", allow("*"), REGION_DENY)])))
        if one in ("AU001", "AU002")
    }


def test_nobody_comes_with_what_was_not_looked_for() -> None:
    """An answer of nobody names the ways that are not looked for."""
    found_ = who_can(inventory(details([role("idle", allow("s3:ListAllMyBuckets"))])), "iam:CreateUser")
    page = " ".join(who_can_text([found_], 0, (), "").split())
    assert "not looked for:" in page
    assert all(one in page for one in ("sts:GetFederationToken", "s3:PutBucketPolicy", "sts:AssumeRoot"))


def test_policies_of_service_linked_roles_are_not_missed() -> None:
    """AWS wrote them: that their texts are not in the input is nothing that is not judged."""
    linked = role("AWSServiceRoleForSupport", attached=["arn:aws:iam::aws:policy/aws-service-role/Nobody-Knows"])
    linked |= {
        "Path": "/aws-service-role/support.amazonaws.com/",
        "Arn": role_arn("aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"),
    }
    other = role("other", attached=["arn:aws:iam::aws:policy/Nobody-Knows-Either"])
    places = [one.place for one in inventory(details([linked, other])).not_judged]
    assert len(places) == 1
    assert "other" in places[0]
