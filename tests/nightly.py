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
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")

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
    """Return *items* without those that wait for the night, if none was *named*, and those not drawn; in their order."""
    if WHOLE:
        return list(items)
    items = [item for item in items if named or not item.get_closest_marker("nightly")]
    marked: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            marked.setdefault(item.nodeid.partition("[")[0], []).append(item)
    drawn = {case for cases in marked.values() for case in _drawn(cases)}
    return [item for item in items if item in drawn or not item.get_closest_marker("sampled")]


def _drawn(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    mark = cases[0].get_closest_marker("sampled")
    most = mark.args[0] if mark and mark.args else None
    order = random.Random(cases[0].nodeid.partition("[")[0]).sample(cases, len(cases))  # noqa: S311 - a draw, no secret
    covering = list(_covering(order))
    among = set(covering)
    others = [case for case in order if case not in among]
    return covering if most is None else [*covering, *others][:most]


def _covering(cases: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield those of *cases*, most new values first, that have each value of each parameter at least once."""
    values = [(case, _values(case)) for case in cases]
    waiting = [(-len(found), place) for place, (_, found) in enumerate(values)]
    heapq.heapify(waiting)
    seen: set[tuple[str, str]] = set()
    while waiting and waiting[0][0]:
        case, found = values[waiting[0][1]]
        new = (-len(found - seen), waiting[0][1])
        if new != heapq.heapreplace(waiting, new):
            continue  # what came since has some of its values: it stands further back now
        heapq.heapreplace(waiting, (0, new[1]))
        seen |= found
        yield case


def _values(case: pytest.Item) -> set[tuple[str, str]]:
    spec = getattr(case, "callspec", None)
    return {(name, repr(value)) for name, value in spec.params.items()} if spec else set()
