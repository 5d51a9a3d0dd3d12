"""
A permissions boundary for a role: the most that any policy of it can ever give.

The boundary allows by action what the role has, on every resource; what hands out rights (``iam:PassRole``,
``kms:CreateGrant`` ...) it allows only as the role does. In the order of `BoundaryPart`s come the role's Denies, and
the limits on resources that its persona's `never` asks for, as far as the quota goes. A boundary holds nothing that
the role does not: within it the role is the same.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob
from rolemgr.layers.action_patterns import action_patterns
from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

_HANDING_OUT: Final = frozenset(("iam", "organizations", "sts"))
_MANAGEMENT: Final = "Permissions management"
_CEILING: Final = "Ceiling"


class BoundaryPart(NamedTuple):
    """
    What a boundary holds if there is room: Denies of the role, or *scoped* actions.

    Scoped actions are allowed only where, and as, the role allows them.
    """

    kind: str
    """``guardrail``, ``activity group``, ``tag key``, ``end of role`` or ``separation``."""
    name: str
    denies: tuple[ComposedStatement, ...] = ()
    scoped: frozenset[str] = frozenset()


class Ceiling(NamedTuple):
    """What is allowed at most, and what can be held besides, the most important first."""

    roles: tuple[ComposedRole, ...]
    granted: frozenset[str]
    scoped: frozenset[str]
    """The actions that are always allowed as the role does alone: they hand out rights."""
    parts: tuple[BoundaryPart, ...]

    def statements(self, parts: Iterable[BoundaryPart], *, tight: bool) -> tuple[ComposedStatement, ...]:
        """
        Return the statements of the boundary that holds *parts*.

        Where it is *tight*, more of its actions are patterns, and its Allows are joined and have no Sid.
        """
        held = tuple(parts)
        scoped = self.scoped.union(*(part.scoped for part in held))
        patterns = action_patterns(self.granted - scoped, self._is_forbidden, tight=tight)
        ceiling = [ComposedStatement(_CEILING, Effect.ALLOW, patterns, ("*",), (), ())] if patterns else []
        allows = [*ceiling, *_each_once(_scoped(self.roles, scoped))]
        denies = _each_once(deny for part in held for deny in part.denies)
        return _sids_once([*(_short(allows) if tight else allows), *denies])

    def _is_forbidden(self, action: str) -> bool:
        return any(_touches(role, action) for role in self.roles)


def ceiling_of(roles: Sequence[ComposedRole]) -> Ceiling:
    """
    Return the ceiling of *roles*, which share one boundary.

    Raises InputError for what a boundary would take from them.
    """
    for role in roles:
        _require_own(role)
    granted = frozenset(action for role in roles for action in _allowed(role))
    always = frozenset(action for action in granted if _hands_out(action))
    denies = _parts_of_denies(roles)
    parts = (*denies, *_separations(roles, granted - always))
    return Ceiling(tuple(roles), granted, always, tuple(sorted(parts, key=_rank)))


def _require_own(role: ComposedRole) -> None:
    """Raise InputError for a role that has more than its own statements say."""
    if role.spec.managed_policy:
        problem = f"`{role.spec.role_name}` has more than rolemgr grants: {', '.join(role.spec.managed_policy)}"
        raise InputError(None, problem, "a boundary made here would cut it; leave --managed-policy out")


def opened_by_others(roles: Sequence[ComposedRole]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each persona whose role shares a boundary with one that has what the persona must never have, and what."""
    for role in roles:
        foreign = frozenset(action for other in roles for action in _allowed(other)) - _allowed(role)
        if opened := sorted(action for action in foreign if _touches(role, action)):
            yield role.persona.id, tuple(opened)


def _allowed(role: ComposedRole) -> frozenset[str]:
    return frozenset(one for each in role.statements if each.effect is Effect.ALLOW for one in each.actions)


def _hands_out(action: str) -> bool:
    """Tell whether *action* gives rights to somebody; one that the reference lacks might."""
    found = find_action(action)
    return found is None or found.service in _HANDING_OUT or _MANAGEMENT in found.access_levels


def _touches(role: ComposedRole, action: str) -> bool:
    return any(action_glob(never.forbidden.action)(action.lower()) for never in role.persona.never)


def _scoped(roles: Sequence[ComposedRole], scoped: frozenset[str]) -> Iterator[ComposedStatement]:
    """Yield the Allows of *roles* for *scoped* actions, as they are."""
    for role in roles:
        for statement in role.statements:
            if statement.effect is Effect.ALLOW and (kept := tuple(filter(scoped.__contains__, statement.actions))):
                yield replace(statement, actions=kept)


def _short(allows: Sequence[ComposedStatement]) -> list[ComposedStatement]:
    """Return *allows* without Sids, those of equal conditions joined where that allows nothing more."""
    found: list[ComposedStatement] = []
    for one in allows:
        place = next((place for place, other in enumerate(found) if _joins(one, other)), None)
        if place is None:
            found.append(replace(one, sid=""))
        else:
            found[place] = _joined(found[place], one)
    return found


def _joins(one: ComposedStatement, other: ComposedStatement) -> bool:
    """Tell whether no action of either is judged on a resource of the other, unless that allows it too."""
    if one.conditions != other.conditions or "*" in (*one.resources, *other.resources):
        return False
    return all(
        _means_nothing(action, resource) or (action in there.actions and resource in there.resources)
        for here, there in ((one, other), (other, one))
        for action in here.actions
        for resource in there.resources
    )


def _means_nothing(action: str, resource: str) -> bool:
    """Tell whether AWS never judges *action* on *resource*; of an action that the reference lacks nobody knows."""
    found = find_action(action)
    return found is not None and bool(found.resource_types) and not types_of(resource, found)


def _joined(one: ComposedStatement, other: ComposedStatement) -> ComposedStatement:
    actions = tuple(sorted({*one.actions, *other.actions}))
    return replace(one, actions=actions, resources=tuple(sorted({*one.resources, *other.resources})))


def _parts_of_denies(roles: Sequence[ComposedRole]) -> list[BoundaryPart]:
    """Return the Denies of *roles* that take nothing from any of them, by what they come from."""
    found: dict[tuple[str, str], list[ComposedStatement]] = {}
    for role in roles:
        for statement in role.statements:
            if statement.effect is Effect.DENY and (kept := _harmless(statement, role, roles)):
                origin = statement.origins[0]
                found.setdefault((origin.kind, origin.group), []).append(replace(statement, actions=kept))
    return [BoundaryPart(kind, name, tuple(_each_once(denies))) for (kind, name), denies in found.items()]


def _harmless(deny: ComposedStatement, role: ComposedRole, roles: Sequence[ComposedRole]) -> tuple[str, ...]:
    """Return those actions of *deny* that no other of *roles* has, but with the same Deny."""
    others = [one for one in roles if one is not role]
    return tuple(action for action in deny.actions if all(_loses_nothing(one, action, deny) for one in others))


def _loses_nothing(role: ComposedRole, action: str, deny: ComposedStatement) -> bool:
    if action == "*":
        return any(_same_limit(one, deny) for one in role.statements)
    same = any(_same_limit(one, deny) and action in one.actions for one in role.statements)
    return same or action not in _allowed(role)


def _same_limit(one: ComposedStatement, deny: ComposedStatement) -> bool:
    return one.effect is Effect.DENY and (one.resources, one.conditions) == (deny.resources, deny.conditions)


def _separations(roles: Sequence[ComposedRole], granted: frozenset[str]) -> list[BoundaryPart]:
    """Return the limits on resources that the personas' `never` rests on, those on few actions first."""
    found: dict[tuple[str, frozenset[str]], None] = {}
    for role in roles:
        limited = (granted & _allowed(role)) - _open(role)
        for never in role.persona.never:
            matches = action_glob(never.forbidden.action)
            for action in sorted(one for one in limited if matches(one.lower())):
                found[never.separation or role.persona.id, _beside(role, action) & limited] = None
    ordered = sorted(found, key=lambda one: (len(one[1]), one[0], sorted(one[1])))
    return [BoundaryPart("separation", name, scoped=actions) for name, actions in ordered]


def _beside(role: ComposedRole, action: str) -> frozenset[str]:
    """Return *action*, and the actions that *role* allows together with it."""
    together = (one.actions for one in role.statements if one.effect is Effect.ALLOW and action in one.actions)
    return frozenset(one for actions in together for one in actions if _touches(role, one)) | {action}


def _open(role: ComposedRole) -> frozenset[str]:
    """Return the actions that *role* allows on all resources anyway."""
    return frozenset(
        action
        for one in role.statements
        if one.effect is Effect.ALLOW and one.resources == ("*",) and not one.conditions
        for action in one.actions
    )


def _rank(part: BoundaryPart) -> tuple[int, int]:
    """Return the place of *part*: the end of the role, tags, what the persona must never do, guardrails by harm."""
    kinds = ("end of role", "tag key", "activity group", "separation")
    if part.kind in kinds:
        return kinds.index(part.kind), 0
    first, last = _order()["guardrails"], _order()["costs"]
    if part.name in first:
        return len(kinds), first.index(part.name)
    return (len(kinds) + 2, last.index(part.name)) if part.name in last else (len(kinds) + 1, 0)


@cache
def _order() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((Path(__file__).parent / "boundary_order.json").read_bytes())
    return found


def _each_once(statements: Iterable[ComposedStatement]) -> Iterator[ComposedStatement]:
    """Yield *statements* without those that an earlier one says already."""
    there: set[tuple[object, ...]] = set()
    for one in statements:
        meaning = (one.effect, one.actions, one.resources, one.conditions)
        if meaning not in there:
            there.add(meaning)
            yield one


def _sids_once(statements: Iterable[ComposedStatement]) -> tuple[ComposedStatement, ...]:
    """Return *statements* with a number behind each Sid that an earlier one has."""
    found: list[ComposedStatement] = []
    taken: set[str] = set()
    for one in statements:
        if not one.sid:
            found.append(one)
            continue
        endings = ("", *map(str, range(2, len(taken) + 3)))
        sid = next(name for end in endings if (name := one.sid[: 64 - len(end)] + end) not in taken)
        taken.add(sid)
        found.append(replace(one, sid=sid))
    return tuple(found)
