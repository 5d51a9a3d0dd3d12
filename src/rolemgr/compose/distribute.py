"""
Distribution: three plain lists of an author become statements in which nothing is dead.

An author writes actions, resources and conditions. IAM authorises each action only on resources of the
types that it accepts, and sends only the condition keys that it supports; a statement that ignores this
grants nothing, or blocks for ever. So each action gets just the resources and the keys that fit it, and
actions with the same share become one statement (`rolemgr.compose.join`).

In an Allow, a key that an action does not support is left off for that action, and reported: it could
never have limited it. In a Deny, the action itself is left off: without its condition the Deny would be
wider than it was written.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rolemgr.compose.purposes import purpose_of
from rolemgr.compose.resolve_statement import ResolvedStatement, Typed, placeholders, resolve_statement
from rolemgr.compose.substitute import Values
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import FrozenConditions, NotNarrowed, Origin
from rolemgr.model.source import Sourced
from rolemgr.reference.services import Action
from rolemgr.reference.support import supports

ANY = ("*",)


class Share(NamedTuple):
    """What one action of a catalog statement gets: resources, and the conditions that fit them."""

    action: str
    resources: tuple[str, ...]
    types: tuple[str, ...]
    conditions: FrozenConditions
    effect: Effect
    origin: Origin
    purpose: str = ""
    """What it is for, by its author's word."""
    authored: FrozenConditions | None = None
    """The conditions as its author wrote them, where they may differ from those that it has."""


class Distributed(NamedTuple):
    """All shares of a catalog statement, and the keys that could not narrow an action."""

    shares: tuple[Share, ...] = ()
    not_narrowed: tuple[NotNarrowed, ...] = ()


def distribute(group: Sourced[ActivityGroup], name: str, index: int, values: Values) -> Distributed:
    """
    Return the shares of statement *index* of *group* (called *name*) with *values* filled in.

    Nothing where parameters that it needs are empty. Raises InputError (or Problems), with the line, for a
    statement that the reference contradicts.
    """
    names = placeholders(group, index)
    if not all(one in values for one in names):
        return _distribute(group, name, index, values)  # which raises, and knows all the names that there are
    return _remembered(group, name, index, tuple((one, values[one]) for one in names))


@lru_cache(maxsize=16_384)
def _remembered(
    group: Sourced[ActivityGroup], name: str, index: int, used: tuple[tuple[str, tuple[str, ...]], ...]
) -> Distributed:
    """Distribute a statement once for the values that it uses: most roles of a team share most of them."""
    return _distribute(group, name, index, dict(used))


def _distribute(group: Sourced[ActivityGroup], name: str, index: int, values: Values) -> Distributed:
    resolved = resolve_statement(group, name, index, values)
    if resolved is None:
        return Distributed()
    shares = tuple(share for action, typed in resolved.fits for share in _shares(resolved, action, typed))
    return Distributed(shares, tuple(_not_narrowed(resolved, shares)))


def _shares(resolved: ResolvedStatement, action: Action, typed: tuple[Typed, ...]) -> Iterator[Share]:
    """Yield the shares of *action*: one for each set of conditions that its resources support."""
    if not resolved.conditions:
        yield _share(resolved, action, typed, ())
        return
    by_conditions: dict[FrozenConditions, list[Typed]] = {}
    for resource, types in typed:
        conditions = _supported(resolved.conditions, action, types)
        by_conditions.setdefault(conditions, []).append((resource, types))
    for conditions, found in by_conditions.items():
        if resolved.statement.effect is Effect.DENY and conditions != resolved.conditions:
            continue
        yield _share(resolved, action, found, conditions)


def _share(resolved: ResolvedStatement, action: Action, typed: Sequence[Typed], conditions: FrozenConditions) -> Share:
    resources = tuple(sorted(resource for resource, _ in typed))
    names = tuple(sorted({name for _, types in typed for name in types}))
    purpose = purpose_of(resolved.statement, action)
    return Share(
        action.name, resources, names, conditions, resolved.statement.effect, resolved.origin, purpose,
        resolved.conditions,
    )  # fmt: skip


def _supported(conditions: FrozenConditions, action: Action, types: tuple[str, ...]) -> FrozenConditions:
    """Return the part of *conditions* whose keys come with *action* on *types*; empty operators go."""
    kept = (
        (operator, tuple((key, found) for key, found in block if supports(action, types, key)))
        for operator, block in conditions
    )
    return tuple((operator, block) for operator, block in kept if block)


def _not_narrowed(resolved: ResolvedStatement, shares: tuple[Share, ...]) -> Iterator[NotNarrowed]:
    """Yield each key of the author's that an action goes without, or that keeps a Deny off an action."""
    wanted = {key for _, block in resolved.conditions for key, _ in block}
    for action, _ in resolved.fits if wanted else ():
        own = [share for share in shares if share.action == action.name]
        kept = [{key for _, block in share.conditions for key, _ in block} for share in own]
        for key in sorted(key for key in wanted if not own or any(key not in keys for keys in kept)):
            yield NotNarrowed(action.name, key, resolved.origin, resolved.statement.effect)
