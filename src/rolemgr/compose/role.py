"""
Compose a role from a persona, its activity groups and what the user chose.

Pure: same catalog and spec, same role. Statements that came apart by distribution are merged where that
changes nothing, and each keeps the catalog lines that it came from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.account import in_account, without_account
from rolemgr.compose.distribute import Distributed, distribute
from rolemgr.compose.merge import merge
from rolemgr.compose.notes import notes_on
from rolemgr.compose.substitute import UnknownPlaceholderError, fill
from rolemgr.compose.trust import compose_trust
from rolemgr.compose.values import Declared, Given, declared_parameters, misfit, resolve
from rolemgr.errors import InputError, RolemgrError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.model.catalog import ActivityGroup, EntryId, ParameterType
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.policy import Effect
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec, default_role_name
from rolemgr.reference.data import image_accounts, jumpstart_buckets
from rolemgr.reference.quirks import acting_actions

Groups = Mapping[EntryId, Sourced[ActivityGroup]]

_SHORT_FORMS = {"bucket": ("data_buckets", "work_buckets"), "pass_role": ("pass_roles",)}
"""The parameters that a short form of the command line stands for."""

_DESCRIPTION_LENGTH = 1000
_NOT_IN_DESCRIPTIONS = re.compile(r"[^\t\n\r\x20-\x7e\u00a1-\u00ff]")
"""IAM takes ASCII and Latin-1 in a role's description; catalogs may hold a dash or quotation mark beyond."""


def compose(catalog: Catalog, spec: Sourced[RoleSpec]) -> ComposedRole:
    """
    Return the role that *spec* describes, from the entries of *catalog*.

    Raises InputError (or Problems), with file and line, for names that nothing defines, values that do not
    fit, and catalog entries that the reference contradicts.
    """
    persona = resolve_persona(catalog, spec.value.persona, spec.at("persona"))
    _require_own_name(catalog, spec)
    groups = chosen_groups(catalog, persona, spec)
    clashes = _clashes(catalog, groups)
    if clashes and not spec.value.break_separation:
        raise_all(clashes)
    declared = declared_parameters(tuple(groups.values()))
    given, notes = _given(spec, declared)
    parameters = resolve(declared, given, builtins(spec.value))
    said = (
        *notes,
        *(clash.problem for clash in clashes),
        *notes_on(catalog, persona, spec.value.region, groups, given),
    )
    role = _composed(persona, groups, spec.value, parameters, said)
    return replace(role, never_values=_never_values(catalog, persona, role))


def _require_own_name(catalog: Catalog, spec: Sourced[RoleSpec]) -> None:
    """
    Raise InputError where the role would be called what another persona's role is called by default.

    Whoever passes that role would pass this one.
    """
    for other in catalog.found("personas"):
        if other != spec.value.persona and default_role_name(other) == spec.value.role_name:
            where = spec.at("name") if spec.value.name else spec.at("persona")
            problem = f"`{spec.value.role_name}` is the name of persona `{other}`'s role"
            raise InputError(where, problem, "give another --name")


def _clashes(catalog: Catalog, groups: Groups) -> list[InputError]:
    """Return an error for each two groups that must not stand in one role; raise for a name nobody defines."""
    known = catalog.found("activity_groups")
    raise_all([
        UnknownNameError(group.at("never_with", number), "activity group", other, known)
        for group in groups.values()
        for number, other in enumerate(group.value.never_with)
        if other not in known
    ])  # fmt: skip
    return [
        InputError(
            group.at("never_with", number),
            f"activity groups `{name}` and `{other}` must not be in one role",
            'leave one out, or give --break-separation "REASON"',
        )
        for name, group in groups.items()
        for number, other in enumerate(group.value.never_with)
        if other in groups
    ]


def chosen_groups(catalog: Catalog, persona: ResolvedPersona, spec: Sourced[RoleSpec]) -> Groups:
    """Return the persona's groups, with those that *spec* adds and without those it removes, by id, sorted."""
    places = dict(persona.groups)
    _refuse_contradictions(spec)
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
    return _looked_up(catalog, places)


def _refuse_contradictions(spec: Sourced[RoleSpec]) -> None:
    """Raise InputError for each group that *spec* both adds and removes: nobody can mean that."""
    added = {name: spec.at("add", i) for i, name in enumerate(spec.value.add)}
    raise_all([
        InputError(spec.at("remove", i), f"activity group `{name}` is removed here and added by {added[name]}")
        for i, name in enumerate(spec.value.remove)
        if name in added
    ])  # fmt: skip


def _looked_up(catalog: Catalog, places: Mapping[EntryId, SourceLocation]) -> Groups:
    """Return the groups of *places* by id, sorted; raise for all that do not exist or can't be read at once."""
    groups: dict[EntryId, Sourced[ActivityGroup]] = {}
    problems: list[InputError] = []
    for name in sorted(places):
        with gathering(problems):
            groups[name] = catalog.activity_group(name, places[name])
    raise_all(problems)
    return groups


def _self_passing(persona: ResolvedPersona, spec: Sourced[RoleSpec]) -> dict[str, SourceLocation]:
    """Return what the role needs on top where its own jobs run as the role itself."""
    if not persona.pass_self:
        raise InputError(
            spec.at("pass_role"), f"persona `{spec.value.persona}` can't pass itself to jobs",
            "its file lists no groups under `pass_self`",
        )  # fmt: skip
    return dict(persona.pass_self)


def _never_values(catalog: Catalog, persona: ResolvedPersona, role: ComposedRole) -> dict[str, tuple[str, ...]]:
    """
    Return the values that the persona's `never` may name.

    Those of the role, and the defaults of the persona's own groups: what is forbidden on the models prefix
    stays forbidden there when the group that declares the prefix is removed.
    """
    own = tuple(catalog.activity_group(name, place) for name, place in persona.groups.items())
    left_out = {name: one for name, one in declared_parameters(own).items() if name not in role.parameters}
    known = {**builtins(role.spec), **role.parameters}
    optional = {name: one for name, one in left_out.items() if one.parameter.default is not None}
    return {**known, **resolve(optional, {}, known)}


def builtins(spec: RoleSpec) -> dict[str, tuple[str, ...]]:
    """Return the names that every placeholder of the catalog may use."""
    return {
        "partition": (spec.partition_name,),
        "region": (spec.region,),
        "account": (spec.account,),
        "dns_suffix": (spec.dns_suffix,),
        "role": (spec.arn,),
        "aws_image_accounts": image_accounts(spec.region),
        "jumpstart_buckets": jumpstart_buckets(spec.region),
    }


def short_forms(spec: RoleSpec) -> set[str]:
    """Return the parameters that the short forms chosen in *spec* stand for."""
    return {name for short, names in _SHORT_FORMS.items() if getattr(spec, short) for name in names}


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
        places = tuple(spec.at(short, number) for number in range(len(texts)))
        given |= {name: Given(texts, places, spec.at(short)) for name in found if values}
    for name, texts in spec.value.parameter.items():
        places = tuple(spec.at("parameter", name, number) for number in range(len(texts)))
        given[name] = Given(texts, places, spec.at("parameter", name))
    return given, tuple(notes)


def _composed(
    persona: ResolvedPersona, groups: Groups, spec: RoleSpec, parameters: Mapping[str, tuple[str, ...]],
    notes: Sequence[str],
) -> ComposedRole:  # fmt: skip
    values = {**builtins(spec), **parameters}
    parts = _distributed_anywhere(groups, values)
    return ComposedRole(
        spec=spec,
        persona=persona,
        groups=tuple(groups),
        parameters=parameters,
        statements=tuple(
            in_account(statement, spec.account) for statement in merge(share for part in parts for share in part.shares)
        ),
        trust=compose_trust(spec),
        description=_description(persona, spec),
        acts_as=tuple(arn for group in groups.values() for arn in _acting_as(group, values)),
        acts_as_unknown=tuple(text for name, group in groups.items() for text in _acting_unsaid(name, group)),
        not_narrowed=tuple(key for part in parts for key in part.not_narrowed),
        notes=tuple(notes),
    )


def _description(persona: ResolvedPersona, spec: RoleSpec) -> str:
    """Return what the role says of itself; a broken separation is said first, so that nothing cuts it off."""
    text = spec.description or f"{persona.title}: {persona.description}"
    broken = f"Separation broken: {spec.break_separation}. " if spec.break_separation else ""
    return _NOT_IN_DESCRIPTIONS.sub("-", broken + text)[:_DESCRIPTION_LENGTH]


def _acting_as(group: Sourced[ActivityGroup], values: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for place, text in enumerate(group.value.acts_as):
        try:
            filled = fill(text, values)
        except UnknownPlaceholderError as error:
            raise UnknownNameError(group.at("acts_as", place), "placeholder", str(error), values) from error
        for arn in filled:
            if problem := misfit(ParameterType.ROLE_ARN, arn, values["partition"][0]):
                raise InputError(group.at("acts_as", place), problem)
        yield from filled


def _acting_unsaid(name: EntryId, group: Sourced[ActivityGroup]) -> Iterator[str]:
    """Yield what *group* lets its holder act as without saying which role that is."""
    if group.value.acts_as:
        return
    for index, statement in enumerate(group.value.statements):
        for action in sorted(acting_actions().intersection(statement.actions)):
            if statement.effect is Effect.ALLOW:
                yield f"the role behind {action} ({group.at('statements', index)}; `{name}` has no acts_as)"


def _distributed_anywhere(groups: Groups, values: Mapping[str, tuple[str, ...]]) -> list[Distributed]:
    """Return the shares of every statement of *groups*, with a stand-in for the account in them."""
    try:
        return _distributed(groups, without_account(values))
    except RolemgrError:
        return _distributed(groups, values)  # which says what is wrong in the words of the role


def _distributed(groups: Groups, values: Mapping[str, tuple[str, ...]]) -> list[Distributed]:
    """Return the shares of every statement of *groups*; raise for all that is wrong in them at once."""
    parts: list[Distributed] = []
    problems: list[InputError] = []
    for name, group in groups.items():
        for index in range(len(group.value.statements)):
            with gathering(problems):
                parts.append(distribute(group, name, index, values))
    raise_all(problems)
    return parts
