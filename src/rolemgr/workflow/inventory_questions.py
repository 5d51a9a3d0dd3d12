"""What may be asked of an inventory: actions by name or pattern, the resources that fit them, services."""

from typing import Final

from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.names import action_doubt
from rolemgr.reference.nearest import nearest_action
from rolemgr.reference.requests import resource_doubts
from rolemgr.reference.services import expand, find_action, service_exists, services

MOST_ACTIONS: Final = 40
"""How many actions a pattern may stand for: each is asked of everybody."""


def actions_named(text: str, resource: str | None) -> tuple[str, ...]:
    """
    Return the actions that *text*, an action or a pattern of one service, stands for: those that *resource* fits.

    Raises InputError for what AWS is not known to have, for too many, and for a resource that is of none of them.
    """
    where = SourceLocation("ACTION")
    if not has_wildcard(text):
        known = find_action(text)
        doubt = action_doubt(text) if known is None else None
        if known is None:
            problem = doubt.problem if doubt else f"unknown action `{text}`"
            raise InputError(where, problem, doubt.hint if doubt else "such as sagemaker:CreateTrainingJob")
        _require_fit(known.name, resource)
        return (known.name,)
    found = expand(text) if ":" in text else ()
    if not found:
        near = nearest_action(text)
        hint = f"did you mean {near}?" if near else "such as sagemaker:Create*"
        raise InputError(where, f"no action is like `{text}`", hint)
    fitting = tuple(one for one in found if resource is None or not _misfit(one, resource))
    if not fitting:
        raise InputError(where, f"`{resource}` is not a resource of any action that is like `{text}`")
    if len(fitting) > MOST_ACTIONS:
        raise InputError(where, f"`{text}` stands for {len(fitting)} actions", f"{MOST_ACTIONS} are asked at most")
    return fitting


def _require_fit(action: str, resource: str | None) -> None:
    if resource is not None and (misfit := _misfit(action, resource)):
        raise InputError(SourceLocation("RESOURCE"), *misfit)


def _misfit(action: str, resource: str) -> tuple[str, str | None] | None:
    """Return why *resource* is not one of *action*, with a hint; None where it may be."""
    doubt = next(iter(resource_doubts(action, resource)), None)
    return (doubt.problem, doubt.hint) if doubt else None


def service_named(name: str | None) -> str | None:
    """Return the service prefix *name* in lower case; raise UnknownNameError for one that AWS does not have."""
    if name is None:
        return None
    if not service_exists(name.lower()):
        raise UnknownNameError(SourceLocation("--service"), "service", name, services())
    return name.lower()
