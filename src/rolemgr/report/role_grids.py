"""Roles side by side: what each can do, which resources it reaches, and which guardrail narrows which action."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedRole, GuardrailInForce, RoleDocuments
from rolemgr.reference.services import find_action
from rolemgr.report.capabilities import CAPABILITIES
from rolemgr.report.pages.grid import Grid, GridMark, made_grid
from rolemgr.report.pages.page import Tone
from rolemgr.report.review_can import held_within_limits
from rolemgr.report.statements import LEVELS, access_level

_CAN: Final = GridMark("✓", "can, found by evaluation; guardrails say how", Tone.GOOD)
_LETTERS: Final = {"Permissions management": "P", "Tagging": "T", "Write": "W", "Read": "R", "List": "L"}
_LEVEL_MARKS: Final = (
    GridMark("P", "permissions management", Tone.BAD), GridMark("W", "write", Tone.LOOK),
    GridMark("T", "tagging", Tone.LOOK), GridMark("R", "read"), GridMark("L", "list"),
)  # fmt: skip
_NARROWED, _WHERE_SENT, _OPEN, _DENIED = "✓", "~", "!", "✗"
GUARDRAIL_MARKS: Final = (
    GridMark(_OPEN, "left open, with the reason below", Tone.BAD),
    GridMark(_WHERE_SENT, "narrowed only where the request carries the key", Tone.LOOK),
    GridMark(_NARROWED, "narrowed", Tone.GOOD),
    GridMark(_DENIED, "denied, as it would bypass the guardrail", Tone.GOOD),
)
_WORST: Final = tuple(one.text for one in GUARDRAIL_MARKS)


class OpenAction(NamedTuple):
    """An *action* that a *guardrail* leaves open, and why: AWS sends no key to judge, or only sometimes."""

    guardrail: str
    action: str
    why: str


class RoleColumn(NamedTuple):
    """A role as a column of a grid, under its *name*, with the catalog that it is from."""

    name: str
    role: ComposedRole
    documents: RoleDocuments
    catalog: Catalog


def capability_grid(roles: Sequence[RoleColumn]) -> Grid:
    """Return which of *roles* has which capability, by evaluation; what none of them has is left out."""
    held = {one.name: set(held_within_limits(one.role, one.documents)) for one in roles}
    filled = {
        capability: {name: _CAN.text for name, having in held.items() if capability in having}
        for capability in CAPABILITIES
    }
    return made_grid("Capability", list(held), {name: row for name, row in filled.items() if row}, (_CAN,))


def resource_grid(roles: Sequence[RoleColumn]) -> Grid:
    """Return which of *roles* reaches which resource with which access levels, as their Allows name them."""
    filled: dict[str, dict[str, str]] = {}
    for one in roles:
        for resource, levels in _levels(one.role).items():
            marks = (_LETTERS[level] for level in LEVELS if level in levels)
            filled.setdefault(resource, {})[one.name] = " ".join(marks)
    return made_grid("Resource", [one.name for one in roles], dict(sorted(filled.items())), _LEVEL_MARKS)


def level_grid(role: ComposedRole) -> Grid:
    """Return how many actions of which access level *role* is allowed on which resource."""
    filled = {
        resource: {level: str(len(actions)) for level, actions in levels.items()}
        for resource, levels in sorted(_levels(role).items())
    }
    return made_grid("Resource", LEVELS, filled)


def _levels(role: ComposedRole) -> dict[str, dict[str, set[str]]]:
    """Return the actions that *role* is allowed on each resource, by access level: pairs that AWS asks for alone."""
    found: dict[str, dict[str, set[str]]] = {}
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW:
            for resource in statement.resources:
                for action in statement.actions:
                    row = NO_RESOURCE if resource == "*" and not _has_types(action) else resource
                    found.setdefault(row, {}).setdefault(access_level(action), set()).add(action)
    return found


NO_RESOURCE: Final = "* (actions that take no resource)"
"""The row of what AWS has no resource for: it says nothing of how wide a role is, as `*` for any other action does."""


def _has_types(action: str) -> bool:
    known = find_action(action)
    return known is None or bool(known.resource_types)


def guardrail_grid(roles: Iterable[ComposedRole]) -> Grid:
    """Return which guardrail narrows which action of *roles*, the worst that holds in any of them, and what is open."""
    filled: dict[str, dict[str, str]] = {}
    columns: dict[str, None] = {}
    for role in roles:
        for guardrail in role.guardrails:
            columns[guardrail.name] = None
            for action, mark in _marks(guardrail).items():
                before = filled.setdefault(action, {}).get(guardrail.name, mark)
                filled[action][guardrail.name] = min(before, mark, key=_WORST.index)
    return made_grid("Action", sorted(columns), dict(sorted(filled.items())), GUARDRAIL_MARKS)


def open_actions(roles: Iterable[ComposedRole]) -> list[OpenAction]:
    """Return what the guardrails of *roles* leave open, each once."""
    found = {
        OpenAction(guardrail.name, one.action, one.why): None
        for role in roles
        for guardrail in role.guardrails
        for one in (*(() if guardrail.strict else guardrail.bypassed_by), *guardrail.not_where_absent)
    }
    return sorted(found)


def _marks(guardrail: GuardrailInForce) -> dict[str, str]:
    narrowed = dict.fromkeys(guardrail.actions, _NARROWED)
    where_sent = {one.action: _WHERE_SENT for one in guardrail.not_where_absent}
    by_passing = {one.action: _DENIED if guardrail.strict else _OPEN for one in guardrail.bypassed_by}
    return narrowed | where_sent | by_passing
