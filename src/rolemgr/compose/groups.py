"""The activity groups of a role: the persona's, with those that the user adds and without those removed."""

from collections.abc import Mapping
from typing import TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compose.never_names import wrong_names_in_accepts
from rolemgr.compose.parameters import incomplete_defaults
from rolemgr.compose.questions import wrong_values_of_group, wrong_values_of_shared
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.model.catalog import ActivityGroup, EntryId
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec

Groups: TypeAlias = Mapping[EntryId, Sourced[ActivityGroup]]


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
    shared = catalog.shared_parameters  # what is wrong with them is said once, not of each group
    problems = [error for file in catalog.shared_files for error in wrong_values_of_shared(file)]
    for name in sorted(places):
        with gathering(problems):
            groups[name] = catalog.activity_group(name, places[name])
            problems += (*wrong_values_of_group(groups[name]), *wrong_names_in_accepts(groups[name]))
            problems += incomplete_defaults(groups[name], shared)
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


def clashes(catalog: Catalog, groups: Groups) -> list[InputError]:
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
