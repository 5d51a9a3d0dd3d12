"""
What policies come to: one action on one type of resource each, and the statement that gives most of it.

A permission is there once, by its heaviest Allow. So another Allow never makes the sum smaller, and a narrower one
never makes it larger. A Deny without a condition takes out what it covers as a whole; any other takes out nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.audit.measure.breadth import UNKNOWN_TYPE, ResourceBreadth, all_within, reach
from rolemgr.audit.measure.narrowing import narrows
from rolemgr.audit.nearest import named_actions
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.services import expand, find_action

WEIGHTS: Final[Mapping[str, float]] = {
    "Permissions management": 8, "Write": 4, "Tagging": 2, "Read": 1, "List": 0.5,
}  # fmt: skip
"""What an action weighs, by AWS's access levels; one that has several counts at the heaviest."""
BREADTHS: Final[Mapping[ResourceBreadth, float]] = {
    ResourceBreadth.ANY: 1, ResourceBreadth.ACCOUNT: 0.5, ResourceBreadth.PREFIX: 0.2, ResourceBreadth.NAMED: 0.1,
}  # fmt: skip
CONDITIONED: Final = 0.5
"""What is left of a permission's weight where a condition narrows it."""
_WIDEST: Final = "Permissions management"
"""The access level at which an action counts that AWS's reference does not have."""


class GrantPlace(NamedTuple):
    """Where a statement stands: its policy, its number there, counted from one, and its Sid."""

    policy: str
    number: int
    sid: str | None

    def __str__(self) -> str:
        return f"{self.policy}: {self.sid or f'statement {self.number}'}"


@dataclass(frozen=True)
class ScoredPermission:
    """One action on one type of resource, as the heaviest Allow *by* gives it through the pattern *resource*."""

    action: str
    type: str
    level: str
    breadth: ResourceBreadth
    resource: str
    conditioned: bool
    by: GrantPlace

    @property
    def points(self) -> float:
        """What the permission weighs."""
        return WEIGHTS[self.level] * BREADTHS[self.breadth] * (CONDITIONED if self.conditioned else 1)


class CountedWide(NamedTuple):
    """What nobody can judge, and is counted as wide as it may be: *where*, and how it is counted."""

    where: GrantPlace
    reason: str


class PermissionCount(NamedTuple):
    """The permissions of policies by action and type, and what of them is counted wide."""

    permissions: tuple[ScoredPermission, ...]
    wide: tuple[CountedWide, ...]

    @property
    def points(self) -> float:
        """The sum of what the permissions weigh."""
        return math.fsum(one.points for one in self.permissions)

    @property
    def known_points(self) -> float:
        """The same without actions that AWS is not known to have: what a reference comes to at least."""
        return math.fsum(one.points for one in self.permissions if one.type != UNKNOWN_TYPE)


class GrantedPermission(NamedTuple):
    """A permission, and the Allow that gives it."""

    permission: ScoredPermission
    statement: IdentityStatement


def count(policies: Sequence[NamedPolicy]) -> PermissionCount:
    """Return the permissions of *policies*, which are attached together, sorted by action and type."""
    wide: dict[CountedWide, None] = {}
    found: dict[tuple[str, str], ScoredPermission] = {}
    denies = _Denies(policies, wide)
    for place, statement in _statements(policies, Effect.ALLOW):
        _say_wide(place, statement, wide)
        for permission in _permissions(place, statement):
            key = (permission.action, permission.type)
            before = found.get(key)
            if (before is None or permission.points > before.points) and not denies.cover(permission):
                found[key] = permission
    return PermissionCount(tuple(found[key] for key in sorted(found)), tuple(wide))


def granted(policies: Sequence[NamedPolicy], action: str) -> Iterator[GrantedPermission]:
    """Yield each permission of *action* that an Allow of *policies* gives, also those that another one outweighs."""
    denies = _Denies(policies, {})
    for place, statement in _statements(policies, Effect.ALLOW):
        for permission in _permissions(place, statement, {action}):
            if not denies.cover(permission):
                yield GrantedPermission(permission, statement)


def _statements(policies: Sequence[NamedPolicy], effect: Effect) -> Iterator[tuple[GrantPlace, IdentityStatement]]:
    for policy in policies:
        for number, one in enumerate(policy.document.statement, start=1):
            if one.effect is effect:
                yield GrantPlace(policy.name, number, one.sid), one


def _say_wide(place: GrantPlace, statement: IdentityStatement, wide: dict[CountedWide, None]) -> None:
    """Tell *wide* what of an Allow can't be judged."""
    if statement.not_resource is not None:
        reason = "NotResource is counted as every resource of a type that it does not leave out whole"
        wide[CountedWide(place, reason)] = None
    if statement.not_action is not None:
        wide[CountedWide(place, "NotAction is counted as every action that it does not name")] = None
    for name in _unknown_actions(statement):
        wide[CountedWide(place, f"AWS is not known to have `{name}`; it is counted as {_WIDEST}")] = None


def _permissions(
    place: GrantPlace, statement: IdentityStatement, only: AbstractSet[str] | None = None
) -> Iterator[ScoredPermission]:
    """Yield the permissions of one Allow, of all actions or of *only* some."""
    conditioned = narrows(statement)
    left_out = statement.not_resource or ()
    actions = {*named_actions(statement), *_unknown_actions(statement)}
    for action in sorted(actions if only is None else actions & only):
        level = level_of(action)
        for resource in statement.resource or ("*",):
            for kind, breadth in reach(action, resource):
                permission = ScoredPermission(action, kind, level, breadth, resource, conditioned, place)
                if not any(_covers(one, permission) for one in left_out):
                    yield permission


def _unknown_actions(statement: IdentityStatement) -> Iterator[str]:
    """Yield the actions and patterns of *statement* that stand for nothing in AWS's reference."""
    yield from (one for one in statement.action or () if one.strip("*") and not _stands_for_some(one))


@lru_cache(maxsize=16_384)
def _stands_for_some(pattern: str) -> bool:
    return bool(expand(pattern)) if has_wildcard(pattern) else find_action(pattern) is not None


@lru_cache(maxsize=65_536)
def level_of(action: str) -> str:
    """Return the heaviest access level of *action*; the heaviest there is for one that is not known."""
    known = find_action(action)
    levels = known.access_levels & WEIGHTS.keys() if known else frozenset()
    return max(levels, key=WEIGHTS.__getitem__, default=_WIDEST)


class _Denies:
    """The Denies of policies that hold whatever the request is, by action."""

    def __init__(self, policies: Sequence[NamedPolicy], wide: dict[CountedWide, None]) -> None:
        self._resources: dict[str, dict[str, None]] = {}
        for place, statement in _statements(policies, Effect.DENY):
            if statement.condition:
                continue
            if statement.resource is None:
                wide[CountedWide(place, "a Deny with NotResource is counted as if it were not there")] = None
                continue
            for action in (*named_actions(statement), *_unknown_actions(statement)):
                self._resources.setdefault(action, {}).update(dict.fromkeys(statement.resource))

    def cover(self, permission: ScoredPermission) -> bool:
        """Tell whether all of *permission* is denied."""
        return any(_covers(denied, permission) for denied in self._resources.get(permission.action, ()))


def _covers(pattern: str, permission: ScoredPermission) -> bool:
    """Tell whether *pattern* has all resources that *permission* is about."""
    if contains(pattern, permission.resource):
        return True
    every = (
        all_within(permission.action, permission.type, permission.resource) if permission.type != UNKNOWN_TYPE else None
    )
    return every is not None and contains(pattern, every)


def by_service(permissions: Iterable[ScoredPermission]) -> dict[str, float]:
    """Return the points of *permissions* by service, the heaviest first."""
    found: dict[str, float] = {}
    for one in permissions:
        service = one.action.partition(":")[0].lower()
        found[service] = found.get(service, 0) + one.points
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
