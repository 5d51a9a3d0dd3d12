"""The document of a permissions boundary: the ceiling, and as many of the limits as its quota holds."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from rolemgr.errors import InputError
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.layers.boundary import BoundaryPart, Ceiling, ceiling_of
from rolemgr.model.role import ComposedRole, ComposedStatement, OwnBoundary
from rolemgr.reference.quirks import quota
from rolemgr.render.statements import permissions_policy

Largest: TypeAlias = Callable[[ComposedStatement], ComposedStatement]


class FilledBoundary(NamedTuple):
    """A boundary within its quota: its statements and document, and what the quota left out."""

    statements: tuple[ComposedStatement, ...]
    document: IdentityPolicy
    held: tuple[BoundaryPart, ...]
    left_out: tuple[BoundaryPart, ...]
    is_tight: bool
    """Whether actions that change something are patterns too."""


def own_boundary(role: ComposedRole, largest: Largest | None = None) -> OwnBoundary:
    """
    Return the boundary that is made with *role*, measured as `filled_boundary` does.

    Raises InputError for a role that no boundary fits.
    """
    filled = filled_boundary(ceiling_of([role]), largest)
    return OwnBoundary(role.spec.boundary_name, filled.document, tuple(map(in_words, together(filled.left_out))))


def together(parts: Sequence[BoundaryPart]) -> list[BoundaryPart]:
    """Return *parts* with those of one kind and name as one."""
    found: dict[tuple[str, str], BoundaryPart] = {}
    for one in parts:
        there = found.get((one.kind, one.name))
        joined = one._replace(denies=(*there.denies, *one.denies), scoped=there.scoped | one.scoped) if there else one
        found[one.kind, one.name] = joined
    return list(found.values())


def in_words(part: BoundaryPart) -> str:
    """Return what a boundary does not hold, in words."""
    if part.kind != "separation":
        sids = ", ".join(one.sid for one in part.denies)
        return f"{part.kind} {part.name} ({sids})"
    return f"separation {part.name} (on which resources {', '.join(sorted(part.scoped))})"


def filled_boundary(ceiling: Ceiling, largest: Largest | None = None) -> FilledBoundary:
    """
    Return the boundary of *ceiling*, its parts in their order wherever there is room.

    Actions that change something are named one by one as long as everything fits so. A statement is measured as the
    *largest* that it can become. Raises InputError where the ceiling alone is over the quota.
    """
    limit = quota("permissions_boundary")

    def size(parts: Sequence[BoundaryPart], *, tight: bool) -> int:
        statements = ceiling.statements(parts, tight=tight)
        return permissions_policy([largest(one) for one in statements] if largest else statements).size()

    if size(ceiling.parts, tight=False) <= limit:
        return _filled(ceiling, ceiling.parts, is_tight=False)
    if (least := size((), tight=True)) > limit:
        names = ", ".join(role.spec.role_name for role in ceiling.roles)
        problem = f"the boundary of {names} has {least:,} characters, IAM allows {limit:,}"
        raise InputError(None, problem, "remove activity groups, or make two roles")
    held: list[BoundaryPart] = []
    for part in ceiling.parts:
        if size([*held, part], tight=True) <= limit:
            held.append(part)
    return _filled(ceiling, tuple(held), is_tight=True)


def _filled(ceiling: Ceiling, held: tuple[BoundaryPart, ...], *, is_tight: bool) -> FilledBoundary:
    statements = ceiling.statements(held, tight=is_tight)
    left_out = tuple(part for part in ceiling.parts if part not in held)
    return FilledBoundary(statements, permissions_policy(statements), held, left_out, is_tight)
