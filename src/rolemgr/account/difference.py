"""In what a role in an account differs from the one that is wanted, as the user who changes it wants to read it."""

from collections.abc import Iterator

from rolemgr.account.drift import Drift, RoleDrift, find_drift
from rolemgr.account.read import AccountRole
from rolemgr.model.role import RoleDocuments


def describe_difference(old: AccountRole, new: RoleDocuments) -> tuple[str, ...]:
    """
    Return what differs between the role *old* in an account and the wanted *new* one, a sentence each.

    Nothing where they mean the same, however they are written. What the old one allows more or less is said
    with a request that shows it. rolemgr's own tags, and how far it is with the role, are left out.
    """
    return sentences(find_drift(old, new, {}))


def sentences(found: RoleDrift) -> tuple[str, ...]:
    """Return what differs in *found*, a sentence each, without how far rolemgr is with the role."""
    return tuple(_sentences(found))


def _sentences(found: RoleDrift) -> Iterator[str]:
    for drift in found.drifts:
        if drift.kind != "role-half-made":
            yield _sentence(drift)


def _sentence(drift: Drift) -> str:
    """Return *drift* as a difference: whether the role has more than is wanted, or less."""
    if drift.meant is None:
        return drift.what
    return f"{'more' if drift.meant.way == 'gained' else 'less'} than the file: {drift.what}"
