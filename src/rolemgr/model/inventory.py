"""
An inventory: the principals of one or several accounts, as far as what was read tells of them.

`rolemgr.audit.read` makes one of saved answers of AWS. What an input does not tell is None, or stands among
`not_judged` with its place and the reason: it is never taken for "there is none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.inventory_layers import (
    NO_ORGANIZATION,
    HeldResource,
    Organization,
    PublicAccessBlock,
    StudioMember,
    Unjudged,
    VpcEndpoint,
)

__all__ = ["HeldPolicy", "HeldRole", "Inventory", "PrincipalKind", "Unjudged", "Usage"]

PrincipalKind: TypeAlias = Literal["role", "user", "group"]


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """
    A permissions policy that somebody has: inline, or attached by its *arn*.

    *source* says where its text is from: the ``account`` details, or the ``reference`` of AWS's own policies,
    which has a *version*. *group* is the group by which a user has it. *where* is the place of a managed policy
    in the input; an inline one stands where its holder does.
    """

    name: str
    document: IdentityPolicy
    arn: str | None = None
    source: Literal["account", "reference"] = "account"
    version: str | None = None
    group: str | None = None
    where: SourceLocation | None = None
    older: tuple[tuple[str, IdentityPolicy | None], ...] = ()
    """Its versions that are not in force, by their ids; None for a text that can't be read."""


@dataclass(frozen=True, eq=False)
class Usage:
    """When a role was *last_used*, None for not within the days that AWS tracks (400); and where (*region*)."""

    last_used: date | None = None
    region: str | None = None


@dataclass(frozen=True, eq=False)
class HeldRole:
    """
    A role, or a user, with all that decides about what it may do.

    *boundary_arn* is set where a permissions boundary is; *boundary* is None also where its text is not known,
    which `unknown` then says. *usage* is None where the input does not tell.
    """

    kind: PrincipalKind
    arn: str
    name: str
    account: str
    where: SourceLocation
    policies: tuple[HeldPolicy, ...] = ()
    boundary: HeldPolicy | None = None
    boundary_arn: str | None = None
    trust: TrustPolicy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    created: date | None = None
    usage: Usage | None = None
    unknown: tuple[Unjudged, ...] = ()
    unique_id: str | None = None
    """RoleId or UserId, with which `aws:userid` begins; None where the input does not tell."""
    is_changed: bool = False
    """Whether its policies or its boundary are others than in the input: what somebody could make of it."""

    @property
    def is_of_a_service(self) -> bool:
        """Whether AWS made it for itself: a service-linked role, whose policies nobody else can change."""
        return self.kind == "role" and ":role/aws-service-role/" in self.arn


@dataclass(frozen=True, eq=False)
class Inventory:
    """
    Roles and users by ARN, in the order of their ARNs, with what could not be read.

    *newest* is the newest day that the input names: what "today" is for something that was saved.
    *customer_policies* are the account's own managed policies, by ARN. *resources* are by ARN too, *account_blocks*
    (S3 Block Public Access) by account. *groups*, by ARN, make no request; whoever joins one has its policies.
    *places* are the ARNs of a blueprint's roles by ``ACCOUNT/NAME``.
    """

    principals: Mapping[str, HeldRole]
    customer_policies: Mapping[str, HeldPolicy] = field(default_factory=dict)
    groups: Mapping[str, HeldRole] = field(default_factory=dict)
    not_judged: tuple[Unjudged, ...] = ()
    newest: date | None = None
    files: tuple[str, ...] = ()
    organization: Organization = NO_ORGANIZATION
    resources: Mapping[str, HeldResource] = field(default_factory=dict)
    account_blocks: Mapping[str, PublicAccessBlock] = field(default_factory=dict)
    endpoints: tuple[VpcEndpoint, ...] = ()
    studio: tuple[StudioMember, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that the principals are of, sorted."""
        return tuple(sorted({one.account for one in self.principals.values()}))
