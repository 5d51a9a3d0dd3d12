"""The resources that matter: a concrete ARN for each class that the patterns of a role's statements distinguish."""

from collections.abc import Iterator
from functools import lru_cache

from rolemgr.prove.cells import STAND_IN, filled
from rolemgr.reference.resources import in_common, sample
from rolemgr.reference.services import find_action


@lru_cache(maxsize=8192)
def classes(action: str, patterns: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return concrete resources of *action* for *patterns*: a short and a long one, and those shared with *every*.

    Each other pattern that may stand for the same resource gives one in common. Policy variables have their
    stand-in.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        found |= dict.fromkeys(_concrete(filled(pattern), action))
        for other in every:
            if other != pattern and (both := in_common(filled(pattern), filled(other))):
                found[both] = None
    return tuple(found)


def _concrete(pattern: str, action: str) -> Iterator[str]:
    if pattern == "*":
        yield "*"
        return
    known = find_action(action)
    yield (sample(pattern, known) if known else None) or pattern.replace("*", "").replace("?", "x")
    if "*" in pattern:
        yield pattern.replace("*", f"{STAND_IN}-any").replace("?", "y")


def of_pattern(pattern: str, action: str) -> tuple[str, ...]:
    """Return the concrete resources of *action* that stand for *pattern* alone."""
    return classes(action, (pattern,), ())
