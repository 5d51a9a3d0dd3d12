"""An organization policy on its way: what was composed from patterns and guardrails, and the documents of it."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Conditions, IdentityPolicy, ResourceControlPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import FrozenConditions, GuardrailInForce, LeftOpen, Origin

OrganizationPolicy: TypeAlias = IdentityPolicy | ResourceControlPolicy
"""An SCP, which has the form of an identity policy, or an RCP."""


@dataclass(frozen=True)
class LayerDeny:
    """One Deny of an SCP or RCP; an empty list of actions or resources stands for the element that is not there."""

    sid: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: FrozenConditions
    origin: Origin
    binding_all: "LayerDeny | None" = None
    """The Deny as it is without those who are exempt, where some are."""

    @property
    def condition(self) -> Conditions:
        """The conditions as IAM writes them: operator -> key -> values."""
        return {operator: dict(block) for operator, block in self.conditions}


class ProtectedResources(NamedTuple):
    """What the pattern *part* keeps for its *keepers*, as ARN patterns, and the actions that it *leaves* alone."""

    part: str
    resources: tuple[str, ...]
    keepers: tuple[str, ...]
    leaves: frozenset[str]
    where: SourceLocation


class LayerPart(NamedTuple):
    """A pattern or guardrail of the layer: its Denies stay together, and in the order in which they were asked for."""

    name: str
    title: str
    denies: tuple[LayerDeny, ...]


@dataclass(frozen=True, eq=False)
class ComposedLayer:
    """All Denies of one kind that were asked for, and what is to be said of them."""

    kind: LayerKind
    parts: tuple[LayerPart, ...]
    exempt: tuple[str, ...]
    notes: tuple[str, ...] = ()
    bypassed: tuple[tuple[str, tuple[LeftOpen, ...]], ...] = ()
    """Of each guardrail the actions that by-pass it."""
    absent: tuple[tuple[str, tuple[LeftOpen, ...]], ...] = ()
    """Of each guardrail the actions that it judges only where their requests carry its key."""
    guardrails: tuple[GuardrailInForce, ...] = ()
    """The guardrails all of whose Denies are among these, with their values."""
    protects: tuple[ProtectedResources, ...] = ()


class LayerDocument(NamedTuple):
    """A finished policy of the organization: its text is what is attached, and counted."""

    name: str
    description: str
    document: OrganizationPolicy
    text: str


class DeclarativeDocument(NamedTuple):
    """A policy of the organization that sets a service, and is not of IAM's language: its text is what is attached."""

    kind: str
    type: str
    """Its type at Organizations, such as ``S3_POLICY``."""
    name: str
    description: str
    text: str

    @property
    def policies(self) -> tuple["DeclarativeDocument", ...]:
        """Itself, as the one policy of its kind."""
        return (self,)


@dataclass(frozen=True, eq=False)
class LayerDocuments:
    """The policies of one kind, each within its quota, in the order in which they were filled."""

    kind: LayerKind
    policies: tuple[LayerDocument, ...]
    notes: tuple[str, ...] = field(default=())
