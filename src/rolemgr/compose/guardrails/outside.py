"""
What a Deny on `supported` actions leaves open though it carries the same keys: actions outside of the scope.

A scope lists actions; AWS has more that make or change the same things. A Deny on a tag, with the scope that makes
endpoint configurations, would leave retagging them open, and nobody would see it. So they are looked for: actions that
support every key of the Deny, on a resource type that the Deny's own actions must name. Keys that come with any
request make no difference here: each action supports them, and what the Deny is about is the author's choice.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from rolemgr.model.guardrail import Guardrail
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, action_names, find_action, normal_key
from rolemgr.reference.support import supports


def outside_scope(
    guardrail: Guardrail, judged: Iterable[str], keys: Iterable[str], among: Iterable[str] | None = None
) -> Iterator[str]:
    """
    Yield, sorted, the actions that a Deny on *judged* by *keys* leaves out though they support the keys too.

    Only those *among* some actions; by default all of the services of *judged*. What the guardrail names under
    `bypassed_by` is left out: its author knows of it.
    """
    own = [normal_key(key) for key in keys]
    if not own or all(key in quirks.global_keys() for key in own):
        return
    known = {action for scope in guardrail.scope for action in quirks.scope_actions(scope)}
    known.update(one.action for one in guardrail.bypassed_by)
    denied = [action for name in judged if (action := find_action(name))]
    types = {(action.service, kind) for action in denied for kind in _types(action)}
    for name in sorted(_of_services({service for service, _ in types}) if among is None else among):
        action = None if name in known else find_action(name)
        if action and _is_of(action, types) and all(supports(action, (), key) for key in own):
            yield name


def _is_of(action: Action, types: Collection[tuple[str, str]]) -> bool:
    """Tell whether *action* is about a resource type of *types*, each with its service."""
    return any((action.service, kind) in types for kind in _types(action))


@cache
def _types(action: Action) -> frozenset[str]:
    """Return the resource types that each request for *action* names, or may name where none is required."""
    return action.required_types or frozenset(use.name for use in action.resource_types)


def _of_services(services: Iterable[str]) -> Iterator[str]:
    for service in services:
        yield from action_names(service).values()
