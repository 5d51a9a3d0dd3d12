"""Proofs about a role, or about a whole catalog."""

from rolemgr.api.roles import RoleLike, catalog_of, compose, read_role, render
from rolemgr.catalog.load import Catalog
from rolemgr.model.role import ComposedRole
from rolemgr.prove.catalog import prove_catalog, prove_role
from rolemgr.prove.proof import Proof, RoleToProve, flags_of
from rolemgr.separation.violations import RenderedRole

_REASON = "asked for by prove"
"""A role that breaks the separation of its persona is an answer here, and not bad input."""


def prove(role: RoleLike | ComposedRole | None = None, catalog: Catalog | None = None) -> tuple[Proof, ...]:
    """
    Return the proofs about *role*, or about every role of *catalog* where none is given, one for each claim.

    The role is as `compose` takes it, or composed. A proof ``holds`` where nothing breaks its claim and all of it was
    told; ``counter_examples`` are requests that break it, ``untold`` is what nobody can tell. The whole catalog takes
    some twenty seconds. Raises InputError (or Problems) as `compose` does, but for a role that breaks its separation:
    that is a proof which does not hold.
    """
    if role is None:
        return prove_catalog(catalog or Catalog())
    spec = read_role(role.spec if isinstance(role, ComposedRole) else role)
    entries = catalog_of(spec, catalog)
    reason = spec.value.break_separation or _REASON
    if isinstance(role, ComposedRole):
        made = role
    else:
        made = compose(spec.value.model_copy(update={"break_separation": reason, "catalog": ()}), entries)
    flags = flags_of({**spec.value.model_dump(exclude_unset=True), "break_separation": reason})
    return prove_role(RoleToProve(entries, RenderedRole(made, render(made)), flags))
