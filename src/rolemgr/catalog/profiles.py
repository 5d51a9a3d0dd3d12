"""The guardrails of a profile, with those of the profiles that it includes."""

from typing import TYPE_CHECKING, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation
from rolemgr.model.catalog import EntryId
from rolemgr.model.source import Sourced

if TYPE_CHECKING:
    from rolemgr.model.guardrail import GuardrailProfile, GuardrailValues

HeldGuardrails: TypeAlias = "dict[EntryId, tuple[GuardrailValues, Sourced[GuardrailProfile]]]"
"""By name the values of a guardrail, and the profile that gives them."""


def guardrails_of(catalog: Catalog, name: EntryId, where: SourceLocation | None = None) -> HeldGuardrails:
    """
    Return each guardrail of the profile *name* with its values and the profile whose file gives them.

    What a profile says itself goes before what it includes. Raises UnknownNameError at *where* for a profile
    that there is none of, and InputError for profiles that include each other in a circle.
    """
    return _guardrails_of(catalog, name, where, ())


def _guardrails_of(
    catalog: Catalog, name: EntryId, where: SourceLocation | None, through: tuple[EntryId, ...]
) -> HeldGuardrails:
    profile = catalog.profile(name, where)
    if name in through:
        circle = " -> ".join((*through[through.index(name) :], name))
        raise InputError(where, f"profiles include each other in a circle: {circle}")
    found: HeldGuardrails = {}
    for number, included in enumerate(profile.value.includes):
        found |= _guardrails_of(catalog, included, profile.at("includes", number), (*through, name))
    return found | {one: (values, profile) for one, values in profile.value.guardrails.items()}
