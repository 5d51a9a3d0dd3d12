"""Whether a role keeps what its persona must never do: asked of every role before anybody sees its documents."""

from rolemgr.catalog.load import Catalog
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, raise_all
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.separation.closure import closure_of, unknown_notes
from rolemgr.separation.violations import violations


def kept_promises(catalog: Catalog, spec: Sourced[RoleSpec], role: ComposedRole) -> list[str]:
    """
    Return what there is to say of the roles that *role* reaches and of the managed policies attached to it.

    Raises InputError (or Problems) where its persona forbids what it can do, or where nobody can tell, and *spec*
    gives no reason to break the separation; and for an attached policy that is refused.
    """
    return [*_of_the_closure(catalog, role), *_of_attached(catalog, spec, role)]


def _of_the_closure(catalog: Catalog, role: ComposedRole) -> list[str]:
    closure = closure_of(catalog, role)
    try:
        broken = violations(role, closure.known)
    except TooComplex as error:
        return [*unknown_notes(closure), _untold(catalog, role, error)]
    if broken and not role.spec.break_separation:
        raise_all([violation.as_error() for violation in broken])
    return [*unknown_notes(closure), *(f"separation broken: {violation.as_error().problem}" for violation in broken)]


def _untold(catalog: Catalog, role: ComposedRole, error: TooComplex) -> str:
    """Return that nobody can tell whether the persona keeps its promise; raise InputError without a reason for that."""
    problem = f"can't tell whether the role keeps what its persona must never do: {error}"
    if role.spec.break_separation:
        return problem
    where = catalog.persona(role.persona.id).at("never")
    raise InputError(where, problem, 'name fewer values under `context`, or give --break-separation "REASON"')


def _of_attached(catalog: Catalog, spec: Sourced[RoleSpec], role: ComposedRole) -> list[str]:
    if not (spec.value.managed_policy or spec.value.boundary):
        return []
    from rolemgr.separation.attached import (  # few roles have them
        attachment_notes,
        attachment_problems,
        separation_notes,
    )

    raise_all(list(attachment_problems(catalog, role, spec.at)))
    return [*attachment_notes(role), *separation_notes(catalog, role)]
