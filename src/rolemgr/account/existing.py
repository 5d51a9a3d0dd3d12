"""Look at what an account has under the names that a wanted role takes."""

from typing import Any

from rolemgr.account.failures import ask, aws_errors, member
from rolemgr.account.ownership import state_of
from rolemgr.account.read import AccountRole, read_policy, read_role, read_tags, read_versions
from rolemgr.account.wanted import ExistingResources, Wanted
from rolemgr.iam.arn import is_aws_managed


def find_existing(iam: Any, wanted: Wanted) -> ExistingResources:
    """
    Return what is there under the names of *wanted*: the role, its policies, and what it names and is missing.

    Of a role that rolemgr did not make, only that it is there. Raises AwsError where AWS refuses a call.
    """
    documents = wanted.documents
    tags = read_tags(iam, documents.name)
    if tags is not None and state_of(tags) is None:
        return ExistingResources(foreign=_arn(iam, documents.name))
    role = read_role(iam, documents.name) if tags is not None else None
    policies = {arn: policy for arn in map(wanted.policy_arn, wanted.own_policies) if (policy := read_policy(iam, arn))}
    ours = {arn for arn, policy in policies.items() if policy.belongs_to(documents.name)} | _own(role)
    return ExistingResources(
        role=role,
        policies=policies,
        versions={arn: read_versions(iam, arn) for arn in sorted(ours)} if role or policies else {},
        missing=tuple(arn for arn in _named(wanted) if read_policy(iam, arn) is None),
    )


def _own(role: AccountRole | None) -> set[str]:
    return {policy.arn for policy in role.attached if policy.belongs_to(role.name)} if role else set()


def _named(wanted: Wanted) -> list[str]:
    """Return the ARNs of the account's own policies that the role names; AWS's own are there."""
    documents = wanted.documents
    is_there = documents.boundary and not documents.own_boundary
    named = [*documents.attached, *([documents.boundary] if documents.boundary and is_there else [])]
    return [arn for arn in named if not is_aws_managed(arn)]


def _arn(iam: Any, name: str) -> str:
    with aws_errors():
        return str(member(ask(iam.get_role, RoleName=name), "Role", "Arn"))
