"""
What runs whole at night, and before each merge as a sample: combinations that differ little, and examples.

A test marked ``@pytest.mark.sampled`` runs for as many of its combinations as it takes to try each value of each
of its parameters at least once; ``@pytest.mark.sampled(12)`` for 12 of them, with as many values as fit. Which
ones is drawn by a seed that stays, so that a failure comes again. One marked ``@pytest.mark.nightly`` waits for the
night, or for whoever names it: a sweep or a program of others, where a quicker test beside it sees the same fault.
``ROLEMGR_WHOLE=1`` (``tools/nightly``) runs all.
"""

import heapq
import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import pytest

T = TypeVar("T")


class _Parametrized(Protocol):
    """A combination of parameters, as pytest has it before it makes a test of it."""

    @property
    def params(self) -> Mapping[str, object]:
        """The value of each parameter."""
        ...


Case = TypeVar("Case", bound=_Parametrized)

WHOLE = bool(os.environ.get("ROLEMGR_WHOLE"))
"""Whether every combination and every example is tried."""


def examples(some: int, whole: int) -> int:
    """Return how many examples a property is tried on: *some*, or the *whole* number at night."""
    return whole if WHOLE else some


def some(cases: Iterable[T], one_in: int) -> list[T]:
    """Return one in *one_in* of *cases*, drawn by a seed that stays and in their order; at night all."""
    found = list(cases)
    draw = random.Random(len(found))  # noqa: S311 - a draw, no secret
    drawn = sorted(draw.sample(range(len(found)), -(-len(found) // one_in)))
    return found if WHOLE else [found[place] for place in drawn]


def without_the_rest(items: Sequence[pytest.Item], named: bool = False) -> list[pytest.Item]:
    """Return *items* without those that wait for the night, if none was *named*; in their order."""
    return [item for item in items if WHOLE or named or not item.get_closest_marker("nightly")]


def drawn(name: str, cases: Sequence[Case], most: int | None = None) -> list[Case]:
    """Return those of the *cases* of the test *name* that are tried, *most* at most; in their order, at night all."""
    if WHOLE:
        return list(cases)
    order = random.Random(name).sample(range(len(cases)), len(cases))  # noqa: S311 - a draw, no secret
    covering = list(_covering([cases[place] for place in order]))
    among = set(covering)
    others = [place for place in range(len(order)) if place not in among]
    taken = {order[place] for place in (covering if most is None else [*covering, *others][:most])}
    return [case for place, case in enumerate(cases) if place in taken]


def _covering(cases: Sequence[Case]) -> Iterator[int]:
    """Yield the places of those of *cases*, most new values first, that have each value of each parameter."""
    values = [{(name, repr(value)) for name, value in case.params.items()} for case in cases]
    waiting = [(-len(found), place) for place, found in enumerate(values)]
    heapq.heapify(waiting)
    seen: set[tuple[str, str]] = set()
    while waiting and waiting[0][0]:
        place = waiting[0][1]
        new = (-len(values[place] - seen), place)
        if new != heapq.heapreplace(waiting, new):
            continue  # what came since has some of its values: it stands further back now
        heapq.heapreplace(waiting, (0, place))
        seen |= values[place]
        yield place
