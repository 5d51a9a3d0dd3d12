"""Pairs of an action and a resource that one side names and the other does not, and that AWS never asks for."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.reference.inert import is_inert

MOST_PAIRS: Final = 50_000
"""How many pairs are looked at: beyond, the note says "at least"."""


class OfNoType(NamedTuple):
    """How many such pairs there are, *more* where not all were looked at, and the first of them."""

    pairs: int
    more: bool
    action: str
    resource: str


def of_no_type(new: Sequence[IdentityPolicy], old: Sequence[IdentityPolicy]) -> OfNoType | None:
    """Return the pairs of no type that Allows of *new* name and none of *old*; None where there is none."""
    before = set(_pairs(old))
    listed = [*_pairs(new)]
    found = [pair for pair in dict.fromkeys(listed) if pair not in before and is_inert(*pair)]
    return OfNoType(len(found), len(listed) >= MOST_PAIRS, *found[0]) if found else None


def _pairs(policies: Sequence[IdentityPolicy]) -> Iterator[tuple[str, str]]:
    """Yield the pairs that Allows list, up to `MOST_PAIRS`."""
    left = MOST_PAIRS
    for policy in policies:
        for one in policy.statement:
            for action in (one.action or ()) if one.effect is Effect.ALLOW else ():
                for resource in one.resource or ():
                    if left == 0:
                        return
                    left -= 1
                    yield action, resource


def no_effect(*found: OfNoType | None) -> Iterator[str]:
    """Yield in words how many pairs the sides name that are no difference; nothing where there is none."""
    known = [one for one in found if one]
    if known:
        least = "at least " if any(one.more for one in known) else ""
        count = sum(one.pairs for one in known)
        pairs = "pair" if count == 1 else "pairs"
        shown = f"{known[0].action} on {known[0].resource}"
        of_them = shown if count == 1 else f"such as {shown}"
        yield f"harmless: {least}{count:,} {pairs} of an action and a resource that AWS never asks for ({of_them})"
