"""
An AWS managed policy as statements of a role, so that it can be asked what a role's own are asked.

Wildcards become the reference's actions, NotAction all others, NotResource all resources of the types that
are not excepted. The Denies of the policy are left out: they can only make less of what is found.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.reference.managed_policies import ManagedPolicy
from rolemgr.reference.resources import common
from rolemgr.reference.services import expand, find_action, resource_types

_Texts: TypeAlias = tuple[str, ...]


def allows_of(policy: ManagedPolicy, also: Sequence[str] = ()) -> tuple[ComposedStatement, ...]:
    """
    Return the Allows of *policy* as statements of a role, their actions spelt out by the reference.

    *also* are further actions, or patterns, to look for: those that the reference has nothing for stand in
    the statements that may speak of them. Each statement has the policy's ARN as its origin.
    """
    unknown = tuple(name for name in also if not expand(name))
    allows = (one for one in policy.document.statement if one.effect is Effect.ALLOW)
    return tuple(
        composed for number, one in enumerate(allows, start=1) for composed in _composed(policy, one, number, unknown)
    )


def _composed(
    policy: ManagedPolicy, statement: IdentityStatement, number: int, unknown: Iterable[str]
) -> Iterator[ComposedStatement]:
    actions = (*_actions(statement), *(name for name in unknown if _may_speak_of(statement, name)))
    conditions = tuple((operator, tuple(block.items())) for operator, block in statement.condition.items())
    origin = Origin(SourceLocation(policy.arn), policy.name, f"{policy.name}{number}", actions)
    for some, resources in _with_resources(statement, actions, policy.arn.split(":")[1]):
        yield ComposedStatement(origin.sid, Effect.ALLOW, some, resources, conditions, (origin,))


def _actions(statement: IdentityStatement) -> _Texts:
    """Return the reference's actions that *statement* speaks of, and those that it names itself."""
    if statement.not_action:
        left_out = {action for pattern in statement.not_action for action in expand(pattern)}
        return tuple(action for action in expand("*:*") if action not in left_out)
    return tuple(dict.fromkeys(action for pattern in statement.action or () for action in _expanded(pattern)))


@cache
def _expanded(pattern: str) -> _Texts:
    exact = () if "*" in pattern or "?" in pattern else (pattern,)
    return expand("*:*" if pattern == "*" else pattern) or exact


def _may_speak_of(statement: IdentityStatement, name: str) -> bool:
    """Tell whether *statement* may speak of *name*, an action or pattern that the reference does not have."""
    if statement.not_action:
        return not any(contains(pattern.lower(), name.lower()) for pattern in statement.not_action)
    return any(common(pattern.lower(), name.lower()) is not None for pattern in statement.action or ())


def _with_resources(statement: IdentityStatement, actions: _Texts, partition: str) -> Iterator[tuple[_Texts, _Texts]]:
    """Yield *actions* with the resources named, or each with all resources of its types that are not excepted."""
    excepted = statement.not_resource
    if excepted is None:
        yield actions, statement.resource or ()
        return
    for action in actions:
        kept = (arn for arn in all_of(action, partition) if not any(contains(one, arn) for one in excepted))
        if resources := tuple(kept):
            yield (action,), resources


@cache
def all_of(action: str, partition: str) -> _Texts:
    """Return a pattern for the resources of each type of *action*, ``*`` where it has none."""
    found = find_action(action)
    known = resource_types(found.service) if found else {}
    formats = [known[use.name].arn_format for use in found.resource_types if use.name in known] if found else []
    return tuple(as_pattern(str(one._replace(partition=partition))) for one in formats) or ("*",)
