"""
The policies that a request meets, one field per layer, and a document made ready to be asked often.

What is given applies: whoever builds `Policies` leaves out the SCPs and RCPs of a management account, the
SCPs of a service-linked role, and RCPs of services that have none. A layer that this version cannot
evaluate is refused, so that no decision is made without it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.statement import ReadStatement, read_statement, takes_action
from rolemgr.model.policy import (
    IdentityPolicy,
    IdentityStatement,
    PolicyDocument,
    ResourcePolicy,
    ResourceStatement,
    StatementElement,
    TrustPolicy,
)


class Layer(StrEnum):
    """A kind of policy, by AWS's name for it."""

    IDENTITY = "identity policy"
    PERMISSIONS_BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"


@dataclass(frozen=True, eq=False)
class Policies:
    """
    All that decides about one principal's requests; raises LayerError for a layer not evaluated yet.

    *service_control* and *resource_control* are lists per level of the organization (root, each OU,
    account); none means that the account is in no organization. A level of SCPs without a policy allows
    nothing. `RCPFullAWSAccess` is implied: IAM does not let it be detached.
    *resource* and *vpc_endpoints* are named here so that they are refused and not overlooked.
    """

    identity: tuple[IdentityPolicy, ...] = ()
    permissions_boundary: IdentityPolicy | None = None
    session: tuple[IdentityPolicy, ...] = ()
    service_control: tuple[tuple[IdentityPolicy, ...], ...] = ()
    resource_control: tuple[tuple[ResourcePolicy, ...], ...] = ()
    resource: ResourcePolicy | TrustPolicy | None = None
    vpc_endpoints: tuple[ResourcePolicy, ...] = ()

    def __post_init__(self) -> None:
        if self.resource is not None:
            raise LayerError(None, "resource policies and role trust policies are not evaluated yet")
        if self.vpc_endpoints:
            raise LayerError(None, "VPC endpoint policies are not evaluated yet")


class StatementRef(NamedTuple):
    """
    Where a statement stands: its layer, the organization's *level*, which *policy*, which *statement*.

    All count from 0; *level* is None for a layer without levels.
    """

    layer: Layer
    policy: int
    statement: int
    sid: str | None = None
    level: int | None = None

    def __str__(self) -> str:
        level = "" if self.level is None else f"level {self.level}, "
        name = f"`{self.sid}`" if self.sid else f"statement {self.statement}"
        return f"{self.layer} ({level}policy {self.policy}): {name}"


@dataclass(frozen=True, eq=False)
class ReadPolicy:
    """The statements of one document, ready to be asked, with their places in it."""

    statements: tuple[tuple[int, ReadStatement], ...]

    def about(self, folded_action: str) -> tuple[tuple[int, ReadStatement], ...]:
        """Return the statements that speak of the lower-case action, with their places."""
        return _about(self, folded_action)


@dataclass(frozen=True)
class Group:
    """Policies of which any may allow: a layer, or one level of it. Without *must_allow* it only denies."""

    layer: Layer
    policies: tuple[ReadPolicy, ...]
    level: int | None = None
    must_allow: bool = True

    def ref(self, policy: int, place: int, statement: ReadStatement) -> StatementRef:
        """Return where *statement* stands."""
        return StatementRef(self.layer, policy, place, statement.sid, self.level)


class _Identically:
    """A document as a cache's key: itself and no other, also where another is equal."""

    __slots__ = ("document",)

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identically) and self.document is other.document


def read_policy(document: PolicyDocument) -> ReadPolicy:
    """
    Return *document* ready to be asked; the same document is read once.

    Raises PolicyError, naming the statement, for anything in it that its operators cannot read, also
    where no request would have come that far.
    """
    return _read_policy(_Identically(document))


@lru_cache(maxsize=1024)
def _read_policy(key: _Identically) -> ReadPolicy:
    variables = key.document.version == "2012-10-17"
    statements = enumerate(key.document.statements())
    return ReadPolicy(tuple((place, _read(place, statement, variables)) for place, statement in statements))


def _read(place: int, statement: StatementElement, variables: bool) -> ReadStatement:
    if not isinstance(statement, IdentityStatement):
        raise LayerError(None, "role trust policies are not evaluated yet")
    try:
        return read_statement(statement, variables=variables)
    except PolicyError as error:
        name = f"statement `{statement.sid}`" if statement.sid else f"statement {place}"
        raise PolicyError(error.where, f"{name}: {error.problem}", error.hint) from error


@lru_cache(maxsize=1 << 14)
def _about(policy: ReadPolicy, folded_action: str) -> tuple[tuple[int, ReadStatement], ...]:
    return tuple(placed for placed in policy.statements if takes_action(placed[1], folded_action))


@lru_cache(maxsize=1024)
def groups_of(policies: Policies) -> tuple[Group, ...]:
    """Return the layers and levels of *policies*, ready to be asked; raise as `read_policy` does."""
    groups = [Group(Layer.IDENTITY, tuple(map(read_policy, policies.identity)))]
    if policies.permissions_boundary is not None:
        groups.append(Group(Layer.PERMISSIONS_BOUNDARY, (read_policy(policies.permissions_boundary),)))
    if policies.session:
        groups.append(Group(Layer.SESSION, tuple(map(read_policy, policies.session))))
    for level, attached in enumerate(policies.service_control):
        groups.append(Group(Layer.SERVICE_CONTROL, tuple(map(read_policy, attached)), level))
    for level, controls in enumerate(policies.resource_control):
        read = tuple(map(_read_resource_control, controls))
        groups.append(Group(Layer.RESOURCE_CONTROL, read, level, must_allow=False))
    return tuple(groups)


def _read_resource_control(document: ResourcePolicy) -> ReadPolicy:
    """Return an RCP, whose Principal is `*`: RCPs name principals in conditions only."""
    if not all(_is_everyone(statement) for statement in document.statement):
        raise PolicyError(None, "the Principal of a resource control policy is `*`, and it has no NotPrincipal")
    return read_policy(document)


def _is_everyone(statement: ResourceStatement) -> bool:
    principal = statement.principal
    return dict(principal) == {"AWS": ("*",)} if isinstance(principal, Mapping) else principal == "*"
