"""
A persona with all that it extends: its groups, and what it must never be able to do.

Every group and every `never` entry keeps the place that it was written at, so that a conflict can name
both files and lines.
"""

from collections.abc import Iterator
from functools import lru_cache

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.model.catalog import EntryId, Excuse, Forbidden, Persona
from rolemgr.model.persona import Excused, Never, PersonaTrust, ResolvedPersona
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.trust import AnyTrust


def resolve_persona(catalog: Catalog, name: EntryId, where: SourceLocation | None = None) -> ResolvedPersona:
    """
    Return the persona *name* of *catalog* with everything that it extends.

    Raises UnknownNameError at *where* for a name that nobody defines, and InputError for personas that
    extend each other in a circle, and for changes that change nothing.
    """
    catalog.persona(name, where)
    return _resolved(catalog, name)


@lru_cache(maxsize=256)
def _resolved(catalog: Catalog, name: EntryId) -> ResolvedPersona:
    """Resolve a persona once: a wizard, an audit and a migration ask for each of them many times."""
    return _resolve(catalog, name, None, ())


def _resolve(
    catalog: Catalog, name: EntryId, where: SourceLocation | None, through: tuple[str, ...]
) -> ResolvedPersona:
    persona = catalog.persona(name, where)
    if name in through:
        circle = " -> ".join((*through[through.index(name) :], name))
        raise InputError(where, f"personas extend each other in a circle: {circle}")
    if persona.value.extends is None:
        return _plain(name, persona, catalog)
    base = _resolve(catalog, persona.value.extends, persona.at("extends"), (*through, name))
    return _extended(name, persona, base, catalog)


@lru_cache(maxsize=256)
def _plain(name: EntryId, persona: Sourced[Persona], catalog: Catalog) -> ResolvedPersona:
    value = persona.value
    return ResolvedPersona(
        name,
        value.title,
        value.description,
        (name,),
        _places(persona, "activity_groups", value.activity_groups),
        _places(persona, "pass_self", value.pass_self),
        tuple(_never(persona, catalog)),
        guardrail_profile=value.guardrail_profile,
        profile_place=persona.at("guardrail_profile"),
        trust=_trust(persona),
        trust_place=persona.at("trust"),
    )


def _extended(
    name: EntryId, persona: Sourced[Persona], base: ResolvedPersona, catalog: Catalog
) -> ResolvedPersona:  # fmt: skip
    value = persona.value
    added = _places(persona, "add", value.add)
    for group, place in added.items():
        if group in base.groups:
            raise InputError(place, f"`{base.id}` has the activity group `{group}` already")
    kept = dict(base.groups)
    for group, place in _places(persona, "remove", value.remove).items():
        if kept.pop(group, None) is None:
            raise UnknownNameError(place, f"activity group of `{base.id}`", group, base.groups)
    excused = _excused(persona, base)
    let_off = [excuse.never for excuse in excused]
    return ResolvedPersona(
        name,
        value.title,
        value.description,
        (name, *base.lineage),
        kept | added,
        {**base.pass_self, **_places(persona, "pass_self", value.pass_self)},
        (*(never for never in base.never if never not in let_off), *_never(persona, catalog)),
        (*base.excused, *excused),
        value.guardrail_profile or base.guardrail_profile,
        persona.at("guardrail_profile") if value.guardrail_profile else base.profile_place,
        _trust(persona) or base.trust,
        persona.at("trust") if persona.value.trust else base.trust_place,
    )


def _trust(persona: Sourced[Persona]) -> tuple[AnyTrust, ...]:
    """Return whom the file of *persona* trusts; raise InputError (or Problems) for what is wrong there."""
    return parse_model(persona.source, PersonaTrust).value.trust if persona.value.trust else ()


def _excused(persona: Sourced[Persona], base: ResolvedPersona) -> tuple[Excused, ...]:
    """Return the entries of *base*'s `never` that *persona* is let off; each excuse must find one."""
    found: list[Excused] = []
    for index, excuse in enumerate(persona.value.allow_despite):
        place = persona.at("allow_despite", index)
        entries = [never for never in base.never if _speaks_of(excuse, never)]
        if not entries:
            known = sorted({never.forbidden.action for never in base.never})
            raise UnknownNameError(place, f"`never` entry of `{base.id}`", excuse.action, known)
        found += [Excused(never, excuse.reason, place) for never in entries]
    return tuple(found)


def _speaks_of(excuse: Excuse, never: Never) -> bool:
    same_action = never.forbidden.action.lower() == excuse.action.lower()
    return same_action and never.forbidden.resource == excuse.resource


def _never(persona: Sourced[Persona], catalog: Catalog) -> Iterator[Never]:
    """Yield the entries of *persona*'s `never`, those of a separation with the place that they are written at."""
    for index, entry in enumerate(persona.value.never):
        place = persona.at("never", index)
        if isinstance(entry, Forbidden):
            yield Never(entry, place)
            continue
        separation = catalog.separation(entry.separation, place)
        for number, forbidden in enumerate(separation.value.never):
            held = forbidden.model_copy(update={"directly": True}) if entry.directly else forbidden
            yield Never(held, separation.at("never", number), entry.separation)


def _places(persona: Sourced[Persona], field: str, names: tuple[EntryId, ...]) -> dict[EntryId, SourceLocation]:
    return {name: persona.at(field, index) for index, name in enumerate(names)}
