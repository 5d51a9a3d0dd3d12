"""What each activity group allows, with the values that its parameters would have in the new role."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from rolemgr.audit.migrate.needs import PASS_ROLE, Need, meet
from rolemgr.catalog.load import Catalog
from rolemgr.compose.choices import builtins
from rolemgr.compose.distribute import Share, distribute
from rolemgr.compose.parameters import GivenValues, declared_parameters, regions_of_keys, resolve
from rolemgr.compose.resolve_statement import placeholders
from rolemgr.errors import MissingValueError, SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import contains
from rolemgr.model.catalog import ActivityGroup, EntryId
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec

_HERE: Final = SourceLocation("--parameter")


class GroupGrant(NamedTuple):
    """What a statement of *group* allows: an action on resources; *own* where a parameter of the user's names them."""

    group: EntryId
    share: Share
    own: bool


@dataclass(frozen=True)
class Offer:
    """What all groups allow, by action; *missing* are groups that want a value first, with the parameter."""

    by_action: Mapping[str, tuple[GroupGrant, ...]]
    missing: Mapping[EntryId, str]
    groups: Mapping[EntryId, frozenset[str]]
    """The actions that each group allows."""

    def granted(self, group: EntryId) -> frozenset[str]:
        """Return the actions that *group* allows with the values that there are."""
        return self._granted.get(group, frozenset())

    @cached_property
    def _granted(self) -> Mapping[EntryId, frozenset[str]]:
        found: dict[EntryId, set[str]] = {}
        for action, grants in self.by_action.items():
            for one in grants:
                found.setdefault(one.group, set()).add(action)
        return {name: frozenset(actions) for name, actions in found.items()}

    @cached_property
    def offering(self) -> Mapping[str, frozenset[EntryId]]:
        """The groups that allow each action."""
        return {action: frozenset(one.group for one in grants) for action, grants in self.by_action.items()}

    @cached_property
    def covered(self) -> dict[tuple[str, str, tuple[str, ...], frozenset[EntryId]], "Covering"]:
        """What was asked for and found before: many personas leave out the same of the groups that speak of a need."""
        return {}

    def services(self) -> frozenset[str]:
        """Return the services of which any group allows something."""
        return frozenset(action.partition(":")[0] for actions in self.groups.values() for action in actions)


def offer(catalog: Catalog, spec: RoleSpec, values: Mapping[str, tuple[str, ...]]) -> Offer:
    """Return what the groups of *catalog* allow in a role of *spec*, with *values* for their parameters."""
    by_action: dict[str, list[GroupGrant]] = {}
    missing: dict[EntryId, str] = {}
    groups: dict[EntryId, frozenset[str]] = {}
    for name in sorted(catalog.found("activity_groups")):
        group = catalog.activity_group(name)
        try:
            for one in _grants(name, group, spec, values):
                by_action.setdefault(one.share.action, []).append(one)
        except MissingValueError as error:
            missing[name] = error.given_by[0][-1]
        allows = (one for one in group.value.statements if one.effect is Effect.ALLOW)
        groups[name] = frozenset(action for one in allows for action in one.actions)
    return Offer({action: tuple(found) for action, found in by_action.items()}, missing, groups)


def _grants(
    name: EntryId, group: Sourced[ActivityGroup], spec: RoleSpec, values: Mapping[str, tuple[str, ...]]
) -> Iterator[GroupGrant]:
    declared = declared_parameters((group,))
    own = builtins(spec)
    given = {key: GivenValues(values[key], (_HERE,) * len(values[key]), _HERE) for key in declared if key in values}
    found = resolve(declared, given, own)
    filled = {**own, **found, **regions_of_keys(declared, found)}
    for index in range(len(group.value.statements)):
        by_parameter = bool(set(placeholders(group, index)) - own.keys())
        for share in distribute(group, name, index, filled).shares:
            if share.effect is Effect.ALLOW:
                yield GroupGrant(name, share, by_parameter)


class Covering(NamedTuple):
    """The groups that cover a need; *whole* where any one of them allows all of it, not just a part."""

    groups: frozenset[EntryId]
    whole: bool


def covering(need: Need, found: Offer, without: frozenset[EntryId] = frozenset()) -> Covering:
    """
    Return the groups that cover *need*, *without* some: those that allow all of it, else the widest parts of it.

    A part on resources that the user names goes before one on resources that AWS named, such as its public buckets.
    """
    left_out = found.offering.get(need.action, frozenset()) & without
    asked = (need.action, need.resource, need.passed_to, left_out)
    if asked not in found.covered:
        found.covered[asked] = _covering(need, found, left_out)
    return found.covered[asked]


def _covering(need: Need, found: Offer, without: frozenset[EntryId]) -> Covering:
    speaking = found.by_action.get(need.action, ())
    grants = [one for one in speaking if one.group not in without and _is_passed(need, one.share)]
    whole = frozenset(
        one.group for one in grants if any(contains(pattern, need.resource) for pattern in one.share.resources)
    )
    if whole:
        return Covering(whole, whole=True)
    parts = [
        (one, pattern) for one in grants for pattern in one.share.resources if meet(pattern, need.resource)
    ]  # fmt: skip
    parts = [part for part in parts if part[0].own] or parts
    widest = [part for part in parts if not any(_is_wider(other[1], part[1]) for other in parts)]
    return Covering(frozenset(one.group for one, _ in widest), whole=False)


def _is_wider(one: str, other: str) -> bool:
    return contains(one, other) and not contains(other, one)


def _is_passed(need: Need, share: Share) -> bool:
    """Tell whether a role may be passed by *share* to one of the services that *need* passes it to."""
    if need.action != PASS_ROLE or not need.passed_to:
        return True
    services = {value for _, block in share.conditions for key, found in block if key == "iam:PassedToService"
                for value in found}  # fmt: skip
    return not services or bool(services.intersection(need.passed_to))


def examples(need: Need, grants: Sequence[GroupGrant]) -> Iterator[str]:
    """Yield the patterns of *grants* that are about a part of what *need* asks for."""
    for one in grants:
        if _is_passed(need, one.share):
            yield from (pattern for pattern in one.share.resources if meet(pattern, need.resource))
