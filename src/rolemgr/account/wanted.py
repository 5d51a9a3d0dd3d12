"""What a role should be in an account, and what the account has where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rolemgr.account.read import AccountPolicy, AccountRole
from rolemgr.model.role import NamedPolicy, RoleDocuments


@dataclass(frozen=True)
class Wanted:
    """A role as it should be in an account, with the ARNs that it will have there."""

    documents: RoleDocuments
    account: str
    partition: str

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.documents.path}{self.documents.name}"

    def policy_arn(self, policy: NamedPolicy) -> str:
        """Return the ARN of one of its managed policies."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.documents.path}{policy.name}"

    @property
    def own_policies(self) -> tuple[NamedPolicy, ...]:
        """The managed policies that are made with it: its boundary, which is not attached, and those that are."""
        own = self.documents.own_boundary
        return (*([NamedPolicy(own.name, own.document)] if own else []), *self.documents.managed_policies)

    @property
    def attachments(self) -> tuple[str, ...]:
        """The ARNs of all that is attached: its own managed policies first."""
        return (*map(self.policy_arn, self.documents.managed_policies), *self.documents.attached)


@dataclass(frozen=True)
class ExistingResources:
    """What an account has under the names that a wanted role takes."""

    role: AccountRole | None = None
    foreign: str | None = None
    """The ARN of a role of this name that rolemgr did not make."""
    policies: Mapping[str, AccountPolicy] = field(default_factory=dict)
    """By ARN, the managed policies that stand where the role's own go."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By ARN, the versions that a managed policy of ours has."""
    missing: tuple[str, ...] = ()
    """ARNs of policies that the role names and the account has not."""
