"""
The values of a role's parameters, narrowed to what was used: names to those that were seen, up to the time in them.

A parameter keeps its values where a call does not tell the resource that it names, where what stays without evidence is
on it, and where a Deny or a condition has it: a Deny that speaks of less lets more through.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from rolemgr.audit.migrate.infer import open_names, reduced, resource_form
from rolemgr.audit.migrate.needs import meet
from rolemgr.compose.substitute import fill
from rolemgr.evaluate.partly import MatchingAllow
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import as_pattern, opens_variable
from rolemgr.iam.wildcards import contains, has_wildcard, matches
from rolemgr.model.catalog import EntryId, GroupStatement, Parameter, ParameterName, ParameterType
from rolemgr.usage.groups import GroupsInUse
from rolemgr.usage.recorded import Used

_NARROWED: Final = frozenset({
    ParameterType.NAME_PATTERN, ParameterType.ARN, ParameterType.ROLE_ARN, ParameterType.KEY_ARN, ParameterType.BUCKET,
    ParameterType.S3_PREFIX,
})  # fmt: skip
"""The types whose values are resources, or parts of their ARNs."""
_ANYWHERE: Final = ("*",)
Groups: TypeAlias = Mapping[EntryId, Sequence[GroupStatement]]
"""The statements of activity groups."""


class NarrowedParameter(NamedTuple):
    """A parameter of the role, its *old* values and the *new* ones; *why* it keeps those that it keeps."""

    name: ParameterName
    old: tuple[str, ...]
    new: tuple[str, ...]
    requests: int
    """How many different requests tell the new ones."""
    why: str = ""


@dataclass
class _Told:
    """What requests tell of one parameter: its old *values* that they need, the *names* that they had."""

    values: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    requests: int = 0
    whole: str = ""
    """Why all of its values stay."""


def narrowed(
    groups: Groups, parameters: Mapping[ParameterName, Parameter],
    values: Mapping[str, tuple[str, ...]], found: GroupsInUse, too_many: Collection[str],
) -> tuple[NarrowedParameter, ...]:  # fmt: skip
    """
    Return each of the *parameters* that names resources, narrowed to what was used of it.

    *groups* are the statements of the groups that stay, *values* what all placeholders stand for. The actions
    *too_many* were used on more names than are kept, and tell none.
    """
    told = {name: _Told() for name in parameters if values.get(name) and parameters[name].type in _NARROWED}
    own = {name: one for name, one in values.items() if name not in parameters}
    for name, why in _held(groups, parameters, found):
        if name in told and not told[name].whole:
            told[name].whole = why
    for used, allows in found.used:
        _take(told, used, _texts(allows, groups, found), values, own, too_many)
    return tuple(_narrowed(name, parameters[name], values[name], one) for name, one in sorted(told.items()))


def _texts(allows: Iterable[MatchingAllow], groups: Groups, found: GroupsInUse) -> Iterator[str]:
    """Yield the resources, as the catalog writes them, of the statements that allow a request."""
    for one in allows:
        place = found.statements[one.at.statement]
        for statement in groups.get(place.group, ()) if one.resources != _ANYWHERE else ():
            if statement.sid == place.origin.sid:
                yield from statement.resources


def _take(
    told: Mapping[str, _Told], used: Used, texts: Iterable[str], values: Mapping[str, tuple[str, ...]],
    own: Mapping[str, tuple[str, ...]], too_many: Collection[str],
) -> None:  # fmt: skip
    """Add what *used* tells of the parameters in *texts*."""
    seen = set[str]()
    for text in dict.fromkeys(texts):
        for name in open_names(text, own):
            if name not in told:
                continue
            found = set(_values_of(text, name, used, values))
            is_open = used.is_open and any(opens_variable(one) or has_wildcard(one) for one in found)
            if found and (is_open or used.action.lower() in too_many):
                told[name].whole = told[name].whole or f"calls of {used.action} do not tell all of their resources"
            told[name].values |= found
            told[name].names |= found if used.is_open else set(_names_of(text, name, used, own)) if found else set()
            seen |= {name} if found else set()
    for name in seen:
        told[name].requests += 1


def _values_of(text: str, name: str, used: Used, values: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the values of the parameter *name* with which *text* is, or may be, about the resource of *used*."""
    for value in values[name]:
        filled = fill(text, {**values, name: (value,)})
        if any(meet(one, used.resource) if used.is_open else matches(as_pattern(one), used.resource) for one in filled):
            yield value


def _names_of(text: str, name: str, used: Used, own: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield what stands in the resource of *used* where *text* has the parameter *name*."""
    form = resource_form(text, tuple(sorted((key, own[key]) for key in open_placeholders(text, own))))
    found = None if used.is_open else form.fullmatch(used.resource)
    if found and name in found.groupdict():
        yield found[name]


def open_placeholders(text: str, own: Collection[str]) -> tuple[str, ...]:
    """Return the names of *own* that *text* has placeholders for."""
    return tuple(name for name in open_names(text, ()) if name in own)


def _held(
    groups: Groups, parameters: Mapping[str, Parameter], found: GroupsInUse
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """Yield the parameters that keep their values whatever was used, each with the reason."""
    in_denies = set[str]()
    for statements in groups.values():
        for one in statements:
            texts = [text for block in one.conditions.values() for listed in block.values() for text in listed]
            for name in _all_names(texts, parameters):
                yield name, "a condition has it"
            if one.effect is Effect.DENY:
                in_denies |= set(_all_names(one.resources, parameters))
    for name in sorted(in_denies):
        yield name, "a Deny is about it"
    for share in found.untraced:
        for name, statement in _about(share.action, share.groups, groups):
            yield name, f"{statement} has {share.action}: {share.why}"


def _about(action: str, names: Iterable[EntryId], groups: Groups) -> Iterator[tuple[str, str]]:
    """Yield the parameters on whose resources the groups *names* allow *action*, with the group."""
    for name in names:
        for one in groups.get(name, ()):
            if one.effect is Effect.ALLOW and action in one.actions:
                yield from ((parameter, name) for text in one.resources for parameter in open_names(text, ()))


def _all_names(texts: Iterable[str], parameters: Mapping[str, Parameter]) -> list[str]:
    """Return the parameters in *texts*, and those that their defaults are made of."""
    found: dict[str, None] = {}
    left = [name for text in texts for name in open_names(text, ())]
    while left:
        name = left.pop()
        if name in parameters and name not in found:
            found[name] = None
            left += [other for text in parameters[name].default or () for other in open_names(text, ())]
    return list(found)


def _narrowed(name: str, parameter: Parameter, old: tuple[str, ...], told: _Told) -> NarrowedParameter:
    if told.whole:
        return NarrowedParameter(name, old, old, told.requests, told.whole)
    if not told.requests:
        return NarrowedParameter(name, old, old, 0, "no call tells anything of it")
    plain = {one for one in told.names if not any(opens_variable(value) for value in told.values)}
    names = reduced(parameter, plain) if plain and parameter.type is not ParameterType.S3_PREFIX else ()
    inside = tuple(one for one in names if any(contains(value, one) for value in told.values))
    whole = len(inside) == len(names) and names
    new = tuple(sorted(inside if whole else told.values))
    return NarrowedParameter(name, old, new, told.requests, "" if new != old else "all of it was used")
