"""Which actions AWS asks for in a call, by the source and name of its event (``data/actions.json``)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from rolemgr.events.facts import facts
from rolemgr.reference.services import action_names, find_action

_DATED: Final = re.compile(r"(.+?)_?[0-9]{4}_?[0-9]{2}_?[0-9]{2}(?:v[0-9])?")


def actions_of(source: str, name: str, named: str | None = None) -> tuple[str, ...]:
    """
    Return the actions that AWS asks for in the operation *name* of a service, the operation's own first.

    *source* is as in `RecordedCall`; *named* is the service that the event names beside it. Empty where nobody here
    knows the operation.
    """
    return _actions(source, name, named if named in prefixes_of(source) else None)


@lru_cache(maxsize=1 << 14)
def _actions(source: str, name: str, named: str | None) -> tuple[str, ...]:
    for prefix in (named,) if named else prefixes_of(source):
        listed = facts("actions")["names"].get(prefix, {}).get(name)
        if isinstance(listed, list):
            return tuple(listed)
        found = find_action(f"{prefix}:{name}") or _without_date(prefix, name)
        if found:
            return (found if isinstance(found, str) else found.name,)
    return ()


def prefixes_of(source: str) -> tuple[str, ...]:
    """Return the prefixes that actions of the service behind *source* may have."""
    known = facts("actions")["prefixes"].get(source)
    return tuple(known) if isinstance(known, list) and source not in ("sources", "about") else (source,)


def _without_date(prefix: str, name: str) -> str | None:
    dated = facts("actions")["dated"]["services"]
    found = _DATED.fullmatch(name) if prefix in dated else None
    if found is None:
        return None
    listed = facts("actions")["names"].get(prefix, {}).get(found[1])
    return listed[0] if isinstance(listed, list) else action_names(prefix).get(found[1].lower())


def of_version(action: str, parameters: Mapping[str, Any] | None) -> str:
    """Return the action that is asked for instead of *action* where the *parameters* name an object's version."""
    table = facts("actions")["versions"]
    other = table["actions"].get(action)
    return str(other) if other and parameters and parameters.get(table["parameter"]) else action
