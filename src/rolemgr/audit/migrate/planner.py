"""
The plans of many roles: roles that are alike are planned once, others of one kind among the personas that fitted it.

Alike are roles with the same policies where each needs all that it may do. Of one kind are roles with the same policies
that used the same actions: which personas fit best was found for the first of them.
"""

import json
from dataclasses import replace
from typing import Final, TypeAlias

from rolemgr.audit.migrate.migration import MigrationPlan, NewRoleOptions, plan, start_of
from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.audit.migrate.used import UsedFiles
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError
from rolemgr.model.inventory import HeldRole

MOST_KINDS: Final = 200
"""How many kinds of roles are compared with all personas in one run; each takes seconds."""
_PERSONAS: Final = 3
_OF_THE_ROLE: Final = ("name", "account", "region", "path", "boundary", "tag")

_Kind: TypeAlias = tuple[object, ...]


class RolePlanner:
    """Plans roles to groups of the *catalog*, by *options*."""

    def __init__(self, catalog: Catalog, options: NewRoleOptions) -> None:
        self._catalog, self._options = catalog, options
        self._alike: dict[_Kind, MigrationPlan] = {}
        self._personas: dict[_Kind, tuple[str, ...]] = {}

    def plan(self, role: HeldRole, use: RoleCalls | None) -> MigrationPlan:
        """Return the plan of *role*, which used *use*; raise as `plan` does, and beyond `MOST_KINDS`."""
        policies = _kind_of(role)
        if use is None:
            return self._of_grants(role, policies)
        actions = frozenset(one.action for one in use.requests) | {action for action, _ in use.for_jobs}
        kind = (*policies, actions)
        among = self._personas.get(kind, ())
        if not among:
            self._refuse_more(role)
        made = plan(self._catalog, role, UsedFiles(trail=use), self._options, among)
        self._personas.setdefault(kind, tuple(one.persona.id for one in made.choices if one.role)[:_PERSONAS])
        return made

    def _of_grants(self, role: HeldRole, kind: _Kind) -> MigrationPlan:
        known = self._alike.get(kind)
        if known is None:
            self._refuse_more(role)
            known = self._alike[kind] = plan(self._catalog, role, None, self._options)
        return known if known.old is role else _renamed(known, role, self._options)

    def _refuse_more(self, role: HeldRole) -> None:
        if len(self._alike) + len(self._personas) >= MOST_KINDS:
            raise InputError(role.where, f"more than {MOST_KINDS} kinds of roles are not planned", "name the role")


def _kind_of(role: HeldRole) -> _Kind:
    policies = sorted(
        one.arn or json.dumps(one.document.to_json_value(), sort_keys=True, default=str) for one in role.policies
    )
    return (role.account, role.boundary_arn, tuple(one.reason for one in role.unknown), *policies)


def _renamed(known: MigrationPlan, role: HeldRole, options: NewRoleOptions) -> MigrationPlan:
    """Return the plan *known* as one of *role*, which is alike but for its name."""
    start = start_of(role, known.region, options)
    choices = []
    for one in known.choices:
        data = {key: value for key, value in one.data.items() if key not in _OF_THE_ROLE}
        choices.append(replace(one, data={**start, **data}))
    return replace(known, old=role, choices=tuple(choices))
