"""An organization policy on its way: what was composed from patterns and guardrails, and the documents of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from rolemgr.iam.documents import Conditions, PolicyDocument
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import FrozenConditions, LeftOpen, Origin


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


class LayerDocument(NamedTuple):
    """A finished policy of the organization: its text is what is attached, and counted."""

    name: str
    description: str
    document: PolicyDocument
    text: str


@dataclass(frozen=True, eq=False)
class LayerDocuments:
    """The policies of one kind, each within its quota, in the order in which they were filled."""

    kind: LayerKind
    policies: tuple[LayerDocument, ...]
    notes: tuple[str, ...] = field(default=())
