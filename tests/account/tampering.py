"""A role to tamper with, what somebody may do to it behind rolemgr's back, and what drift says of that."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from tests.account.small import BOUNDARY, EXTRA, NAME, OTHER_BOUNDARY
from tests.account.small import ROLE as SMALL
from tests.servers import ACCOUNT

from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.role import NamedPolicy

Json: TypeAlias = Any
Tamper: TypeAlias = Callable[[Any], None]

INLINE: Json = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Data", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::acme/*"]},
        {"Sid": "KeepModels", "Effect": "Deny", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::acme/models/*"]},
    ],
}  # fmt: skip
MANAGED: Json = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Train", "Effect": "Allow", "Action": ["sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob"],
            "Resource": ["*"], "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
        },
    ],
}  # fmt: skip
TRUST: Json = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "SageMaker", "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        },
    ],
}  # fmt: skip
ROLE = replace(
    SMALL,
    trust_policy=TrustPolicy.model_validate(TRUST),
    policies=(NamedPolicy(NAME, IdentityPolicy.model_validate(INLINE)),),
    managed_policies=(NamedPolicy(f"{NAME}-1", IdentityPolicy.model_validate(MANAGED)),),
    attached=(),
)
OWN = f"arn:aws:iam::{ACCOUNT}:policy/ml/{NAME}-1"


def copied(document: Json) -> Json:
    """Return a copy that may be changed."""
    return json.loads(json.dumps(document))


def inline(change: Callable[[list[Json]], None], name: str = NAME) -> Tamper:
    """Return what changes the statements of the inline policy."""

    def tamper(iam: Any) -> None:
        document = copied(INLINE)
        change(document["Statement"])
        iam.put_role_policy(RoleName=NAME, PolicyName=name, PolicyDocument=json.dumps(document))

    return tamper


def version(change: Callable[[list[Json]], None]) -> Tamper:
    """Return what gives the role's managed policy a new version."""

    def tamper(iam: Any) -> None:
        document = copied(MANAGED)
        change(document["Statement"])
        iam.create_policy_version(PolicyArn=OWN, PolicyDocument=json.dumps(document), SetAsDefault=True)

    return tamper


def trusting(change: Callable[[list[Json]], None]) -> Tamper:
    """Return what changes the statements of the trust policy."""

    def tamper(iam: Any) -> None:
        document = copied(TRUST)
        change(document["Statement"])
        iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(document))

    return tamper


def call(operation: str, **parameters: Any) -> Tamper:
    """Return one call on the role."""
    return lambda iam: getattr(iam, operation)(RoleName=NAME, **parameters)


def statement(effect: str, action: Json, resource: Json, sid: str | None = None) -> Json:
    """Return a statement."""
    return ({"Sid": sid} if sid else {}) | {"Effect": effect, "Action": action, "Resource": resource}


def new_inline(name: str, *statements: Json) -> Tamper:
    """Return what puts another inline policy on the role."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return call("put_role_policy", PolicyName=name, PolicyDocument=json.dumps(document))


def trusts(principal: Json) -> Json:
    """Return a statement of a trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


class Case(NamedTuple):
    """What is done, and the one drift that it is: its kind, and words that its message has."""

    tamper: Tamper
    kind: str
    says: tuple[str, ...]
    also: tuple[str, ...] = ()
    """The kinds of what comes with it, as a Deny that goes with its policy."""


def _add_action(listed: list[Json]) -> None:
    listed[0]["Action"].append("s3:DeleteObject")


def _widen(listed: list[Json]) -> None:
    listed[0]["Resource"] = ["*"]


def _drop_deny(listed: list[Json]) -> None:
    del listed[1]


def _weaken_deny(listed: list[Json]) -> None:
    listed[1]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}


def _remove_action(listed: list[Json]) -> None:
    listed[0]["Action"].remove("s3:GetObject")


def _drop_condition(listed: list[Json]) -> None:
    del listed[0]["Condition"]


def _other_region(listed: list[Json]) -> None:
    listed[0]["Condition"]["StringEquals"]["aws:RequestedRegion"] = ["eu-west-1", "us-east-1"]


def _nobody(listed: list[Json]) -> None:
    listed[0]["Condition"]["StringEquals"]["aws:SourceAccount"] = "999988887777"


def _trust(principal: Json) -> Callable[[list[Json]], None]:
    return lambda listed: listed.append(trusts(principal))


DRIFT: dict[str, Case] = {
    "inline policy added": Case(new_inline("by-hand", statement("Allow", "sqs:SendMessage", "*", "Queue")),
        "access-gained", ("statement `Queue` of inline policy by-hand", "sqs:SendMessage")),
    "inline policy without Sid added": Case(new_inline("by-hand", statement("Allow", "sqs:SendMessage", "*")),
        "access-gained", ("statement 0 of inline policy by-hand",)),
    "inline policy deleted": Case(call("delete_role_policy", PolicyName=NAME),
        "access-lost", ("missing: s3:GetObject, s3:PutObject", "statement `Data` of inline policy churn in the file"),
        also=("access-gained",)),
    "one action added": Case(inline(_add_action),
        "access-gained", ("statement `Data` of inline policy churn", "s3:DeleteObject (")),
    "everything allowed": Case(new_inline("by-hand", statement("Allow", "*", "*", "All")),
        "access-gained", ("statement `All` of inline policy by-hand", "iam:CreateRole", "actions that it names")),
    "one action removed": Case(inline(_remove_action), "access-lost", ("missing: s3:GetObject (", "`Data`")),
    "a resource widened": Case(inline(_widen), "access-gained", ("statement `Data` of inline policy churn",)),
    "a Deny removed": Case(inline(_drop_deny),
        "access-gained", ("no longer denied: s3:PutObject (", "`KeepModels`", "s3:::acme/models/")),
    "a Deny weakened": Case(inline(_weaken_deny), "access-gained", ("no longer denied: s3:PutObject (", "`KeepModels`")),
    "a Deny added": Case(new_inline("freeze", statement("Deny", "s3:GetObject", "*", "Freeze")),
        "access-lost", ("statement `Freeze` of inline policy freeze denies", "s3:GetObject (")),
    "a condition dropped": Case(version(_drop_condition),
        "access-gained", ("statement `Train` of managed policy churn-1", "sagemaker:CreateTrainingJob")),
    "a condition widened": Case(version(_other_region),
        "access-gained", ("statement `Train` of managed policy churn-1", "aws:RequestedRegion=us-east-1")),
    "managed policy detached": Case(call("detach_role_policy", PolicyArn=OWN),
        "access-lost", ("missing: sagemaker:CreateTrainingJob", "`Train` of managed policy churn-1 in the file")),
    "foreign policy attached": Case(call("attach_role_policy", PolicyArn=EXTRA),
        "access-gained", (f"attached policy {EXTRA} allows what the file does not", "s3:")),
    "boundary removed": Case(call("delete_role_permissions_boundary"),
        "boundary-missing", ("no permissions boundary", BOUNDARY)),
    "boundary changed": Case(call("put_role_permissions_boundary", PermissionsBoundary=OTHER_BOUNDARY),
        "boundary-changed", (OTHER_BOUNDARY, f"the file has {BOUNDARY}")),
    "trust in another account": Case(trusting(_trust({"AWS": "arn:aws:iam::999988887777:root"})),
        "trust-gained", ("statement 1 of the trust policy lets in whom the file does not", "999988887777")),
    "trust in everybody": Case(trusting(_trust("*")), "trust-gained", ("statement 1 of the trust policy",)),
    "trust in another service": Case(trusting(_trust({"Service": "ec2.amazonaws.com"})),
        "trust-gained", ("by ec2.amazonaws.com",)),
    "condition of the trust dropped": Case(trusting(_drop_condition),
        "trust-gained", ("statement `SageMaker` of the trust policy", "by sagemaker.amazonaws.com")),
    "session length": Case(call("update_role", Description=ROLE.description, MaxSessionDuration=43200),
        "session-length", ("`12 h`; the file has `1 h`",)),
    "description": Case(call("update_role", Description="mine", MaxSessionDuration=3600),
        "description", ("`mine`; the file has `Trains`",)),
    "tag added": Case(call("tag_role", Tags=[{"Key": "Owner", "Value": "me"}]), "tag", ("tag Owner: `me`; the file has none",)),
    "tag removed": Case(call("untag_role", TagKeys=["Project"]), "tag", ("tag Project: none; the file has `churn`",)),
    "tag changed": Case(call("tag_role", Tags=[{"Key": "Project", "Value": "x"}]), "tag", ("`x`; the file has `churn`",)),
    "half-changed": Case(call("tag_role", Tags=[{"Key": "rolemgr:state", "Value": "updating 0123abcd"}]),
        "role-half-made", ("half-changed: run 0123abcd",)),
}  # fmt: skip
"""Each of these is one drift, and nothing else is found."""


def _split(listed: list[Json]) -> None:
    first = listed.pop(0)
    listed += [{**first, "Sid": f"Part{action[3:6]}", "Action": action} for action in first["Action"]]


def _repeated(listed: list[Json]) -> None:
    listed += [copied(listed[0]), {**listed[1], "Sid": "Again"}]
    del listed[2]["Sid"]


def _case(listed: list[Json]) -> None:
    listed[0]["Action"] = ["S3:getobject", "s3:PUTOBJECT"]


def _scalar(listed: list[Json]) -> None:
    listed[0]["Resource"], listed[1]["Action"] = "arn:aws:s3:::acme/*", "s3:PutObject"


def _unnamed(listed: list[Json]) -> None:
    for one in listed:
        one.pop("Sid")


def _implied(listed: list[Json]) -> None:
    listed.append(statement("Allow", "s3:GetObject", "arn:aws:s3:::acme/raw/*", "Raw"))


def _other_policy(iam: Any) -> None:
    inline(lambda _: None, "other")(iam)
    iam.delete_role_policy(RoleName=NAME, PolicyName=NAME)


def _five_policies(iam: Any) -> None:
    for number, one in enumerate(INLINE["Statement"]):
        new_inline(f"part-{number}", one)(iam)
    iam.delete_role_policy(RoleName=NAME, PolicyName=NAME)


def _condition_as_text(listed: list[Json]) -> None:
    listed[0]["Condition"] = {"StringEquals": {"AWS:requestedregion": "eu-west-1"}}


def _trust_as_list(listed: list[Json]) -> None:
    listed[0] |= {"Principal": {"Service": ["sagemaker.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}
    del listed[0]["Sid"]


NO_DRIFT: dict[str, Tamper] = {
    "statements in another order": inline(lambda listed: listed.reverse()),
    "Sids gone": inline(_unnamed),
    "a statement split and renamed": inline(_split),
    "a statement said twice": inline(_repeated),
    "case of actions": inline(_case),
    "scalar for list": inline(_scalar),
    "a statement that says nothing new": inline(_implied),
    "another policy name": _other_policy,
    "several policies": _five_policies,
    "a condition in other words": version(_condition_as_text),
    "a new version that says the same": version(lambda _: None),
    "the trust policy in other words": trusting(_trust_as_list),
    "rolemgr's own tags": call("tag_role", Tags=[{"Key": "rolemgr:run", "Value": "x"}]),
}
"""None of these is drift."""
