"""
From shares to statements: what can stand in one statement without saying more does.

Shares of one service, one purpose, equal effect and conditions stand in one statement
where every pair of action and resource that this adds is inert: AWS never asks for the action on such a resource
(`rolemgr.reference.inert`). `*` never joins a named resource, and across services nothing joins, but for Allows
on `*` without a condition, which stand in one statement, as do the Denies of one catalog statement.

What a statement is for is its author's word, so that its Sid, and which of the author's statements stand in it, is the
same whatever else is in the role. A statement without a purpose stands by itself. Each keeps all the catalog
statements that it came from, and what each gave.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rolemgr.compose.distribute import ANY, Share
from rolemgr.compose.sids import NO_RESOURCE_LEVEL, ending, own_sid, unique
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement, FrozenConditions, MergedPart
from rolemgr.reference.inert import is_inert
from rolemgr.reference.service_words import service_word


class _Key(NamedTuple):
    """What shares must have in common to be joined; *sid* is how what is joined is called."""

    denies: bool
    late: bool
    sid: str
    origin: tuple[str, str]
    resources: tuple[str, ...]
    """Those that are `*`, else nothing."""
    conditions: FrozenConditions


def join(shares: Iterable[Share]) -> tuple[ComposedStatement, ...]:
    """Return the statements of *shares*: Allows before Denies, by service and purpose."""
    together: dict[_Key, list[Share]] = {}
    for share in shares:
        together.setdefault(_key(share), []).append(share)
    taken: set[str] = set()
    return tuple(
        _statement(unique(key.sid, part if place else (), taken), part)
        for key, found in sorted(together.items())
        for place, part in enumerate(_parts(found))
    )


def _key(share: Share) -> _Key:
    denies = share.effect is Effect.DENY
    star = share.resources if "*" in share.resources else ()
    if star == ANY and not (share.conditions or denies):
        return _Key(False, True, NO_RESOURCE_LEVEL, ("", ""), ANY, ())
    if share.purpose:
        return _Key(denies, False, _sid(share), ("", ""), star, share.conditions)
    origin = share.origin
    return _Key(denies, False, own_sid(share), (origin.group, origin.sid), star, share.conditions)


def _sid(share: Share) -> str:
    """Return the Sid of a share with a purpose: service, purpose, and what sets its resources or conditions apart."""
    deny = "Deny" if share.effect is Effect.DENY else ""
    star = "OnAll" if "*" in share.resources and not deny else ""
    return f"{service_word(share.action.partition(':')[0])}{share.purpose}{deny}{star}{ending(share)}"


def _parts(shares: Sequence[Share]) -> Iterator[list[Share]]:
    """Yield *shares* as one part, or where that would add a live pair in as many as it takes."""
    if _adds_nothing(shares):
        yield list(shares)
        return
    parts: list[list[Share]] = []
    for group in _whole(shares):
        fitting = (part for part in parts if _adds_nothing((*part, *group)))
        if (part := next(fitting, None)) is not None:
            part += group
        else:
            parts.append(group)
    yield from parts


def _whole(shares: Sequence[Share]) -> Iterator[list[Share]]:
    """Yield what each catalog statement gave, or where that can't stand in one statement each set of resources."""
    by_origin: dict[tuple[str, int, str], list[Share]] = {}
    for share in shares:
        origin = share.origin
        by_origin.setdefault((origin.group, origin.location.line or 0, origin.sid), []).append(share)
    for _, found in sorted(by_origin.items()):
        if _adds_nothing(found):
            yield found
            continue
        by_resources: dict[tuple[str, ...], list[Share]] = {}
        for share in found:
            by_resources.setdefault(share.resources, []).append(share)
        yield from by_resources.values()


def _adds_nothing(shares: Sequence[Share]) -> bool:
    """Tell whether one statement with all actions and resources of *shares* allows, or denies, what they do."""
    first = shares[0].resources
    if all(share.resources == first for share in shares):
        return True
    granted: dict[str, set[str]] = {}
    for share in shares:
        granted.setdefault(share.action, set()).update(share.resources)
    every = set().union(*granted.values())
    return all(is_inert(action, one) for action, own in granted.items() for one in every - own)


def _statement(sid: str, shares: Sequence[Share]) -> ComposedStatement:
    first = shares[0]
    actions = tuple(sorted({share.action for share in shares}))
    resources = tuple(sorted({resource for share in shares for resource in share.resources}))
    ordered = sorted(shares, key=lambda share: (share.origin.group, share.origin.location.line or 0, share.action))
    origins = tuple(dict.fromkeys(share.origin for share in ordered))
    whole = len(origins) == 1 and all(len(share.resources) == len(resources) for share in shares)
    parts = () if whole else tuple(MergedPart(one.origin, one.action, one.resources) for one in ordered)
    return ComposedStatement(sid, first.effect, actions, resources, first.conditions, origins, parts)
