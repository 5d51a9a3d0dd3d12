"""
A catalog statement as it will be distributed: placeholders filled, actions looked up, resources typed.

All that can be wrong with it is found here, with the line: an unknown action, a resource that no action
accepts, an action that no resource fits or whose required types are not all covered, an unknown key.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rolemgr.compose.substitute import Placeholder, UnknownPlaceholderError, Values, fill, names_in, pieces_of
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import parse_operator, spelt_operators
from rolemgr.iam.values import value_problem
from rolemgr.iam.variables import opens_variable, variables_in
from rolemgr.model.catalog import ActivityGroup, GroupStatement, ParameterType
from rolemgr.model.role import FrozenConditions, Origin
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks
from rolemgr.reference.resources import arn_forms, types_of
from rolemgr.reference.services import (
    Action,
    action_names,
    find_action,
    key_names,
    normal_key,
    service_exists,
    services,
)
from rolemgr.reference.support import known_key

Typed: TypeAlias = tuple[str, tuple[str, ...]]
"""A resource and the types of an action that it stands for; ``*`` has none."""


@dataclass(frozen=True)
class _StatementSource:
    """A statement of a catalog file, able to say the line of any part of it."""

    group: Sourced[ActivityGroup]
    index: int

    @property
    def statement(self) -> GroupStatement:
        return self.group.value.statements[self.index]

    def at(self, *path: str | int) -> SourceLocation:
        return self.group.at("statements", self.index, *path)


class ResolvedStatement(NamedTuple):
    """A statement with everything resolved: *fits* are, for each action, the resources that it accepts."""

    statement: GroupStatement
    origin: Origin
    fits: tuple[tuple[Action, tuple[Typed, ...]], ...]
    conditions: FrozenConditions


@lru_cache(maxsize=4096)
def placeholders(group: Sourced[ActivityGroup], index: int) -> tuple[str, ...]:
    """
    Return the names of the values that statement *index* of *group* depends on, ``partition`` always.

    Stray braces are left for `resolve_statement` to report.
    """
    statement = group.value.statements[index]
    texts = [
        *statement.resources,
        *(text for block in statement.conditions.values() for found in block.values() for text in found),
    ]
    names = {"partition", *statement.needs}
    for text in texts:
        with suppress(UnknownPlaceholderError):
            names.update(names_in(text))
    return tuple(sorted(names))


def resolve_statement(group: Sourced[ActivityGroup], name: str, index: int, values: Values) -> ResolvedStatement | None:
    """
    Return statement *index* of *group*, called *name*, with *values* filled in.

    None where a parameter that it needs has no value, or where its resources come from parameters that are
    all empty. Raises InputError (or Problems) for everything that is wrong with it.
    """
    place = _StatementSource(group, index)
    if any(not _needed(place, number, values) for number in range(len(place.statement.needs))):
        return None
    resources = _resources(place, values)
    if place.statement.resources and not resources:
        return None
    conditions = _conditions(place, values)
    fits = tuple((action, tuple(_fitting(action, resources))) for action in _actions(place))
    raise_all([
        *_resource_problems(place, fits, resources),
        *_text_problems(place, resources, values["partition"][0]),
        *_key_problems(place, fits, conditions),
        *_operator_problems(place, conditions),
    ])  # fmt: skip
    return ResolvedStatement(place.statement, _origin(place, name), fits, conditions)


def _origin(place: _StatementSource, name: str) -> Origin:
    return Origin(place.at(), name, place.statement.sid, place.statement.actions)


def _needed(place: _StatementSource, number: int, values: Values) -> tuple[str, ...]:
    need = place.statement.needs[number]
    if need not in values:
        raise UnknownNameError(place.at("needs", number), "parameter", need, values)
    return values[need]


def _resources(place: _StatementSource, values: Values) -> dict[str, int]:
    """Return the filled resources, each with the number of the list entry that it came from."""
    return {
        resource: number
        for number, text in enumerate(place.statement.resources)
        for resource in _filled(place, text, values, "resources", number)
    }


def _conditions(place: _StatementSource, values: Values) -> FrozenConditions:
    """Return the filled conditions in a fixed order."""
    return tuple(
        (operator, tuple((key, _values_of(place, operator, key, values)) for key in sorted(block)))
        for operator, block in sorted(place.statement.conditions.items())
    )


def _values_of(place: _StatementSource, operator: str, key: str, values: Values) -> tuple[str, ...]:
    texts = place.statement.conditions[operator][key]
    return tuple(found for text in texts for found in _filled(place, text, values, "conditions", operator, key))


def _filled(place: _StatementSource, text: str, values: Values, *path: str | int) -> tuple[str, ...]:
    try:
        return fill(text, values)
    except UnknownPlaceholderError as error:
        raise error.at(place.at(*path), values) from error


def _actions(place: _StatementSource) -> tuple[Action, ...]:
    """Return the statement's actions from the reference; raise for those it does not have."""
    found = [find_action(name) for name in place.statement.actions]
    raise_all([
        _unknown_action(name, place.at("actions", number)) if action is None
        else InputError(place.at("actions", number), f"`{name}` is spelt `{action.name}`")
        for number, (name, action) in enumerate(zip(place.statement.actions, found, strict=True))
        if action is None or action.name != name
    ])  # fmt: skip
    return tuple(action for action in found if action)


def _unknown_action(name: str, where: SourceLocation) -> InputError:
    service = name.partition(":")[0]
    if not service_exists(service):
        return UnknownNameError(where, "service", service, services())
    return UnknownNameError(where, "action", name, action_names(service).values())


def _fitting(action: Action, resources: Mapping[str, int]) -> Iterator[Typed]:
    """
    Yield the *resources* that *action* accepts, with their types.

    That is ``*`` for an action without resource-level permissions, and also where the author lists it for
    an action some of whose requests need it.
    """
    if not action.resource_types:
        yield "*", ()
        return
    for resource in resources:
        types = types_of(resource, action)
        if types or (resource == "*" and action.name in quirks.may_be_star()):
            yield resource, types


Fits: TypeAlias = tuple[tuple[Action, tuple[Typed, ...]], ...]


def _resource_problems(place: _StatementSource, fits: Fits, resources: Mapping[str, int]) -> Iterator[InputError]:
    """Yield what is wrong between the listed resources and the actions; ARNs of anything explain what has none."""
    accepted = {resource for action, typed in fits if action.resource_types for resource, _ in typed}
    strange = {resource: number for resource, number in resources.items() if resource not in accepted}
    for resource, number in strange.items():
        yield _not_accepted(place, resource, number, [one for one, _ in fits])
    anything = any(_any_arn(place, number) for number in strange.values())
    for number, (action, typed) in enumerate(fits):
        if uncovered := None if anything and not typed else _uncovered(action, typed):
            yield InputError(place.at("actions", number), *uncovered)


def _not_accepted(place: _StatementSource, resource: str, number: int, actions: list[Action]) -> InputError:
    """Return the error for a *resource* that none of *actions* accepts: the parameter behind it, or itself."""
    where = place.at("resources", number)
    if name := _any_arn(place, number):
        types = sorted({f"{one.service}:{use.name}" for one in actions for use in one.resource_types})
        problem = f"parameter `{name}` is any ARN, and no action of `{place.statement.sid}` is on any"
        return InputError(where, problem, f"say under `parameters` what it names: of: {' or '.join(types[:6])}")
    problem = f"no action of `{place.statement.sid}` accepts the resource `{resource}`"
    return InputError(where, problem, _instead_of(resource, actions))


def _any_arn(place: _StatementSource, number: int) -> str | None:
    """Return the parameter that resource *number* is, where that is an ARN of whatever it may be."""
    match pieces_of(place.statement.resources[number]):
        case (Placeholder(name),):
            parameter = place.group.value.parameters.get(name)
            return name if parameter and parameter.type is ParameterType.ARN and parameter.of is None else None
    return None


def _instead_of(resource: str, actions: list[Action]) -> str | None:
    """Return the nearest right thing for a *resource* that none of *actions* accepts."""
    if resource == "*":
        return "leave it out: actions without resource-level permissions get `*` by themselves"
    action = next((one for one in actions if one.resource_types), None)
    return arn_forms(action) if action else None


def _uncovered(action: Action, typed: tuple[Typed, ...]) -> tuple[str, str | None] | None:
    """Return the problem, and a hint, where *action* takes resources and not all that it needs are there."""
    if not typed:
        accepted = ", ".join(use.name for use in action.resource_types[:6])
        return f"no listed resource fits `{action.name}`", f"it accepts {accepted}"
    covered = {name for _, names in typed for name in names}
    missing = action.required_types - covered - _excused(action, covered)
    if not missing or "*" in (resource for resource, _ in typed):
        return None
    return f"`{action.name}` also needs a resource of type {', '.join(sorted(missing))}", None


def _excused(action: Action, covered: set[str]) -> set[str]:
    """Return the required types that need no resource, as an alternative of theirs has one."""
    return {name for options in action.alternatives if options & covered for name in options}


def _key_problems(place: _StatementSource, fits: Fits, conditions: FrozenConditions) -> Iterator[InputError]:
    """Yield an error for each condition key that no action of the statement supports, or without values."""
    for operator, block in conditions:
        for key, found in block:
            if not any(known_key(action, key) for action, _ in fits):
                yield _unsupported(key, place, fits, place.at("conditions", operator, key))
            elif not found:
                problem = f"condition key `{key}` has no value"
                yield InputError(place.at("conditions", operator, key), problem, "name its parameter under `needs`")


def _unsupported(key: str, place: _StatementSource, fits: Fits, where: SourceLocation) -> InputError:
    """Return the error for a condition key that AWS sends with none of the actions, near ones as a hint."""
    known = {name for action, _ in fits for name in key_names(action.service)} | quirks.global_key_names()
    problem = f"no action of `{place.statement.sid}` supports the condition key `{key}`"
    hint = UnknownNameError(where, "condition key", key, known).hint if key not in known else None
    return InputError(where, problem, hint)


def _text_problems(place: _StatementSource, resources: Mapping[str, int], partition: str) -> Iterator[InputError]:
    """Yield an error for each resource of another partition, and for each policy variable that AWS has not."""
    for resource, number in resources.items():
        where = place.at("resources", number)
        arn = Arn.parse(resource)
        if arn and arn.partition not in (partition, "*"):
            problem = f"`{resource}` is in partition {arn.partition}, the role in {partition}"
            yield InputError(where, problem, "write arn:{{ partition }}:...")
        yield from _variable_problems(place, resource, where)


def _operator_problems(place: _StatementSource, conditions: FrozenConditions) -> Iterator[InputError]:
    """Yield an error for each condition that IAM would refuse, or that lets an absent key through an Allow."""
    guarded = {
        key for operator, block in conditions if operator == "Null" for key, found in block if found == ("false",)
    }
    for operator, block in conditions:
        known = parse_operator(operator)
        if known is None:
            where = place.at("conditions", operator)
            yield UnknownNameError(where, "condition operator", operator, spelt_operators())
            continue
        for key, found in block:
            where = place.at("conditions", operator, key)
            yield from (InputError(where, problem) for value in found if (problem := value_problem(known.base, value)))
            for value in found:
                yield from _variable_problems(place, value, where)
            if known.qualifier == "ForAllValues" and key not in guarded and place.statement.effect is Effect.ALLOW:
                problem = f"`{operator}` also holds where `{key}` is absent"
                yield InputError(where, problem, f'add "Null": {{"{key}": "false"}}')


def _variable_problems(place: _StatementSource, text: str, where: SourceLocation) -> Iterator[InputError]:
    if not opens_variable(text):
        return
    try:
        names = [one.spelling for one in variables_in(text)]
    except ValueError as error:
        yield InputError(where, str(error))
        return
    services_used = tuple(dict.fromkeys(action.partition(":")[0] for action in place.statement.actions))
    for name in names:
        if not _is_key(name, services_used):
            known = {key for service in services_used for key in key_names(service)} | quirks.global_key_names()
            yield UnknownNameError(where, "policy variable", name, known)


@lru_cache(maxsize=1024)
def _is_key(name: str, services_used: tuple[str, ...]) -> bool:
    """Tell whether a policy variable may be called *name* in a statement of these services."""
    own = {normal_key(key) for service in services_used for key in key_names(service)}
    return normal_key(name) in own | quirks.global_keys() | quirks.unlisted_keys()
