"""
Compose a role from a persona, its activity groups and what the user chose.

Pure: same catalog and spec, same role. Statements that came apart by distribution are merged where that
changes nothing, and each keeps the catalog lines that it came from.
"""

from collections.abc import Mapping, Sequence

from rolemgr.catalog.load import Catalog
from rolemgr.compose.distribute import Distributed, distribute
from rolemgr.compose.merge import merge
from rolemgr.compose.trust import compose_trust
from rolemgr.compose.values import Declared, Given, declared_parameters, resolve
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.model.catalog import ActivityGroup, EntryId, Persona
from rolemgr.model.role import ComposedRole, RoleSpec
from rolemgr.model.source import Sourced
from rolemgr.reference.data import image_accounts

Groups = Mapping[EntryId, Sourced[ActivityGroup]]

_SHORT_FORMS = {"bucket": ("data_buckets", "work_buckets"), "pass_role": ("pass_roles",)}
"""The parameters that a short form of the command line stands for."""


def compose(catalog: Catalog, spec: Sourced[RoleSpec]) -> ComposedRole:
    """
    Return the role that *spec* describes, from the entries of *catalog*.

    Raises InputError (or Problems), with file and line, for names that nothing defines, values that do not
    fit, and catalog entries that the reference contradicts.
    """
    persona = catalog.persona(spec.value.persona, spec.at("persona"))
    groups = chosen_groups(catalog, persona, spec)
    declared = declared_parameters(tuple(groups.values()))
    given, notes = _given(spec, declared)
    parameters = resolve(declared, given, builtins(spec.value))
    return _composed(persona, groups, spec.value, parameters, notes)


def chosen_groups(catalog: Catalog, persona: Sourced[Persona], spec: Sourced[RoleSpec]) -> Groups:
    """Return the persona's groups, with those that *spec* adds and without those it removes, by id, sorted."""
    places = {name: persona.at("activity_groups", i) for i, name in enumerate(persona.value.activity_groups)}
    if "self" in spec.value.pass_role:
        places = _self_passing(persona, spec) | places
    places |= {name: spec.at("add", i) for i, name in enumerate(spec.value.add)}
    for i, name in enumerate(spec.value.remove):
        if name not in places:
            raise UnknownNameError(
                spec.at("remove", i), "activity group of this role", name, places,
                otherwise=f"it has {', '.join(sorted(places))}",
            )  # fmt: skip
        del places[name]
    if not places:
        raise InputError(spec.at("remove"), "no activity group is left", "a role needs at least one")
    return {name: catalog.activity_group(name, places[name]) for name in sorted(places)}


def _self_passing(persona: Sourced[Persona], spec: Sourced[RoleSpec]) -> dict[str, SourceLocation]:
    """Return what the role needs on top where its own jobs run as the role itself."""
    groups = persona.value.pass_self
    if not groups:
        raise InputError(
            spec.at("pass_role"), f"persona `{spec.value.persona}` can't pass itself to jobs",
            "its file lists no groups under `pass_self`",
        )  # fmt: skip
    return {name: persona.at("pass_self", i) for i, name in enumerate(groups)}


def builtins(spec: RoleSpec) -> dict[str, tuple[str, ...]]:
    """Return the names that every placeholder of the catalog may use."""
    return {
        "partition": (spec.partition_name,),
        "region": (spec.region,),
        "account": (spec.account,),
        "dns_suffix": (spec.dns_suffix,),
        "aws_image_accounts": image_accounts(spec.region),
    }


def _given(spec: Sourced[RoleSpec], declared: Mapping[str, Declared]) -> tuple[dict[str, Given], tuple[str, ...]]:
    """Return the user's values by parameter, and a note for each short form that finds nothing to act on."""
    given: dict[str, Given] = {}
    notes: list[str] = []
    for short, names in _SHORT_FORMS.items():
        values = getattr(spec.value, short)
        found = [name for name in names if name in declared]
        if values and not found:
            notes.append(f"{spec.at(short)}: nothing in this role uses it ({' or '.join(names)})")
        texts = tuple(spec.value.arn if value == "self" else value for value in values)
        given |= {name: Given(texts, spec.at(short)) for name in found if values}
    for name, texts in spec.value.parameter.items():
        given[name] = Given(texts, spec.at("parameter", name))
    return given, tuple(notes)


def _composed(
    persona: Sourced[Persona], groups: Groups, spec: RoleSpec, parameters: Mapping[str, tuple[str, ...]],
    notes: Sequence[str],
) -> ComposedRole:  # fmt: skip
    parts = _distributed(groups, {**builtins(spec), **parameters})
    return ComposedRole(
        spec=spec,
        persona_title=persona.value.title,
        groups=tuple(groups),
        parameters=parameters,
        statements=merge(share for part in parts for share in part.shares),
        trust=compose_trust(spec),
        description=spec.description or f"{persona.value.title}: {persona.value.description}"[:1000],
        not_narrowed=tuple(key for part in parts for key in part.not_narrowed),
        notes=tuple(notes),
    )


def _distributed(groups: Groups, values: Mapping[str, tuple[str, ...]]) -> list[Distributed]:
    return [
        distribute(group, name, index, values)
        for name, group in groups.items()
        for index in range(len(group.value.statements))
    ]
