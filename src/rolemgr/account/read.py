"""
Read a role with everything on it.

Nothing is kept from one reading to the next. What IAM gives back may be a few seconds old: a role that was
just made may be missing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from rolemgr.account.failures import ask, aws_errors, code_of, listed, member
from rolemgr.account.ownership import ROLE_TAG, State, state_of
from rolemgr.errors import AwsError
from rolemgr.iam.arn import is_aws_managed
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.role import NamedPolicy

P = TypeVar("P", IdentityPolicy, TrustPolicy)


@dataclass(frozen=True)
class AccountPolicy:
    """A managed policy in an account: the *document* of its default version, None where it is AWS's own."""

    arn: str
    document: IdentityPolicy | None = None
    version: str = "v1"
    tags: Mapping[str, str] = field(default_factory=dict)
    attachments: int = 1
    """To how many users, groups and roles it is attached, or bounds them."""

    @property
    def name(self) -> str:
        """Its name, without path."""
        return self.arn.rpartition("/")[2]

    def belongs_to(self, role: str) -> bool:
        """Tell whether rolemgr made it for the role of this name."""
        return self.tags.get(ROLE_TAG) == role


@dataclass(frozen=True)
class AccountRole:
    """A role as it is in an account."""

    name: str
    arn: str
    path: str
    description: str
    max_session: int
    trust_policy: TrustPolicy
    policies: tuple[NamedPolicy, ...] = ()
    """Its inline policies, by name."""
    attached: tuple[AccountPolicy, ...] = ()
    """Its managed policies, by ARN: those that rolemgr made for it, and all others."""
    boundary: str | None = None
    """The ARN of its permissions boundary."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """All its tags, rolemgr's own (`ownership.OWN_TAGS`) among them."""

    @property
    def state(self) -> State | None:
        """How far rolemgr is with it, or None where rolemgr did not make it."""
        return state_of(self.tags)


def read_role(iam: Any, name: str) -> AccountRole | None:
    """
    Return the role *name* with its policies and their documents, or None where there is none.

    *iam* is a boto3 client. Raises AwsError where AWS refuses a call, and for a document that is not a policy.
    """
    with aws_errors():
        found = _found(iam.get_role, RoleName=name)
        if found is None:
            return None
        role = member(found, "Role")
        return AccountRole(
            name=member(role, "RoleName"),
            arn=member(role, "Arn"),
            path=member(role, "Path"),
            description=role.get("Description", ""),
            max_session=role.get("MaxSessionDuration", 3600),
            trust_policy=_parsed(TrustPolicy, member(role, "AssumeRolePolicyDocument"), f"the trust policy of {name}"),
            policies=tuple(_inline(iam, name)),
            attached=tuple(_attached(iam, name)),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            tags=_tags(role.get("Tags", ())),
        )


def read_tags(iam: Any, name: str) -> Mapping[str, str] | None:
    """Return the tags of the role *name*, or None where there is no such role."""
    with aws_errors():
        found = _found(iam.get_role, RoleName=name)
        return None if found is None else _tags(member(found, "Role").get("Tags", ()))


def role_exists(iam: Any, arn: str) -> bool | None:
    """Tell whether the account has the role *arn*; None where AWS does not let the caller look, or does not say."""
    try:
        with aws_errors():
            found = _found(iam.get_role, RoleName=arn.rpartition("/")[2])
            return found is not None and bool(member(found, "Role", "Arn") == arn)
    except AwsError as error:
        if error.concerns_all:
            raise
        return None


def read_policy(iam: Any, arn: str) -> AccountPolicy | None:
    """Return the managed policy *arn*, or None where there is none; of AWS's own policies no document."""
    if is_aws_managed(arn):
        return AccountPolicy(arn)
    with aws_errors():
        found = _found(iam.get_policy, PolicyArn=arn)
        if found is None:
            return None
        policy = member(found, "Policy")
        version = member(policy, "DefaultVersionId")
        held = _found(iam.get_policy_version, PolicyArn=arn, VersionId=version)
        document = held and _parsed(IdentityPolicy, member(held, "PolicyVersion", "Document"), arn)
        tags = _tags(policy.get("Tags", ()))
        attachments = policy.get("AttachmentCount", 0) + policy.get("PermissionsBoundaryUsageCount", 0)
        return AccountPolicy(arn, document, version, tags, attachments)


def read_versions(iam: Any, arn: str) -> tuple[str, ...]:
    """Return the ids of the versions that the managed policy *arn* has."""
    with aws_errors():
        return tuple(member(one, "VersionId") for one in listed(iam.list_policy_versions, "Versions", PolicyArn=arn))


def _inline(iam: Any, name: str) -> Iterator[NamedPolicy]:
    for policy in sorted(listed(iam.list_role_policies, "PolicyNames", RoleName=name)):
        found = _found(iam.get_role_policy, RoleName=name, PolicyName=policy)
        if found:  # it may be gone since the list was made
            where = f"the inline policy {policy} of {name}"
            yield NamedPolicy(policy, _parsed(IdentityPolicy, member(found, "PolicyDocument"), where))


def _attached(iam: Any, name: str) -> Iterator[AccountPolicy]:
    attached = listed(iam.list_attached_role_policies, "AttachedPolicies", RoleName=name)
    for arn in sorted(member(policy, "PolicyArn") for policy in attached):
        yield read_policy(iam, arn) or AccountPolicy(arn)


def _found(call: Any, **parameters: str) -> Any:
    """Return what *call* answers, or None where AWS says that there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return ask(call, **parameters)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {member(tag, "Key"): member(tag, "Value") for tag in tags}


def _parsed(model: type[P], document: Any, where: str) -> P:
    """Return *document* (botocore has decoded it) as a policy; raise AwsError where it is none."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise AwsError(f"{where} is not a policy that rolemgr understands: {error.errors()[0]['msg']}") from error
