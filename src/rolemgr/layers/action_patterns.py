"""
Actions as few short patterns, for a document that has to fit a quota.

A pattern that begins with ``Describe`` or ``List`` may stand for actions that nobody was granted, where they only
read names and settings. Any other stands for granted actions and no others that AWS's reference has, and is made
only where it is *tight*: the reference lags behind AWS, and AWS may add actions that the pattern stands for too.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rolemgr.reference.services import action_names, find_action

_LOOKING: Final = re.compile(r"(?:Describe|List)(?![a-z])")
_READS: Final = frozenset(("List", "Read"))
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[^A-Z]+")


def action_patterns(granted: Iterable[str], kept_out: Callable[[str], bool], *, tight: bool = False) -> tuple[str, ...]:
    """
    Return *granted* actions as patterns, sorted; no pattern stands for another action that is to be *kept_out*.

    An action that the reference lacks is named as it is; so is every action that changes something, unless the
    place is *tight*.
    """
    by_service: dict[str, list[str]] = defaultdict(list)
    for action in granted:
        by_service[action.partition(":")[0]].append(action)
    found = (one for names in by_service.values() for one in _of_service(sorted(names), kept_out, tight=tight))
    return tuple(sorted(found))


def beyond(patterns: Iterable[str], granted: frozenset[str]) -> tuple[str, ...]:
    """Return the actions of the reference that *patterns* stand for and that are not *granted*, sorted."""
    found = {one for pattern in patterns for one in _standing_for(pattern)}
    return tuple(sorted(found - granted))


def _of_service(granted: Sequence[str], kept_out: Callable[[str], bool], *, tight: bool) -> list[str]:
    """Return the shortest patterns that may stand for several of *granted*, and by name what none stands for."""
    known = frozenset(granted)
    patterns: list[str] = []
    done: set[str] = set()
    for action in granted:
        if action in done:
            continue
        possible = (one for one in _beginnings(action) if tight or _LOOKING.match(one.partition(":")[2]))
        if pattern := next((one for one in possible if _may_stand(one, known, kept_out)), None):
            patterns.append(pattern)
            done.update(_standing_for(pattern))
    return [*patterns, *(action for action in granted if action not in done)]


def _beginnings(action: str) -> Iterator[str]:
    """Yield the patterns that begin as *action* does, cut behind a word: the shortest first, and never ``*`` alone."""
    service, _, name = action.partition(":")
    yield from (f"{service}:{name[: word.end()]}*" for word in _WORD.finditer(name))


def _may_stand(pattern: str, granted: frozenset[str], kept_out: Callable[[str], bool]) -> bool:
    """Tell whether *pattern* stands for two or more of *granted*, and for nothing else but looking."""
    found = _standing_for(pattern)
    others = [one for one in found if one not in granted]
    if len(found) - len(others) < 2:
        return False
    is_looking = bool(_LOOKING.match(pattern.partition(":")[2]))
    return not others or (is_looking and all(_looks(one, kept_out) for one in others))


def _looks(action: str, kept_out: Callable[[str], bool]) -> bool:
    found = find_action(action)
    return found is not None and found.access_levels <= _READS and not kept_out(action)


def _standing_for(pattern: str) -> list[str]:
    """Return the actions of the reference that ``service:Beginning*``, or a name, stands for."""
    service, _, name = pattern.lower().partition(":")
    beginning = name.removesuffix("*")
    if beginning == name:
        return [pattern]
    return [spelt for lower, spelt in action_names(service).items() if lower.startswith(beginning)]
