"""
Two grants side by side: roles, or policies of one kind, part by part and both ways.

What decides about requests is compared by meaning (`rolemgr.compare.compare`): a role's permissions, its trust
policy, a resource policy. What is known by name only, such as the ARNs of attached managed policies and of
the permissions boundary, and what is not a policy, such as tags, is compared as it is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rolemgr.compare.compare import compare
from rolemgr.compare.lifted import denies_behind, lifted
from rolemgr.compare.of_no_type import OfNoType, of_no_type
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy


@dataclass(frozen=True)
class Grant:
    """A role or a policy: the parts that it has (None where it has no such part), and other *values* by name."""

    identity: tuple[IdentityPolicy, ...] | None = None
    trust: TrustPolicy | None = None
    resource: ResourcePolicy | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    """
    Whether no other identity policies stand beside its own: a whole role with nothing attached, or an SCP, as
    each level of an organization must allow. Their Denies then count where they deny what they allow.
    """

    def parts(self) -> dict[str, Policies]:
        """Return its policies by part: ``permissions``, ``trust``, ``resource``."""
        found: dict[str, Policies] = {}
        if self.identity is not None:
            found["permissions"] = Policies(identity=self.identity)
        if self.trust is not None:
            found["trust"] = Policies(resource=self.trust)
        if self.resource is not None:
            found["resource"] = Policies(resource=self.resource)
        return found


class Part(NamedTuple):
    """One part of both: what the new one allows that the old does not (*gained*), and the reverse (*lost*)."""

    name: str
    gained: Comparison
    lost: Comparison

    @property
    def same(self) -> bool:
        """Whether both allow the same, proven both ways."""
        return self.gained.proven and self.lost.proven


ENDS: Final = "ends"
"""The value that says from when on a role denies everything, in UTC as AWS writes it."""


class Value(NamedTuple):
    """Something that is not a policy and differs: None where one has it not."""

    name: str
    old: Any
    new: Any

    @property
    def gives_no_more(self) -> bool:
        """Whether it says nothing about access, or takes some: an earlier end, where there was a later one or none."""
        if self.name == ENDS:
            return self.new is not None and (self.old is None or str(self.new) <= str(self.old))
        return self.name == "Description"


class Changes(NamedTuple):
    """All that differs between two grants; *only_in_one* are parts that just one of them has."""

    parts: tuple[Part, ...]
    values: tuple[Value, ...]
    only_in_one: tuple[str, ...]
    newly_of_no_type: OfNoType | None = None
    """What the new one's identity policies name beside the old one's and AWS never asks for: no difference."""
    no_longer_of_no_type: OfNoType | None = None

    @property
    def same(self) -> bool:
        """Whether they allow the same and have the same values, with no part of which one file tells nothing."""
        return all(part.same for part in self.parts) and not self.values and not self.only_in_one

    @property
    def gives_no_more(self) -> bool:
        """
        Whether the new one is proven to give nothing that the old one does not.

        Of values only what says nothing about access may differ: attached policies, the boundary, tags (which
        policies compare), the path (which patterns name) and the session length count as more, and a later end.
        """
        kept = all(part.gained.proven for part in self.parts) and not self.only_in_one
        return kept and all(value.gives_no_more for value in self.values)


def changes(old: Grant, new: Grant) -> Changes:
    """Return what differs between *old* and *new* in the parts that both have; raise as `compare` does."""
    before, after = old.parts(), new.parts()
    shared = [name for name in before if name in after]
    parts = [_part(name, before[name], after[name]) for name in shared]
    parts = [_with_lifted(part, old, new) if part.name == "permissions" else part for part in parts]
    was, now = old.identity or (), new.identity or ()
    return Changes(
        tuple(parts),
        tuple(_values(old.values, new.values)),
        tuple(sorted(before.keys() ^ after.keys())),
        of_no_type(now, was),
        of_no_type(was, now),
    )


def _part(name: str, old: Policies, new: Policies) -> Part:
    return Part(name, compare(new, old), compare(old, new))


def _with_lifted(part: Part, old: Grant, new: Grant) -> Part:
    """
    Return *part* with what one side no longer denies, where another policy allows it.

    A side that stands alone has no such policy: it allows no more for what the other side denies beside it.
    """
    was, now = old.identity or (), new.identity or ()
    gained, lost = part.gained, part.lost
    if not new.alone:
        gained = _both(gained, lifted(now, was, denies_behind(gained)))
    if not old.alone:
        lost = _both(lost, lifted(was, now, denies_behind(lost)))
    return part._replace(gained=gained, lost=lost)


def _both(first: Comparison, more: Comparison) -> Comparison:
    return first._replace(
        differences=(*first.differences, *more.differences), unknowns=(*first.unknowns, *more.unknowns)
    )


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Value]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Value(name, old.get(name), new.get(name))
