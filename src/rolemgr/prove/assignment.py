"""
A value for each condition key so that all checks hold, or the certainty that there is none.

The search chooses key after key and makes each check as soon as all of its keys are chosen. Where no value of
a key will do, it goes back to the last key that one of the failed checks speaks of, so that keys which have
nothing to do with each other are not tried in all combinations. What still takes too many steps raises
TooComplex.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rolemgr.compare.budget import Budget
from rolemgr.prove.domains import KeyAssignment, Values


class Check(NamedTuple):
    """What an assignment that has all of *keys* must pass."""

    keys: frozenset[str]
    passes: Callable[[KeyAssignment], bool]


class _Step(NamedTuple):
    """A key to choose a value for, and the checks that can be made from then on."""

    key: str
    checks: tuple[Check, ...]


@dataclass
class _Open:
    """A key that is being tried: the values that are left, and the keys whose values made others fail."""

    step: _Step
    values: Iterator[Values]
    blamed: set[str] = field(default_factory=set)


def find_assignment(
    fixed: KeyAssignment, checks: Sequence[Check], options: Callable[[str], Sequence[Values]], *,
    first: frozenset[str], budget: Budget,
) -> KeyAssignment | None:  # fmt: skip
    """
    Return *fixed* with one of its *options* for every other key of *checks* so that all of them pass, or None.

    Keys are chosen in the order of the checks, of each check those among *first* first. Raises TooComplex where
    *budget* has no steps left.
    """
    budget.spend(sum(1 + len(check.keys) for check in checks))
    if not all(check.passes(fixed) for check in checks if check.keys <= fixed.keys()):
        return None
    assignment = dict(fixed)
    return assignment if _choose(assignment, _steps(checks, fixed, first), options, budget) else None


def _steps(checks: Sequence[Check], fixed: KeyAssignment, first: frozenset[str]) -> list[_Step]:
    """Return the keys to choose, those of the first check first, each with the checks that it decides."""
    missing = [set(check.keys - fixed.keys()) for check in checks]
    places: dict[str, list[int]] = {}
    for place, keys in enumerate(missing):
        for key in keys:
            places.setdefault(key, []).append(place)
    steps = []
    for keys in missing:
        for key in sorted(keys, key=lambda one: (one not in first, one)):
            about = places[key]
            for place in about:
                missing[place].discard(key)
            steps.append(_Step(key, tuple(checks[place] for place in about if not missing[place])))
    return steps


def _choose(
    assignment: dict[str, Values], steps: Sequence[_Step], options: Callable[[str], Sequence[Values]], budget: Budget
) -> bool:
    """Put a value for the key of each step into *assignment*; tell whether there is one for all of them."""
    tried: list[_Open] = []
    while len(tried) < len(steps):
        step = steps[len(tried)]
        tried.append(_Open(step, iter(options(step.key))))
        while not _advanced(tried[-1], assignment, budget):
            if not _gone_back(tried, assignment, budget):
                return False
    return True


def _advanced(here: _Open, assignment: dict[str, Values], budget: Budget) -> bool:
    """Choose the next value of the key that is tried which passes; tell whether there is one."""
    for value in here.values:
        assignment[here.step.key] = value
        failed = _failed(here.step, assignment, budget)
        if failed is None:
            return True
        here.blamed |= failed.keys
    return False


def _failed(step: _Step, assignment: KeyAssignment, budget: Budget) -> Check | None:
    budget.spend(1)
    for check in step.checks:
        budget.spend(1 + len(check.keys))
        if not check.passes(assignment):
            return check
    return None


def _gone_back(tried: list[_Open], assignment: dict[str, Values], budget: Budget) -> bool:
    """Go back to the last key to blame for the failure of the key tried last; tell whether there is one."""
    failed = tried.pop()
    assignment.pop(failed.step.key, None)
    while tried and tried[-1].step.key not in failed.blamed:
        del assignment[tried.pop().step.key]
    budget.spend(len(failed.blamed))
    if tried:
        tried[-1].blamed |= failed.blamed - {failed.step.key}
    return bool(tried)
