"""
A role on its way: what was composed from a `RoleSpec`, and the documents that come out.

These are computed and not parsed, and so plain frozen values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Conditions, Effect, IdentityPolicy, JsonValue, PrincipalKind, TrustPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import matches, matches_folded_action
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.spec import RoleSpec

FrozenConditions: TypeAlias = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
"""`Conditions` as nested tuples in a fixed order, so that equal blocks compare and hash equal."""


class Origin(NamedTuple):
    """Where a composed statement comes from: the place in the catalog, its group, its Sid and actions there."""

    location: SourceLocation
    group: str
    sid: str
    actions: tuple[str, ...] = ()
    kind: str = "activity group"
    """What *group* names: an ``activity group``, a ``guardrail``, or the ``tag key`` of ``--abac``."""


class MergedPart(NamedTuple):
    """What one catalog statement gave to a merged one: an action on resources."""

    origin: Origin
    action: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class ComposedStatement:
    """One statement of the role, with every catalog statement that went into it."""

    sid: str
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: FrozenConditions
    origins: tuple[Origin, ...]
    parts: tuple[MergedPart, ...] = field(default=(), compare=False, repr=False)
    """What each origin gave, where not each gave all; every other pair of action and resource is inert."""

    def unfolded(self) -> "tuple[ComposedStatement, ...]":
        """
        Return statements that say the same by those pairs alone that AWS asks for, each with its own origins.

        What judges pairs of action and resource judges these: in a joined statement an action may stand beside
        resources that are of none of its types (`rolemgr.reference.inert`).
        """
        if not self.parts:
            return (self,)
        found: dict[tuple[str, ...], list[MergedPart]] = {}
        for part in self.parts:
            found.setdefault(part.resources, []).append(part)
        return tuple(
            ComposedStatement(
                self.sid, self.effect, tuple(sorted({part.action for part in parts})), resources, self.conditions,
                tuple(dict.fromkeys(part.origin for part in parts)), tuple(parts),
            )
            for resources, parts in found.items()
        )  # fmt: skip

    def actions_by_origin(self) -> "dict[Origin, tuple[str, ...]]":
        """Return the actions that each origin gives it."""
        found: dict[Origin, set[str]] = {origin: set() for origin in self.origins}
        for part in self.parts:
            found[part.origin].add(part.action)
        return {origin: tuple(sorted(actions)) or self.actions for origin, actions in found.items()}

    def origins_of(self, action: str, resource: str) -> tuple[Origin, ...]:
        """
        Return the origins that cover *action* on *resource*: of a merged statement not all do.

        A policy variable may stand for anything. Where no origin covers the request all are returned, as nobody
        knows better.
        """
        folded = action.lower()
        asked = [part for part in self.parts if matches_folded_action(part.action, folded)]
        covering = [part for part in asked if any(_may_match(one, resource) for one in part.resources)]
        return tuple(dict.fromkeys(part.origin for part in covering or asked)) or self.origins

    @property
    def condition(self) -> Conditions:
        """The conditions as IAM writes them: operator -> key -> values."""
        return {operator: dict(block) for operator, block in self.conditions}


@lru_cache(maxsize=65_536)
def _may_match(pattern: str, resource: str) -> bool:
    return matches(as_pattern(pattern), resource)


class NotNarrowed(NamedTuple):
    """
    A condition key that an author put on *action*, and that AWS never sends with it.

    An Allow stands there without the key; a Deny is left off there (*effect* says which).
    """

    action: str
    key: str
    origin: Origin
    effect: Effect = Effect.ALLOW

    def __str__(self) -> str:
        what = "is left off" if self.effect is Effect.ALLOW else "is sent never, so the Deny is left off"
        return f"condition key {self.key} {what} for {self.action} ({self.origin.location})"


class LeftOpen(NamedTuple):
    """An action that a limit does not reach, and why."""

    action: str
    why: str
    outside: bool = False
    """Whether the limit could judge it, and its scope leaves it out."""


class GuardrailInForce(NamedTuple):
    """A guardrail of the role: its values, what it narrows, and what bypasses it."""

    name: str
    title: str
    values: Mapping[str, tuple[str, ...]]
    where: SourceLocation
    """Where it was chosen: a flag, a line of the role file, or of the profile."""
    by: str
    """What chose it, in words."""
    actions: tuple[str, ...]
    """The actions of the role that it narrows."""
    bypassed_by: tuple[LeftOpen, ...]
    """Actions of the role that it can't narrow."""
    not_where_absent: tuple[LeftOpen, ...]
    """Actions that it narrows only where the request carries the key."""
    strict: bool
    """Whether the actions that by-pass it are denied."""
    accepts: Mapping[tuple[str, str], str] = MappingProxyType({})
    """Why findings of ``rolemgr check`` on its Denies stand on purpose, by rule and action."""


class ComposedTrust(NamedTuple):
    """One statement of the trust policy: who may take the role, by which actions, under which conditions."""

    sid: str
    principal: Mapping[PrincipalKind, tuple[str, ...]]
    actions: tuple[str, ...]
    conditions: Conditions


@dataclass(frozen=True, eq=False)
class ComposedRole:
    """A role as composed: everything that its documents and its explanation are made from."""

    spec: RoleSpec
    persona: ResolvedPersona
    groups: tuple[str, ...]
    parameters: Mapping[str, tuple[str, ...]]
    statements: tuple[ComposedStatement, ...]
    trust: tuple[ComposedTrust, ...]
    description: str
    never_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of the placeholders in the persona's `never`."""
    acts_as: tuple[str, ...] = ()
    """ARNs of the roles that it can act as without passing them."""
    acts_as_unknown: tuple[str, ...] = ()
    """Where it can act as a role that the activity group does not name, in words."""
    not_narrowed: tuple[NotNarrowed, ...] = ()
    guardrails: tuple[GuardrailInForce, ...] = ()
    not_by_tag: tuple[LeftOpen, ...] = ()
    """What the tag keys of ABAC could not narrow."""
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """Of the notes those on names that AWS is not known to have, and on values that are hardly meant."""

    @cached_property
    def unfolded(self) -> tuple[ComposedStatement, ...]:
        """Its statements by the pairs of action and resource that AWS asks for: what judges of pairs judge."""
        return tuple(one for statement in self.statements for one in statement.unfolded())


class PassedRole(NamedTuple):
    """
    A role, or a pattern of roles, that a role passes.

    *services* are the principals that it may be passed to (none: any), *persona* is the persona of the catalog
    that is named so where nothing else is chosen, and *options* the words by which it gets what the role has. An *idle*
    one is the role itself, where its trust names none of the services: passing it has no effect.
    """

    arn: str
    services: tuple[str, ...]
    persona: str | None = None
    options: tuple[str, ...] = ()
    idle: bool = False


class NamedPolicy(NamedTuple):
    """A policy of a role and its name, inline or managed."""

    name: str
    document: IdentityPolicy

    @property
    def denies(self) -> bool:
        """Whether it has a Deny statement."""
        return any(one.effect is Effect.DENY for one in self.document.statement)


class OwnBoundary(NamedTuple):
    """The permissions boundary that is made with a role: a managed policy that is attached to nobody."""

    name: str
    document: IdentityPolicy
    left_out: tuple[str, ...] = ()
    """What its quota does not hold, in words; the role's own policies do."""


@dataclass(frozen=True)
class RoleDocuments:
    """The finished role, ready to be checked, exported or created."""

    name: str
    path: str
    description: str
    max_session: int
    trust_policy: TrustPolicy
    policies: tuple[NamedPolicy, ...]
    managed_policies: tuple[NamedPolicy, ...] = ()
    """
    Customer-managed policies: for the Allows that the inline quota does not hold, or for all where nothing is inline.

    Those with the Denies come first, and are attached first.
    """
    tags: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    """ARNs of existing managed policies that the user attaches beside its own."""
    boundary: str | None = None
    """The ARN of the managed policy that bounds it."""
    own_boundary: OwnBoundary | None = None
    """That policy, where it is made with the role."""

    def to_properties(self) -> dict[str, JsonValue]:
        """
        Return the role in the shape of CloudFormation's ``AWS::IAM::Role`` properties.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
        """
        properties: dict[str, JsonValue] = {
            "RoleName": self.name,
            "Path": self.path,
            "Description": self.description,
            "MaxSessionDuration": self.max_session,
            "AssumeRolePolicyDocument": self.trust_policy.to_json_value(),
        }
        if self.policies:
            properties["Policies"] = [
                {"PolicyName": policy.name, "PolicyDocument": policy.document.to_json_value()}
                for policy in self.policies
            ]
        if self.attached:
            properties["ManagedPolicyArns"] = list(self.attached)
        if self.boundary:
            properties["PermissionsBoundary"] = self.boundary
        if self.own_boundary:
            properties["PermissionsBoundaryPolicy"] = self._bounding(self.own_boundary)
        if self.managed_policies:
            properties["ManagedPolicies"] = [self._managed(policy) for policy in self.managed_policies]
        if self.tags:
            properties["Tags"] = [{"Key": key, "Value": self.tags[key]} for key in sorted(self.tags)]
        return properties

    @property
    def deny_policies(self) -> tuple[NamedPolicy, ...]:
        """The managed policies that hold the Denies, where nothing is inline."""
        return tuple(policy for policy in self.managed_policies if policy.denies)

    def _bounding(self, policy: OwnBoundary) -> dict[str, JsonValue]:
        """Return *policy* in the shape of ``AWS::IAM::ManagedPolicy``; attached it would give what it is to limit."""
        return {
            "ManagedPolicyName": policy.name,
            "Path": self.path,
            "PolicyDocument": policy.document.to_json_value(),
        }

    def _managed(self, policy: NamedPolicy) -> dict[str, JsonValue]:
        """Return *policy* in the shape of ``AWS::IAM::ManagedPolicy``, attached to this role."""
        return {
            "ManagedPolicyName": policy.name,
            "Path": self.path,
            "PolicyDocument": policy.document.to_json_value(),
            "Roles": [self.name],
        }
