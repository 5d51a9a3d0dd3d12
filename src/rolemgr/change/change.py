"""
A change of access as data, the same for `diff`, `plan` and `drift`.

A change says what is gained, lost or not known, on which resources, the request that shows it, and the line of the
user's file that makes the difference. A cause that nobody can tell is left out.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.compare.verdicts import Difference
from rolemgr.errors import SourceLocation

ChangeKind: TypeAlias = Literal["gains", "loses", "limit", "condition", "value", "unknown"]
"""What a change is: access given or taken, a guardrail, values of a condition, of the role, what can't be told."""
Way: TypeAlias = Literal["gained", "lost"]
"""From whose side a difference is: of the new one, or of the old."""


class Cause(NamedTuple):
    """
    What makes a difference: a *field* of a role file, the catalog entry that its statement comes from, or a statement.

    *old* and *new* are the values of the field, None where one side has it not. *where* is the line of the side
    that has it, of the new one where both have; None for a statement in an account.
    """

    field: str
    where: SourceLocation | None
    old: str | None = None
    new: str | None = None


class Evidence(NamedTuple):
    """
    A difference that shows a change: of which *part* of the role, and which *way*.

    Its request is about an action and a resource of the change.
    """

    part: str
    way: Way
    difference: Difference


@dataclass(frozen=True)
class AccessChange:
    """
    One change.

    *what* names a limit or a value, and is empty for access; *part* is the kind of policies (``permissions``,
    ``trust``, ``resource``). *resources* are the patterns that the change is about, as policies write them: none
    where only the request of the evidence is known; *exceptions* are the patterns within them that the side which
    gives the access denies. *notes* say under which circumstances it holds, and what is
    doubtful; *reason* is why something can't be told; of access without actions, why nobody
    knows what the policy allows that is attached or detached.
    """

    kind: ChangeKind
    part: str = ""
    what: str = ""
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    old: tuple[str, ...] | None = None
    new: tuple[str, ...] | None = None
    causes: tuple[Cause, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
    way: Way | None = None
    """Of what can't be told: whether it may be gained or lost."""
    statement: str = ""
    """Of access: the statement that gives it, or the Deny that is gone; of what can't be told, where it stands."""
    exceptions: tuple[str, ...] = ()
    future: bool = False
    """The actions are none of today's reference: AWS may add such."""
    who: str = ""
    """Whom a policy that names principals lets in, in words; empty where its line or the request says it."""

    @property
    def effect(self) -> str:
        """What a limit's change does to access: ``wider``, ``narrower``, ``other``, or nothing that is known."""
        ways = {one.way for one in self.evidence}
        if len(ways) > 1:
            return "other"
        return {"gained": "wider", "lost": "narrower"}.get(next(iter(ways), ""), "")


def with_evidence(limit: AccessChange, shown: tuple[Evidence, ...]) -> AccessChange:
    """
    Return the change of a *limit* with what shows it, and the actions that this is about.

    A limit on all of a service may deny what AWS never sends its key with: such an action is told by nothing but doubt,
    and is none that the limit changes.
    """
    certain = tuple(one for one in shown if not one.difference.doubts)
    actions = dict.fromkeys(action for one in certain for action in one.difference.actions)
    doubts = () if certain else dict.fromkeys(doubt for one in shown for doubt in one.difference.doubts)
    notes = tuple(f"doubtful: {doubt}" for doubt in doubts)
    return replace(limit, actions=tuple(actions), notes=notes, evidence=certain or shown)


def counts(changes: tuple[AccessChange, ...]) -> dict[ChangeKind, int]:
    """Return how many changes there are of each kind."""
    kinds: tuple[ChangeKind, ...] = ("gains", "loses", "limit", "condition", "value", "unknown")
    return {kind: sum(one.kind == kind for one in changes) for kind in kinds}
