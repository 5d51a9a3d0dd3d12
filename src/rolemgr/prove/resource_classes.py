"""The resources that matter: a concrete ARN for each class that the patterns of a role's statements distinguish."""

from collections.abc import Iterator

from rolemgr.compare.budget import MOST_STEPS, Budget, measured_as
from rolemgr.prove.domains import STAND_IN, filled
from rolemgr.reference.resources import in_common, sample
from rolemgr.reference.services import find_action


@measured_as("there are so many resource patterns that it takes more than {:,} steps to tell them apart", MOST_STEPS)
def classes(budget: Budget, action: str, patterns: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return concrete resources of *action* for *patterns*: a short and a long one, and those shared with *every*.

    Each other pattern that may stand for the same resource gives one in common. Policy variables have their
    stand-in.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        found |= dict.fromkeys(_concrete(filled(pattern), action))
        for other in every:
            if other != pattern and (both := _shared(budget, filled(pattern), filled(other))):
                found[both] = None
    return tuple(found)


def _shared(budget: Budget, one: str, other: str) -> str | None:
    """Return a resource of both patterns, and pay for what it takes to find it."""
    budget.spend(steps_to_compare(one, other))
    return in_common(one, other)


def steps_to_compare(one: str, other: str) -> int:
    """Return what it takes to find what two patterns have in common: a walk over both, as far as stars go."""
    wild = one.count("*") + other.count("*") + 1
    return 8 + (len(one) + len(other)) * wild // 8


def _concrete(pattern: str, action: str) -> Iterator[str]:
    if pattern == "*":
        yield "*"
        return
    known = find_action(action)
    yield (sample(pattern, known) if known else None) or pattern.replace("*", "").replace("?", "x")
    if "*" in pattern:
        yield pattern.replace("*", f"{STAND_IN}-any").replace("?", "y")


def of_pattern(budget: Budget, pattern: str, action: str) -> tuple[str, ...]:
    """Return the concrete resources of *action* that stand for *pattern* alone."""
    return budget.answer(classes, action, (pattern,), ())
