"""
Distribution: three plain lists of an author become statements in which nothing is dead.

An author writes actions, resources and conditions. IAM authorises each action only on resources of the
types that it accepts, and sends only the condition keys that it supports; a statement that ignores this
grants nothing, or blocks for ever. So each action gets just the resources and the keys that fit it, and
actions with the same share become one statement.

In an Allow, a key that an action does not support is left off for that action, and reported: it could
never have limited it. In a Deny, the action itself is left off: without its condition the Deny would be
wider than it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rolemgr.compose.substitute import UnknownPlaceholderError, fill
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.model.catalog import ActivityGroup, GroupStatement
from rolemgr.model.policy import Effect
from rolemgr.model.role import FrozenConditions, NotNarrowed, Origin
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import Action, action_names, find_action, service_exists, services
from rolemgr.reference.support import known_key, supports

ANY = ("*",)


@dataclass(frozen=True, slots=True)
class Share:
    """What one action of a catalog statement gets: resources, and the conditions that fit them."""

    action: str
    resources: tuple[str, ...]
    types: tuple[str, ...]
    conditions: FrozenConditions
    effect: Effect
    origin: Origin


@dataclass(frozen=True, slots=True)
class Distributed:
    """All shares of a catalog statement, and the keys that could not narrow an action."""

    shares: tuple[Share, ...]
    not_narrowed: tuple[NotNarrowed, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    """A catalog statement with its placeholders filled, knowing its place in the file."""

    group: Sourced[ActivityGroup]
    name: str
    index: int
    statement: GroupStatement
    resources: tuple[tuple[str, SourceLocation], ...]
    conditions: FrozenConditions

    def at(self, *path: str | int) -> SourceLocation:
        return self.group.at("statements", self.index, *path)

    @property
    def origin(self) -> Origin:
        return Origin(self.at(), self.name, self.statement.sid)


def distribute(
    group: Sourced[ActivityGroup], name: str, index: int, values: Mapping[str, tuple[str, ...]]
) -> Distributed:
    """
    Return the shares of statement *index* of *group* (called *name*) with *values* filled in.

    Nothing where a parameter that the statement needs has no value, or where its resources come from
    parameters that are all empty. Raises InputError (or Problems) with the line for an unknown action,
    placeholder or condition key, an action that no listed resource fits, a resource that fits no action,
    and a required resource type that is not covered.
    """
    statement = group.value.statements[index]
    written = _write(group, name, index, values)
    if any(not values[need] for need in statement.needs) or (statement.resources and not written.resources):
        return Distributed((), ())
    actions = _actions(written)
    raise_all([*_resource_problems(written, actions), *_key_problems(written, actions)])
    shares = tuple(share for action in actions for share in _shares(written, action))
    return Distributed(shares, tuple(_not_narrowed(written, shares)))


def _write(group: Sourced[ActivityGroup], name: str, index: int, values: Mapping[str, tuple[str, ...]]) -> _Written:
    """Fill the placeholders of a catalog statement; report each that stands for nothing."""
    statement = group.value.statements[index]

    def filled(text: str, *path: str | int) -> tuple[str, ...]:
        try:
            return fill(text, values)
        except UnknownPlaceholderError as error:
            where = group.at("statements", index, *path)
            raise UnknownNameError(where, "placeholder", str(error), values) from error

    for place, need in enumerate(statement.needs):
        if need not in values:
            raise UnknownNameError(group.at("statements", index, "needs", place), "parameter", need, values)
    resources = tuple(
        (resource, group.at("statements", index, "resources", place))
        for place, text in enumerate(statement.resources)
        for resource in filled(text, "resources", place)
    )
    conditions = tuple(
        (operator, tuple((key, tuple(found for text in texts for found in filled(text, "conditions", operator, key)))
                         for key, texts in sorted(block.items())))
        for operator, block in sorted(statement.conditions.items())
    )  # fmt: skip
    return _Written(group, name, index, statement, resources, conditions)


def _actions(written: _Written) -> tuple[Action, ...]:
    """Return the statement's actions from the reference; raise for those it does not have."""
    found: list[Action] = []
    problems: list[InputError] = []
    for place, name in enumerate(written.statement.actions):
        action = find_action(name)
        if action is None:
            problems.append(_unknown_action(name, written.at("actions", place)))
        elif action.name != name:
            problems.append(InputError(written.at("actions", place), f"`{name}` is spelt `{action.name}`"))
        else:
            found.append(action)
    raise_all(problems)
    return tuple(found)


def _unknown_action(name: str, where: SourceLocation) -> InputError:
    service = name.partition(":")[0]
    if not service_exists(service):
        return UnknownNameError(where, "service", service, services())
    return UnknownNameError(where, "action", name, action_names(service).values())


def _resource_problems(written: _Written, actions: tuple[Action, ...]) -> Iterator[InputError]:
    """Yield what is wrong between the listed resources and the actions."""
    for place, action in enumerate(actions):
        yield from _uncovered(written, action, written.at("actions", place))
    for resource, where in written.resources:
        if not any(_accepts(action, resource) for action in actions):
            hint = "leave it out: actions without resource-level permissions get `*` by themselves"
            yield InputError(where, f"no action of `{written.statement.sid}` accepts the resource `{resource}`",
                             hint if resource == "*" else None)  # fmt: skip


def _uncovered(written: _Written, action: Action, where: SourceLocation) -> Iterator[InputError]:
    """Yield an error where *action* takes resources and the statement lists none, or not all that it needs."""
    if not action.resource_types:
        return
    if action.name in quirks.may_be_star() and any(resource == "*" for resource, _ in written.resources):
        return
    covered = {name for resource, _ in written.resources for name in types_of(resource, action)}
    accepted = ", ".join(use.name for use in action.resource_types[:6])
    if not covered:
        yield InputError(where, f"no listed resource fits `{action.name}`", f"it accepts {accepted}")
    elif missing := required_types(action) - covered - _excused(action, covered):
        needed = ", ".join(sorted(missing))
        yield InputError(where, f"`{action.name}` also needs a resource of type {needed}")


def required_types(action: Action) -> set[str]:
    """Return the resource types that every request for *action* names, alternatives among them."""
    return {use.name for use in action.resource_types if use.required}


def _excused(action: Action, covered: set[str]) -> set[str]:
    """Return the required types that need no resource, as an alternative of theirs has one."""
    return {name for options in action.alternatives if options & covered for name in options}


def _key_problems(written: _Written, actions: tuple[Action, ...]) -> Iterator[InputError]:
    """Yield an error for each condition key that no action of the statement supports, or without values."""
    for operator, block in written.conditions:
        for key, found in block:
            where = written.at("conditions", operator, key)
            if not any(known_key(action, key) for action in actions):
                yield InputError(where, f"no action of `{written.statement.sid}` supports the condition key `{key}`")
            elif not found:
                yield InputError(where, f"condition key `{key}` has no value", "name its parameter under `needs`")


def _shares(written: _Written, action: Action) -> Iterator[Share]:
    """Yield the shares of *action*: one for each set of conditions that its resources support."""
    by_conditions: dict[FrozenConditions, list[tuple[str, tuple[str, ...]]]] = {}
    for resource, types in _fitting(written, action):
        conditions = _supported(written.conditions, action, types)
        by_conditions.setdefault(conditions, []).append((resource, types))
    for conditions, found in by_conditions.items():
        if written.statement.effect is Effect.DENY and conditions != written.conditions:
            continue
        resources = tuple(sorted({resource for resource, _ in found}))
        types = tuple(sorted({name for _, names in found for name in names}))
        yield Share(action.name, resources, types, conditions, written.statement.effect, written.origin)


def _fitting(written: _Written, action: Action) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the listed resources that *action* accepts with their types; ``*`` where it takes none."""
    if not action.resource_types:
        yield "*", ()
    for resource, _ in written.resources:
        if _accepts(action, resource):
            yield resource, types_of(resource, action)


def _accepts(action: Action, resource: str) -> bool:
    """Tell whether *action* can be on *resource*: by type, or on ``*`` where some of its requests need that."""
    return bool(types_of(resource, action)) or (resource == "*" and action.name in quirks.may_be_star())


def _supported(conditions: FrozenConditions, action: Action, types: tuple[str, ...]) -> FrozenConditions:
    """Return the part of *conditions* whose keys come with *action* on *types*; empty operators go."""
    kept = (
        (operator, tuple((key, found) for key, found in block if supports(action, types, key)))
        for operator, block in conditions
    )
    return tuple((operator, block) for operator, block in kept if block)


def _not_narrowed(written: _Written, shares: tuple[Share, ...]) -> Iterator[NotNarrowed]:
    """Yield each key of the author's that an action of an Allow goes without."""
    wanted = {key for _, block in written.conditions for key, _ in block}
    for share in shares:
        for key in sorted(wanted - {key for _, block in share.conditions for key, _ in block}):
            yield NotNarrowed(share.action, key, share.origin)
