"""What an entry of a catalog no longer forbids, where it takes the place of another of its name."""

from collections.abc import Iterable, Sequence
from typing import Literal

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.iam.wildcards import contains
from rolemgr.model.catalog import Forbidden
from rolemgr.reference.services import expand


def lost_promises(
    before: Catalog, after: Catalog, kind: Literal["personas", "separations"], name: str
) -> tuple[Forbidden, ...]:
    """
    Return what the entry *name* forbids in *before* and no longer in *after*.

    Entries are compared as they are written: one that says the same in other words may be told as lost. Raises
    InputError (or Problems) where an entry can't be read.
    """
    there = _promises(after, kind, name)
    return tuple(one for one in _promises(before, kind, name) if not _kept(one, there))


def _promises(catalog: Catalog, kind: Literal["personas", "separations"], name: str) -> Sequence[Forbidden]:
    if kind == "separations":
        return catalog.separation(name).value.never
    return [one.forbidden for one in resolve_persona(catalog, name).never]


def _kept(old: Forbidden, there: Iterable[Forbidden]) -> bool:
    """Tell whether *there* has all that *old* forbids, action by action."""
    holding = [one for one in there if _holds(one, old)]
    named = expand(old.action) or (old.action,)
    return all(any(contains(one.action.lower(), action.lower()) for one in holding) for action in named)


def _holds(new: Forbidden, old: Forbidden) -> bool:
    """Tell whether *new* holds, for its actions, wherever *old* does."""
    return (
        contains(new.resource, old.resource)
        and all(set(values) >= set(old.context.get(key, ())) > set() for key, values in new.context.items())
        and set(new.except_on) <= set(old.except_on)
        and all(set(values) <= set(old.except_with.get(key, ())) for key, values in new.except_with.items())
        and (old.directly or not new.directly)
    )
