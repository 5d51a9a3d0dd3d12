"""
What stands around the principals of an inventory: the organization's controls, policies of resources, Studio.

Each part is as far as the input tells. An account whose SCPs nobody knows is not in `Organization.service_control`;
a resource whose policy nobody knows has it among `unknown`: neither is taken for "there is none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy

ControlKind: TypeAlias = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
StudioKind: TypeAlias = Literal["domain", "user profile", "space"]


class Unjudged(NamedTuple):
    """What can't be read or known: in which file and line, what it is and whose (*place*), and the *reason*."""

    path: str
    line: int | None
    place: str
    reason: str


@dataclass(frozen=True, eq=False)
class ControlPolicy:
    """An SCP, whose *document* is an `IdentityPolicy`, or an RCP, whose document is a `ResourcePolicy`."""

    id: str
    name: str
    kind: ControlKind
    document: IdentityPolicy | ResourcePolicy
    where: SourceLocation


Levels: TypeAlias = tuple[tuple[ControlPolicy, ...], ...]
"""The policies of an organization's root, of each OU on the way, and of the account itself."""


@dataclass(frozen=True, eq=False)
class Organization:
    """
    The organization: its *management_account*, which no SCP or RCP binds, and by account what binds it.

    *paths* are the nodes from the root down to each account. An account that *service_control* or
    *resource_control* does not have is one of which the input does not tell.
    """

    id: str | None = None
    management_account: str | None = None
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    service_control: Mapping[str, Levels] = field(default_factory=dict)
    resource_control: Mapping[str, Levels] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PublicAccessBlock:
    """
    S3 Block Public Access, of a bucket or an account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """

    where: SourceLocation
    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


@dataclass(frozen=True, eq=False)
class HeldResource:
    """
    A resource of *account*: its *policy*, None where it has none; what can't be told of it is *unknown*.

    *block* is a bucket's own Block Public Access, None where the input does not tell.
    """

    arn: str
    account: str
    where: SourceLocation
    policy: ResourcePolicy | None = None
    block: PublicAccessBlock | None = None
    unknown: tuple[Unjudged, ...] = ()

    @property
    def name(self) -> str:
        """What people call it: its name without its type."""
        return self.arn.split(":", 5)[-1].partition("/")[2] or self.arn.split(":", 5)[-1]


@dataclass(frozen=True, eq=False)
class VpcEndpoint:
    """A VPC endpoint of *account* for *service*; its *policy* is None where it has none, which lets everything pass."""

    arn: str
    account: str
    vpc: str | None
    service: str
    where: SourceLocation
    policy: ResourcePolicy | None = None

    @property
    def name(self) -> str:
        """What people call it: its id."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, eq=False)
class StudioMember:
    """
    A Studio domain, a user profile or a space, and the *role* (ARN) that works there, None where none is known.

    *inherits* says that it is the domain's, and not one of its own. *sso* says of a domain that people sign in by
    Identity Center, so that nobody gets in by a presigned URL.
    """

    kind: StudioKind
    arn: str
    name: str
    domain: str
    where: SourceLocation
    role: str | None = None
    space_role: str | None = None
    owner: str | None = None
    inherits: bool = False
    sso: bool = False

    @property
    def account(self) -> str:
        """The account that it is of."""
        return self.arn.split(":", 5)[4]


NO_ORGANIZATION: Final = Organization()
