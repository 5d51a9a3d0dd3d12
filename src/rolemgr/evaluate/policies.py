"""
The policies that a request meets, one field per layer, and a document made ready to be asked often.

What is given applies, but for what `rolemgr.evaluate.requirements` tells from the request itself. The
caller leaves out of `Policies` what the request does not show: the SCPs and RCPs of a management account, the
policy of a VPC endpoint that the request does not pass.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Final, NamedTuple, Protocol, TypeVar
from weakref import ReferenceType, ref

from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.statement import ReadStatement, elements_of, read_statement, takes_action
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    PolicyDocument,
    ResourcePolicy,
    ResourceStatement,
    StatementElement,
    TrustPolicy,
)


class Layer(StrEnum):
    """A kind of policy, by AWS's name for it."""

    IDENTITY = "identity policy"
    RESOURCE = "resource policy"
    TRUST = "role trust policy"
    PERMISSIONS_BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"


@dataclass(frozen=True, eq=False)
class Policies:
    """
    All that decides about one principal's requests for one resource.

    *service_control* and *resource_control* are lists per level of the organization (root, each OU,
    account); none means that the account is in no organization. A level of SCPs without a policy allows
    nothing. `RCPFullAWSAccess` is implied: IAM does not let it be detached.
    *resource* is the policy of the resource: a bucket's, a KMS key's; a `TrustPolicy` for a role that is to
    be assumed. None says nothing about it, so that within an account the identity policies decide alone; a
    key or a role, which has one always, that allows nobody has a policy without statements.
    *vpc_endpoints* are the policies of the endpoint that the request passes.
    """

    identity: tuple[IdentityPolicy, ...] = ()
    permissions_boundary: IdentityPolicy | None = None
    session: tuple[IdentityPolicy, ...] = ()
    service_control: tuple[tuple[IdentityPolicy, ...], ...] = ()
    resource_control: tuple[tuple[ResourcePolicy, ...], ...] = ()
    resource: ResourcePolicy | TrustPolicy | None = None
    vpc_endpoints: tuple[ResourcePolicy, ...] = ()
    _by_action: dict[str, tuple["ActionStatements", ...]] = field(default_factory=dict, init=False, repr=False)

    @property
    def bounded(self) -> bool:
        """Whether there is a permissions boundary."""
        return self.permissions_boundary is not None

    @property
    def has_session_policy(self) -> bool:
        """Whether there is a session policy."""
        return bool(self.session)

    @property
    def has_resource_policy(self) -> bool:
        """Whether the policy of the resource is known."""
        return self.resource is not None

    @cached_property
    def groups(self) -> tuple["PolicyGroup", ...]:
        """The layers and levels, ready to be asked; raises as `read_policy` does."""
        return tuple(_groups(self))

    def about(self, folded_action: str) -> tuple["ActionStatements", ...]:
        """Return what each group says about the lower-case action; raise as `read_policy` does."""
        found = self._by_action.get(folded_action)
        if found is None:
            asked = (
                ActionStatements(group.layer, group.level, tuple(_statements_about(group, folded_action)))
                for group in self.groups
            )
            found = tuple(asked)
            keep(self._by_action, folded_action, found)
        return found


_ACTIONS: Final = 1 << 14
"""Actions that a policy remembers what it says about: all that AWS has are not many more."""

_Found = TypeVar("_Found")


def keep(remembered: dict[str, _Found], folded_action: str, found: _Found) -> None:
    """Remember in *remembered* what was *found* about an action, for a bounded number of actions."""
    if len(remembered) >= _ACTIONS:
        remembered.clear()
    remembered[folded_action] = found


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
    _spoken: dict[str, tuple[tuple[int, ReadStatement], ...]] = field(default_factory=dict, init=False, repr=False)

    def about(self, folded_action: str) -> tuple[tuple[int, ReadStatement], ...]:
        """Return the statements that speak of the lower-case action, with their places."""
        found = self._spoken.get(folded_action)
        if found is None:
            found = tuple(placed for placed in self.statements if takes_action(placed[1], folded_action))
            keep(self._spoken, folded_action, found)
        return found


@dataclass(frozen=True)
class PolicyGroup:
    """Policies of which any may allow: a layer, or one level of it."""

    layer: Layer
    policies: tuple[ReadPolicy, ...]
    level: int | None = None

    def ref(self, policy: int, place: int, statement: ReadStatement) -> StatementRef:
        """Return where *statement* stands."""
        return StatementRef(self.layer, policy, place, statement.sid, self.level)

    def statements(self, folded_action: str | None = None) -> Iterator[tuple[StatementRef, ReadStatement]]:
        """Yield every statement with where it stands, or those alone that speak of the lower-case action."""
        for index, policy in enumerate(self.policies):
            placed = policy.statements if folded_action is None else policy.about(folded_action)
            for place, statement in placed:
                yield self.ref(index, place, statement), statement


class ActionStatements(NamedTuple):
    """The statements that speak of one action, of policies of which any may allow."""

    layer: Layer
    level: int | None
    statements: tuple[tuple[StatementRef, ReadStatement], ...]


class Layers(Protocol):
    """The policies of all layers, as a decision asks them: `Policies`, or as a batch reads them."""

    @property
    def bounded(self) -> bool:
        """Whether there is a permissions boundary."""

    @property
    def has_session_policy(self) -> bool:
        """Whether there is a session policy."""

    @property
    def has_resource_policy(self) -> bool:
        """Whether the policy of the resource is known."""

    def about(self, folded_action: str) -> Sequence[ActionStatements]:
        """Return what each layer and level says about the lower-case action; raise as `read_policy` does."""


_READ: Final[dict[int, tuple[ReferenceType[PolicyDocument], ReadPolicy]]] = {}
"""The documents that are read, by identity, as long as they live."""


def read_policy(document: PolicyDocument) -> ReadPolicy:
    """
    Return *document* ready to be asked; the same document is read once.

    Raises PolicyError, naming the statement, for anything in it that its operators cannot read, also
    where no request would have come that far.
    """
    entry = _READ.get(id(document))
    if entry is not None and entry[0]() is document:
        return entry[1]
    read = _read_policy(document)
    _READ[id(document)] = ref(document, partial(_forget, id(document))), read
    return read


def _forget(identity: int, gone: ReferenceType[PolicyDocument]) -> None:
    """Forget a document that is *gone*, unless another has its identity by now."""
    entry = _READ.get(identity)
    if entry is not None and entry[0] is gone:
        del _READ[identity]


def _read_policy(document: PolicyDocument) -> ReadPolicy:
    variables = document.version == "2012-10-17"
    statements = enumerate(document.statements())
    return ReadPolicy(tuple((place, _read(place, statement, variables)) for place, statement in statements))


def _read(place: int, statement: StatementElement, variables: bool) -> ReadStatement:
    try:
        return read_statement(elements_of(statement), variables=variables)
    except (PolicyError, LayerError) as error:
        name = f"statement `{statement.sid}`" if statement.sid else f"statement {place}"
        raise type(error)(error.where, f"{name}: {error.problem}", error.hint) from error


def _statements_about(group: PolicyGroup, folded_action: str) -> Iterator[tuple[StatementRef, ReadStatement]]:
    """Yield the statements that speak of the action; an RCP's Allow says nothing that is not implied."""
    for at, statement in group.statements(folded_action):
        if group.layer is not Layer.RESOURCE_CONTROL or statement.effect is Effect.DENY:
            yield at, statement


def groups_of(policies: Policies) -> tuple[PolicyGroup, ...]:
    """Return the layers and levels of *policies*, ready to be asked; raise as `read_policy` does."""
    return policies.groups


def _groups(policies: Policies) -> Iterator[PolicyGroup]:
    yield PolicyGroup(Layer.IDENTITY, tuple(map(read_policy, policies.identity)))
    if policies.resource is not None:
        layer = Layer.TRUST if isinstance(policies.resource, TrustPolicy) else Layer.RESOURCE
        yield PolicyGroup(layer, (read_policy(policies.resource),))
    if policies.permissions_boundary is not None:
        yield PolicyGroup(Layer.PERMISSIONS_BOUNDARY, (read_policy(policies.permissions_boundary),))
    if policies.session:
        yield PolicyGroup(Layer.SESSION, tuple(map(read_policy, policies.session)))
    for level, attached in enumerate(policies.service_control):
        yield PolicyGroup(Layer.SERVICE_CONTROL, tuple(map(read_policy, attached)), level)
    for level, controls in enumerate(policies.resource_control):
        yield PolicyGroup(Layer.RESOURCE_CONTROL, tuple(map(_read_resource_control, controls)), level)
    if policies.vpc_endpoints:
        yield PolicyGroup(Layer.VPC_ENDPOINT, tuple(map(_read_elsewhere, policies.vpc_endpoints)))


def _read_elsewhere(document: ResourcePolicy) -> ReadPolicy:
    """Return a policy that does not stand at the resource, so that it must say which it is about."""
    for place, statement in enumerate(document.statement):
        if statement.is_about_its_own_resource():
            name = f"statement `{statement.sid}`" if statement.sid else f"statement {place}"
            raise PolicyError(None, f"{name} has neither Resource nor NotResource", "only a resource's own policy may")
    return read_policy(document)


def _read_resource_control(document: ResourcePolicy) -> ReadPolicy:
    """Return an RCP, whose Principal is `*`: RCPs name principals in conditions only."""
    if not all(_is_everyone(statement) for statement in document.statement):
        raise PolicyError(None, "the Principal of a resource control policy is `*`, and it has no NotPrincipal")
    return _read_elsewhere(document)


def _is_everyone(statement: ResourceStatement) -> bool:
    principal = statement.principal
    return dict(principal) == {"AWS": ("*",)} if isinstance(principal, Mapping) else principal == "*"
