"""What the flows of a blueprint say that a role may do with another account's things, and whom a policy there names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement
from rolemgr.iam.wildcards import contains


class IntendedAccess(NamedTuple):
    """An action, in lower case, and the patterns of the resources that a flow is about."""

    action: str
    resources: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Tell whether *action* on *resource* is part of it."""
        return action.lower() == self.action and any(contains(pattern, resource) for pattern in self.resources)


def intended_access(flows: Iterable[ExpandedFlow]) -> Iterator[IntendedAccess]:
    """Yield what *flows* are, each request with all resources that it stands for."""
    for flow in flows:
        for one in flow.pattern.value.requests:
            if flow.has(one.needs):
                yield IntendedAccess(one.action.lower(), tuple(flow.reach((one.resource,))))


class RolesNamed:
    """The roles of a blueprint by the ways in which a policy names them."""

    def __init__(self, blueprint: ComposedBlueprint) -> None:
        """Take the roles of *blueprint*."""
        self._every = blueprint.roles
        self._by: dict[str, list[PlacedRole]] = {}
        for one in blueprint.roles:
            for name in (one.arn, one.account_id):
                self._by.setdefault(name, []).append(one)

    def by(self, policy: ResourcePolicy) -> tuple[PlacedRole, ...]:
        """Return the roles that an Allow of *policy* may speak of: by themselves, by their account, or as everybody."""
        allows = [one for one in policy.statement if one.effect is Effect.ALLOW]
        names = {name for one in allows for name in _names(one)}
        if "*" in names:
            return self._every
        found = {one.place: one for name in sorted(names) for one in self._by.get(_account(name), ())}
        return tuple(found[place] for place in sorted(found))


def _names(statement: ResourceStatement) -> Iterator[str]:
    """Yield the AWS principals of *statement*; a star for everybody, and for everybody but some."""
    principal = statement.principal
    yield from principal.get("AWS", ()) if isinstance(principal, Mapping) else ("*",)


def _account(name: str) -> str:
    """Return the account that *name* stands for, else the name."""
    arn = Arn.parse(name)
    return arn.account if arn and arn.resource == "root" and ACCOUNT_ID.fullmatch(arn.account) else name
