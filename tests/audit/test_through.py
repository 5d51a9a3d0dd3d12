"""Who comes to an action by changing policies, or through who can; and that boundaries and SCPs which stay on count."""

from typing import Any

import pytest
from tests.audit.accounts import (
    ACCOUNT,
    BOUNDARY,
    allow,
    deny,
    details,
    group,
    policy,
    role,
    role_arn,
    trust_aws,
    trust_service,
    user,
)
from tests.audit.layers import inventory_of, organization

from rolemgr.audit.can import can
from rolemgr.audit.run import audit
from rolemgr.audit.who_can import WhoCan, who_can

RUN = "ec2:RunInstances"
IAM = f"arn:aws:iam::{ACCOUNT}"
MINE = f"{IAM}:policy/mine"
FREED = allow("iam:DeleteRolePermissionsBoundary", role_arn("me"))
SELF = allow("iam:PutRolePolicy", role_arn("me"))
NARROW = policy("ml-boundary", allow(["s3:*", "iam:*"]))
WIDE = policy("ml-boundary", allow(["ec2:*", "iam:*"]))
RUNNING = f"{IAM}:policy/running"
RUNNER = policy("running", allow(RUN))
AWS_EC2 = "arn:aws:iam::aws:policy/AmazonEC2FullAccess"
MAKES = ("iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole")
NEW = f"{IAM}:role/new-*"
NO_RUNNING = organization({"p-norun00000": ([deny("ec2:*")], [ACCOUNT])})


def changing(found: WhoCan) -> set[str]:
    """Return the names of those who come to it by changing policies."""
    return {one.holder.name for one in found.changing}


ALONE: list[Any] = [
    pytest.param(details([role("me", SELF)]), id="writes"),
    pytest.param(details([role("me", allow("iam:AttachRolePolicy"))]), id="attaches"),
    pytest.param(
        details([role("me", allow("iam:CreatePolicyVersion", MINE), attached=[MINE])],
                policies=[policy("mine", allow("s3:ListBucket"))]), id="rewrites",
    ),
    pytest.param(
        details(users=[user("me", allow("iam:AddUserToGroup", f"{IAM}:group/runners"))],
                groups=[group("runners", allow(RUN))]), id="joins",
    ),
    pytest.param(
        details(users=[user("me", allow("iam:AddUserToGroup", f"{IAM}:group/bosses"), deny(RUN),
                            allow("iam:DeleteUserPolicy"))],
                groups=[group("bosses", allow("*"))]), id="joins and takes its Deny away",
    ),
    pytest.param(details([role("me", SELF, deny(RUN))]), id="writes over its own Deny"),
    pytest.param(details([role("me", SELF, boundary=BOUNDARY)], policies=[WIDE]), id="within a boundary that allows it"),
    pytest.param(
        details([role("me", SELF, FREED, boundary=BOUNDARY)], policies=[NARROW]), id="takes its boundary off"
    ),
    pytest.param(
        details([role("me", allow(["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole"], f"{IAM}:role/new-*"))]),
        id="makes a role",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": RUNNING}))], policies=[RUNNER]),
        id="attaches the policy that it may",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", ArnLike={"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEC2*"}))]),
        id="attaches one of AWS's that it may",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", ArnLike={"iam:PolicyARN": f"{IAM}:policy/ml-*"}),
                      allow("iam:CreatePolicy", f"{IAM}:policy/ml-*"))]), id="makes a policy and attaches it",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", StringNotLike={"iam:PolicyARN": "*/AdministratorAccess"}))]),
        id="attaches all but AdministratorAccess",
    ),
    pytest.param(
        details(users=[user("me", allow("iam:AttachGroupPolicy", ArnEquals={"iam:PolicyARN": RUNNING}), groups=["mine"])],
                groups=[group("mine", allow("s3:ListBucket"))], policies=[RUNNER]), id="attaches it to its group",
    ),
    pytest.param(
        details([role("me", allow([*MAKES], NEW, StringEquals={"iam:PermissionsBoundary": BOUNDARY}),
                      allow("sts:AssumeRole", NEW))], policies=[WIDE]), id="makes a role with the boundary that it must",
    ),
    pytest.param(
        details([role("me", allow([*MAKES], NEW, StringEquals={"iam:PermissionsBoundary": BOUNDARY}),
                      allow(["sts:AssumeRole", "iam:DeleteRolePermissionsBoundary", "iam:PutRolePolicy"], NEW))],
                policies=[NARROW]), id="makes a role and takes the boundary off",
    ),
    pytest.param(
        details([role("me", allow(["iam:CreateRole", "sts:AssumeRole"], NEW),
                      allow("iam:AttachRolePolicy", NEW, ArnEquals={"iam:PolicyARN": RUNNING}))], policies=[RUNNER]),
        id="makes a role with the policy that it may attach",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", role_arn("other"), ArnEquals={"iam:PolicyARN": RUNNING}),
                      allow("sts:AssumeRole")), role("other", allow("s3:ListBucket"), trust=trust_aws(role_arn("me")))],
                policies=[RUNNER]), id="attaches to another what it may",
    ),
    pytest.param(
        details([role("me", allow("iam:AttachRolePolicy", role_arn("other")), allow("iam:UpdateAssumeRolePolicy"),
                      allow("sts:AssumeRole")), role("other", allow("s3:ListBucket"))]), id="fills another",
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", ALONE)
def test_who_gives_it_to_itself(text: str) -> None:
    """By any way that an audit knows: nobody has the action, and one comes to it; an SCP that denies it ends that."""
    found = who_can(inventory_of(text), RUN)
    assert (found.grants, found.through, changing(found), found.is_anybody) == ((), (), {"me"}, True)
    assert all(step.requests for one in found.changing for step in one.steps)
    denied = who_can(inventory_of(text, NO_RUNNING), RUN)
    assert (changing(denied), denied.is_anybody) == (set(), False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(details([role("me", SELF, boundary=BOUNDARY)], policies=[NARROW]), id="its boundary stays on"),
        pytest.param(details([role("me", allow("iam:PutRolePolicy", role_arn("it")))]), id="another, which is not there"),
        pytest.param(details([role("me", SELF, deny("iam:*"))]), id="a Deny"),
        pytest.param(
            details([role("me", allow("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": MINE}))],
                    policies=[policy("mine", allow("s3:ListBucket"))]), id="the policy that it may attach",
        ),
        pytest.param(
            details([role("me", allow([*MAKES], NEW, StringEquals={"iam:PermissionsBoundary": BOUNDARY}),
                          allow("sts:AssumeRole", NEW))], policies=[NARROW]), id="the boundary of a role that it makes",
        ),
        pytest.param(
            details([role("me", allow("iam:AttachRolePolicy", role_arn("me")), deny([RUN, "iam:D*", "iam:PutRolePolicy"]))]),
            id="a Deny that it can't take away",
        ),
        pytest.param(
            details(users=[user("me", allow("iam:AddUserToGroup", f"{IAM}:group/readers"))],
                    groups=[group("readers", allow("s3:ListBucket"))]), id="a group that may less",
        ),
        pytest.param(
            details([role("me", allow("iam:AttachRolePolicy", role_arn("other"))), role("other", allow("s3:ListBucket"))]),
            id="another whom it can't become",
        ),
        pytest.param(
            details([role("me", allow("iam:AttachRolePolicy", role_arn("other")), allow("sts:AssumeRole")),
                     role("other", allow("s3:*"), trust=trust_aws(role_arn("me")), boundary=BOUNDARY)],
                    policies=[NARROW]), id="another, whose boundary stays on",
        ),
    ],
)  # fmt: skip
def test_who_is_bounded_does_not(text: str) -> None:
    """A boundary that stays on, a Deny that stays, and changes that lead nowhere."""
    found = who_can(inventory_of(text), RUN)
    assert (changing(found), found.is_anybody) == (set(), False)


def test_who_becomes_one_who_can_change_policies() -> None:
    """In two steps more, each with its step; and an administrator's role by its trust policy is "through"."""
    me = trust_aws(f"{IAM}:root")
    text = details([
        role("writer", allow("iam:PutRolePolicy", role_arn("writer")), trust=me),
        role("near", allow("sts:AssumeRole", role_arn("writer")), trust=me),
        role("far", allow("sts:AssumeRole", role_arn("near"))), role("boss", allow("ec2:*")),
        role("rewriter", allow("iam:UpdateAssumeRolePolicy", role_arn("boss")), allow("sts:AssumeRole", role_arn("boss"))),
    ])  # fmt: skip
    found = who_can(inventory_of(text), RUN)
    assert {one.holder.name: len(one.steps) for one in found.changing} == {"writer": 1, "near": 2, "far": 3}
    assert {one.holder.name for one in found.through} == {"rewriter"}


@pytest.mark.parametrize(
    ("action", "service", "listed"),
    [
        ("lambda:UpdateFunctionCode", "lambda", True),
        ("ssm:SendCommand", "ec2", True),
        ("codebuild:StartBuild", "codebuild", True),
        ("lambda:UpdateFunctionCode", "ec2", False),
        ("lambda:InvokeFunction", "lambda", False),
        ("sagemaker:CreatePartnerAppPresignedUrl", "sagemaker", False),
    ],
)
def test_roles_behind_what_others_own(action: str, service: str, listed: bool) -> None:
    """Code of a function of any name runs as any role that Lambda takes, and as no other."""
    text = details([role("coder", allow(action)), role("worker", allow(RUN), trust=trust_service(service))])
    found = who_can(inventory_of(text), RUN)
    assert {one.holder.name for one in found.through} == ({"coder"} if listed else set())
    becomes = can(inventory_of(text), inventory_of(text).principals[role_arn("coder")]).becomes
    assert [one.whom for one in becomes] == ([role_arn("worker")] if listed else [])


@pytest.mark.parametrize(
    ("name", "what", "steps"),
    [
        ("writer", "every right", 1),
        ("near", "every right", 2),
        ("within", "what its boundary leaves", 1),
        ("not", "", 0),
    ],
)
def test_what_one_can_do_says_what_it_gives_itself(name: str, what: str, steps: int) -> None:
    """Itself, through another, within a boundary, or not at all."""
    text = details([
        role("writer", allow("iam:PutRolePolicy", role_arn("writer")), trust=trust_aws(f"{IAM}:root")),
        role("near", allow("sts:AssumeRole", role_arn("writer"))),
        role("within", allow("iam:PutRolePolicy", role_arn("within")), boundary=BOUNDARY),
        role("not", allow("s3:ListBucket")),
    ], policies=[NARROW])  # fmt: skip
    inventory = inventory_of(text)
    gives = can(inventory, inventory.principals[role_arn(name)]).gives
    assert (len(gives), gives[-1].whom if gives else "") == (steps, what)


def test_a_policy_that_is_not_in_the_input_is_said() -> None:
    """It may be attached, and what it gives nobody can tell: it is not "nobody"."""
    text = details([role("me", allow("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": RUNNING}))])
    found = who_can(inventory_of(text), RUN)
    assert changing(found) == set()
    assert [one.place for one in found.untold if RUNNING in one.place]


def test_a_boundary_that_is_not_in_the_input_is_said() -> None:
    """A role is made with it, and it may deny the action: it is listed, with that."""
    made = allow([*MAKES], NEW, StringEquals={"iam:PermissionsBoundary": BOUNDARY})
    found = who_can(inventory_of(details([role("me", made, allow("sts:AssumeRole", NEW))])), RUN)
    assert [(one.holder.name, BOUNDARY in one.unless) for one in found.changing] == [("me", True)]


@pytest.mark.parametrize(
    ("more", "listed"),
    [(policy("running", allow("*")), True), (policy("running", allow("iam:*")), True), (RUNNER, False)],
    ids=["everything", "what gives everything", "less"],
)
def test_an_audit_agrees(more: dict[str, Any], listed: bool) -> None:
    """What it may attach gives every right, or it does not; by itself, and to a role that it makes."""
    mine = allow("iam:AttachRolePolicy", ArnEquals={"iam:PolicyARN": RUNNING})
    makes = allow(["iam:CreateRole", "sts:AssumeRole"], NEW)
    text = details([role("me", mine), role("maker", mine, makes)], policies=[more])
    findings = audit(inventory_of(text), lambda: {"reader": frozenset({"s3:GetObject"})}).findings
    found = {one.principal.name for one in findings if one.rule.id == "AU002"}
    assert found == ({"me", "maker"} if listed else set())
