"""
Ways by which a role works as another one: it passes it to what runs its code, or acts where one works already.

Which actions are a way is data that `check` has too (`rolemgr.check.paths`). To how many roles it leads is told by the
breadth of the resource that decides: a role that is named is one that was meant.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.audit.breadth import PASS_ROLE
from rolemgr.audit.measure.breadth import ResourceBreadth
from rolemgr.audit.measure.permissions import BREADTHS, ScoredPermission, granted
from rolemgr.check.paths import acted_on, runs_as, takes_a_role, together
from rolemgr.iam.documents import IdentityStatement
from rolemgr.iam.operators import parse_operator
from rolemgr.iam.wildcards import matches
from rolemgr.model.role import NamedPolicy

_SERVICE: Final = "iam:passedtoservice"


class WayToRole(NamedTuple):
    """The *actions* that together are a way to work as another role, how, and *breadth*: to how many roles."""

    actions: tuple[str, ...]
    how: str
    breadth: ResourceBreadth


def ways_to_roles(policies: Sequence[NamedPolicy], permissions: Sequence[ScoredPermission]) -> tuple[WayToRole, ...]:
    """Return the ways that *policies*, which come to *permissions*, are; the widest first."""
    found = [*_by_acting(permissions), *_by_passing(policies, permissions), *_by_several(policies, permissions)]
    return tuple(sorted(found, key=lambda one: (-BREADTHS[one.breadth], one.actions)))


def _widest(permissions: Sequence[ScoredPermission]) -> ResourceBreadth | None:
    return max((one.breadth for one in permissions), key=BREADTHS.__getitem__, default=None)


def _by_acting(permissions: Sequence[ScoredPermission]) -> Iterator[WayToRole]:
    for action, how in runs_as().items():
        types = acted_on(action)
        breadth = _widest([one for one in permissions if one.action == action and (not types or one.type in types)])
        if breadth:
            yield WayToRole((action,), how, breadth)


def _by_passing(policies: Sequence[NamedPolicy], permissions: Sequence[ScoredPermission]) -> Iterator[WayToRole]:
    there = {one.action for one in permissions}
    for action, service in takes_a_role().items():
        breadth = _passes(policies, service) if action in there else None
        if breadth:
            yield WayToRole((PASS_ROLE, action), f"runs code as a role that it passes to {service}", breadth)


def _by_several(policies: Sequence[NamedPolicy], permissions: Sequence[ScoredPermission]) -> Iterator[WayToRole]:
    there = {one.action for one in permissions}
    for way in together():
        if not there.issuperset(way.actions):
            continue
        decides = _passes(policies, way.passed_to) if way.passed_to else _narrowest(way.actions, permissions)
        if decides:
            yield WayToRole(way.actions, way.how, decides)


def _narrowest(actions: Sequence[str], permissions: Sequence[ScoredPermission]) -> ResourceBreadth | None:
    """Return the breadth of that one of *actions* that reaches least: all of them are needed."""
    widest = [_widest([one for one in permissions if one.action == action]) for action in actions]
    return min((one for one in widest if one), key=BREADTHS.__getitem__, default=None)


def _passes(policies: Sequence[NamedPolicy], service: str) -> ResourceBreadth | None:
    """Return which roles may be passed to *service*, None where none may."""
    found = [one.permission for one in granted(policies, PASS_ROLE) if _admits(one.statement, service)]
    return _widest(found)


def _admits(statement: IdentityStatement, service: str) -> bool:
    """Tell whether the conditions of *statement* let a role be passed to *service*, as far as they speak of it."""
    return all(
        _lets(operator, values, service)
        for operator, block in statement.condition.items()
        for key, values in block.items()
        if key.lower() == _SERVICE
    )


def _lets(operator: str, values: Sequence[str], service: str) -> bool:
    known = parse_operator(operator)
    if known is None or not known.base.startswith("String"):
        return True  # what it says can't be told: it is counted
    is_pattern = known.base.endswith("Like")
    found = any(matches(one.lower(), service) if is_pattern else one.lower() == service for one in values)
    return found is not known.negated
