"""The layers around the identity policies, read from the files that a user names."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    PolicyDocument,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)
from rolemgr.iam.uses import Use
from rolemgr.reference.documents import document_doubts
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.policy_files import read_documents

_MOST_NOTED = 5


def say_doubtful_names(file: str, document: PolicyDocument, say: Say) -> None:
    """Say the first few names in a policy of *file* that AWS is not known to have: they match no request."""
    found = [f"{file}: statement {index}: {doubt}" for index, doubt in document_doubts(document)]
    for text in found[:_MOST_NOTED]:
        say(text)
    if more := found[_MOST_NOTED:]:
        say(f"{file}: {len(more)} more names there are not known; `rolemgr check` lists them")


def policies_around(
    identity: tuple[IdentityPolicy, ...], layers: Mapping[str, Any], request: Request, outside: Outside
) -> Policies:
    """
    Return *identity* policies with the other *layers* around them, as they decide about *request*.

    Says what is taken for granted. Raises InputError, with the line, for a file that holds no such
    policy.
    """

    def read(key: str, kind: Any, use: Use | None = None) -> tuple[Any, ...]:
        found = layers[key]
        names = found if isinstance(found, tuple) else (found,) if found else ()
        documents = [(name, document) for name in names for document in read_documents(name, kind, outside, use)]
        for name, document in documents:
            say_doubtful_names(name, document, outside.say)
        return tuple(document for _, document in documents)

    guard = guard_of(request)
    resource = read("resource_policy", TrustPolicy if guard is Guard.ROLE else ResourcePolicy)
    if guard and not resource:
        what = "key" if guard is Guard.KEY else "role trust"
        outside.say(f"the {what} policy is taken to leave access to IAM policies; give it with --resource-policy")
    scps, rcps = read("scp", IdentityPolicy, Use.SCP), read("rcp", ResourceControlPolicy)
    return Policies(
        identity=identity,
        permissions_boundary=_only("boundary_policy", read("boundary_policy", IdentityPolicy, Use.BOUNDARY)),
        session=read("session_policy", IdentityPolicy, Use.SESSION),
        service_control=(with_full_access(scps, outside.say),) if scps else (),
        resource_control=(rcps,) if rcps else (),
        resource=_only("resource_policy", resource),
        vpc_endpoints=read("vpc_endpoint_policy", ResourcePolicy, Use.ENDPOINT),
    )


def _only(key: str, documents: tuple[Any, ...]) -> Any:
    if len(documents) > 1:
        raise InputError(SourceLocation("--" + key.replace("_", "-")), f"there can be one, not {len(documents)}")
    return documents[0] if documents else None


def with_full_access(scps: tuple[IdentityPolicy, ...], say: Say) -> tuple[IdentityPolicy, ...]:
    """
    Return *scps*, where they only deny with the SCP beside them that AWS attaches everywhere.

    Without it they would deny everything, which nobody asks about.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    if any(statement.effect is Effect.ALLOW for scp in scps for statement in scp.statement):
        return scps
    say("no --scp allows anything: FullAWSAccess, which AWS attaches to every level, is taken to be there")
    return (*scps, full_access())


@cache
def full_access() -> IdentityPolicy:
    """Return the SCP that AWS attaches everywhere: one object, so that nobody's own is taken for it."""
    allow = {"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allow]})


def context_of(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the context of ``KEY=VALUE`` texts; a repeated key has several values. Raises InputError."""
    context: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or ":" not in key:
            problem = f"`{text}` is not of the form KEY=VALUE"
            raise InputError(SourceLocation("--context"), problem, "such as aws:RequestTag/Project=churn")
        context.setdefault(key, []).append(value)
    return context
