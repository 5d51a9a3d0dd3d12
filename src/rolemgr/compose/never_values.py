"""
The values of the placeholders in a persona's `never`, also where the role lacks the group that declares them.

A protected place (`resource`, `context`) is protected in every role: one that lacks the group takes the default.
An exception is for roles that have the group: in one that lacks it, it excepts nothing.
"""

from collections.abc import Iterator
from itertools import chain

from rolemgr.catalog.load import Catalog
from rolemgr.compose.parameters import Declared, declarations, resolve
from rolemgr.compose.substitute import Placeholder, Values, pieces_of
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.catalog import Forbidden, Strings
from rolemgr.model.persona import Never, ResolvedPersona


def never_values(catalog: Catalog, persona: ResolvedPersona, known: Values) -> dict[str, tuple[str, ...]]:
    """
    Return *known*, the values of the role, with those of all other names in the `never` of *persona*.

    Raises UnknownNameError for a placeholder that nothing declares, and InputError for a protected place that
    no group of the role declares and that has no default, or several.
    """
    entries = (*persona.never, *(excuse.never for excuse in persona.excused))
    found = dict(known)
    for never in entries:
        for name in _missing(protected_texts(never.forbidden), found):
            found |= _default(catalog, never, name, found)
    for never in entries:
        for name in _missing(excepting_texts(never.forbidden), found):
            _declared(catalog, never, name, known)
            found[name] = ()
    return found


def protected_texts(forbidden: Forbidden) -> Iterator[str]:
    """Yield the texts of *forbidden* that say what must never be done."""
    yield forbidden.resource
    yield from chain.from_iterable(forbidden.context.values())


def excepting_texts(forbidden: Forbidden) -> Iterator[str]:
    """Yield the texts of *forbidden* that say what is excepted."""
    yield from forbidden.except_on
    yield from chain.from_iterable(forbidden.except_with.values())


def _missing(texts: Iterator[str], known: Values) -> Iterator[str]:
    """Yield the names of the placeholders of *texts* that *known* has no values for."""
    names = (one.name for text in texts if "{{" in text for one in pieces_of(text) if isinstance(one, Placeholder))
    yield from (name for name in names if name not in known)


def _default(catalog: Catalog, never: Never, name: str, known: Values) -> dict[str, tuple[str, ...]]:
    """Return the default of parameter *name*, and of those that it is made of; raise where there is none, or two."""
    wanted, declared = [name], dict[str, Declared]()
    for one in wanted:
        declared[one] = _same(never, _declared(catalog, never, one, known))
        default = _required(never, declared[one])
        wanted += [other for other in _missing(iter(default), known) if other not in wanted]
    return resolve(declared, {}, known)


def _declared(catalog: Catalog, never: Never, name: str, known: Values) -> tuple[Declared, ...]:
    """Return the declarations of parameter *name*; raise UnknownNameError where the catalog has none."""
    if shared := catalog.shared_parameters.get(name):
        return (Declared(name, shared.parameter, shared.where),)
    declared = declarations(tuple(map(catalog.activity_group, catalog.groups_naming(name))))
    if name not in declared:
        every = declarations(tuple(map(catalog.activity_group, catalog.found("activity_groups"))))
        raise UnknownNameError(never.where, "placeholder", name, {*known, *every, *catalog.shared_parameters})
    return declared[name]


def _same(never: Never, declared: tuple[Declared, ...]) -> Declared:
    """Return what groups declare alike; raise InputError, at the line of *never*, where their defaults differ."""
    first, *others = declared
    for other in others:
        if other.parameter.default != first.parameter.default:
            differ = f"whose default differs at {first.where} and {other.where}"
            raise InputError(never.where, f"{_subject(never)} protects `{first.name}`, {differ}", _ADD_GROUP)
    return first


def _required(never: Never, declared: Declared) -> Strings:
    """Return the default of *declared*; raise InputError, at the line of *never*, where it has none."""
    if declared.parameter.default is None:
        needs = f"{_subject(never)} protects `{declared.name}`, which has no default at {declared.where}"
        raise InputError(never.where, needs, _ADD_GROUP)
    return declared.parameter.default


_ADD_GROUP = "add a group that declares it, or give it a default in parameters.yaml"


def _subject(never: Never) -> str:
    return f"separation `{never.separation}`" if never.separation else "`never`"
