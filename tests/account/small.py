"""A small role with everything that a role can have, and bringing it into an account as the command line does."""

import json
from dataclasses import replace
from typing import Any

from tests.account.faults import Fault, sabotage
from tests.servers import ACCOUNT

from rolemgr.account.execute import Execution
from rolemgr.account.existing import find_existing
from rolemgr.account.ownership import new_run
from rolemgr.account.plan import RolePlan, plan_role
from rolemgr.account.wanted import Wanted
from rolemgr.errors import AwsError
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.role import NamedPolicy, RoleDocuments

EXTRA = f"arn:aws:iam::{ACCOUNT}:policy/extra"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
OTHER_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/other-boundary"
NAME = "churn"


def identity(*statements: tuple[str, str, str]) -> IdentityPolicy:
    """Return a policy with a statement for each Sid, effect and action."""
    listed = [{"Sid": sid, "Effect": effect, "Action": action, "Resource": "*"} for sid, effect, action in statements]
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": listed})


def trust(*services: str) -> TrustPolicy:
    """Return a trust policy with a statement for each service."""
    listed = [
        {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        for service in services
    ]
    return TrustPolicy.model_validate({"Version": "2012-10-17", "Statement": listed})


ROLE = RoleDocuments(
    name=NAME,
    path="/ml/",
    description="Trains",
    max_session=3600,
    trust_policy=trust("sagemaker"),
    policies=(NamedPolicy(NAME, identity(("Read", "Allow", "s3:GetObject"), ("NoDelete", "Deny", "s3:DeleteObject"))),),
    managed_policies=(NamedPolicy(f"{NAME}-1", identity(("Train", "Allow", "sagemaker:CreateTrainingJob"))),),
    tags={"Project": "churn"},
    attached=(EXTRA,),
    boundary=BOUNDARY,
)
CHANGED = replace(
    ROLE,
    description="Trains more",
    policies=(NamedPolicy(NAME, identity(("Write", "Allow", "s3:PutObject"), ("NoAcl", "Deny", "s3:PutObjectAcl"))),),
    managed_policies=(
        NamedPolicy(f"{NAME}-1", identity(("Train", "Allow", "sagemaker:CreateProcessingJob"))),
        NamedPolicy(f"{NAME}-2", identity(("More", "Allow", "sagemaker:CreateModel"))),
    ),
    tags={"Project": "other"},
)


def wanted(documents: RoleDocuments = ROLE) -> Wanted:
    """Return *documents* as wanted in moto's account."""
    return Wanted(documents, ACCOUNT, "aws")


def prepare(iam: Any) -> None:
    """Make what the role names, and what stands beside it and is nobody's business."""
    nothing = json.dumps(identity(("Any", "Allow", "s3:*")).to_json_value())
    for arn in (EXTRA, BOUNDARY, OTHER_BOUNDARY, f"{EXTRA}-beside"):
        iam.create_policy(PolicyName=arn.rpartition("/")[2], PolicyDocument=nothing)
    iam.create_role(RoleName=f"{NAME}-beside", AssumeRolePolicyDocument=json.dumps(trust("ec2").to_json_value()))
    iam.attach_role_policy(RoleName=f"{NAME}-beside", PolicyArn=EXTRA)


def everything(iam: Any) -> dict[str, Any]:
    """
    Return all that the account has by ARN, as IAM itself sums it up, without times, ids and the names of runs.

    It is not read by what is tested.
    """
    details: dict[str, list[Any]] = {"RoleDetailList": [], "Policies": []}
    for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role", "LocalManagedPolicy"]):
        for kind, listed in details.items():
            listed += page[kind]
    settings = {role["Arn"]: role for role in iam.list_roles()["Roles"]}
    roles = {role["Arn"]: _role(role, settings[role["Arn"]]) for role in details["RoleDetailList"]}
    return roles | {policy["Arn"]: _policy(policy) for policy in details["Policies"]}


def _role(role: Any, settings: Any) -> dict[str, Any]:
    kept = {"Description", "MaxSessionDuration", "Path", "AssumeRolePolicyDocument"}
    tags = {tag["Key"]: tag["Value"] for tag in role["Tags"]}
    state = tags.pop("rolemgr:state", "").partition(" ")[0]
    return {
        **{key: value for key, value in settings.items() if key in kept},
        "inline": {policy["PolicyName"]: policy["PolicyDocument"] for policy in role["RolePolicyList"]},
        "attached": sorted(policy["PolicyArn"] for policy in role["AttachedManagedPolicies"]),
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": tags,
        "state": state,
    }


def _policy(policy: Any) -> dict[str, Any]:
    """Return the default document, and how many versions there are."""
    versions = policy["PolicyVersionList"]
    [document] = [version["Document"] for version in versions if version["IsDefaultVersion"]]
    return {"document": document, "versions": len(versions)}


def plan(iam: Any, documents: RoleDocuments, run: str, **how: bool) -> RolePlan:
    """Return the plan for *documents* in the account of *iam*."""
    return plan_role(wanted(documents), find_existing(iam, wanted(documents)), run, **how)


def execution(iam: Any, planned: RolePlan, run: str) -> Execution:
    """Return the execution of a plan that waits for nothing."""
    return Execution(iam, planned, run, sleep=lambda _: None, tell=lambda _: None)


def bring(iam: Any, documents: RoleDocuments = ROLE, **how: bool) -> RolePlan:
    """Bring *documents* into the account of *iam*; return the plan. Raises its problem where it has one."""
    run = new_run()
    planned = plan(iam, documents, run, **how)
    if planned.problem:
        raise planned.problem
    if planned.action != "unchanged":
        execution(iam, planned, run).carry_out()
    return planned


def sabotaged(
    iam: Any, planned: RolePlan, run: str, at: int, fault: Fault, *, for_ever: bool = False
) -> tuple[BaseException | None, list[str]]:
    """Carry *planned* out while *fault* happens at the call *at*; return what was raised, and what is left."""
    work = execution(iam, planned, run)
    try:
        with sabotage(iam, at, fault, for_ever=for_ever):
            work.carry_out()
    except (AwsError, KeyboardInterrupt) as failure:
        return failure, work.left
    return None, work.left


def calls_of(iam: Any, planned: RolePlan, run: str) -> list[str]:
    """Carry *planned* out; return the operations that were called, in order."""
    with sabotage(iam, -1, lambda _: None) as calls:
        execution(iam, planned, run).carry_out()
    return calls
