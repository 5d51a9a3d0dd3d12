"""
The sets of least total weight that together hold every element: weighted set cover.

Exact by branch and bound while that is cheap, which it nearly always is once elements that only one set holds are
settled. Beyond the budget greedy, which is at most H(n) = 1 + 1/2 + ... + 1/n times the least, with n the size of the
largest set (Chvatal 1979, https://doi.org/10.1287/moor.4.3.233).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeVar

from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex

MOST_STEPS: Final = 200_000
"""How many choices are looked at for one cover."""
Element = TypeVar("Element", bound=Hashable)
NewRoleOptions: TypeAlias = frozenset[str]
"""The names of the sets that hold an element: one of them must be chosen."""


class Cover(NamedTuple):
    """The sets that are *chosen*, their *weight*; where it is not *exact*, at most *bound* times the least weight."""

    chosen: tuple[str, ...]
    weight: int
    exact: bool = True
    bound: float = 1.0


def cover(
    sets: Mapping[str, frozenset[Element]], weights: Mapping[str, int], budget: Budget | None = None
) -> Cover:  # fmt: skip
    """
    Return a cover of all elements of *sets*; each weight is 1 or more.

    Among covers of one weight it is the same in every run, and for any order of *sets*.
    """
    holding: dict[Element, set[str]] = {}
    for name in sets:
        for element in sets[name]:
            holding.setdefault(element, set()).add(name)
    wanted = _fewest(frozenset(names) for names in holding.values())
    search = _Search(weights, budget or Budget(MOST_STEPS))
    try:
        chosen = search.best(wanted)
    except TooComplex:
        return _greedy(sets, weights, wanted)
    return Cover(chosen, _total(chosen, weights))


def _fewest(options: Iterable[NewRoleOptions]) -> tuple[NewRoleOptions, ...]:
    """Return *options* without those that are satisfied whenever another one is, in a fixed order."""
    kept: list[NewRoleOptions] = []
    for one in sorted(set(options), key=lambda each: (len(each), sorted(each))):
        if not any(other <= one for other in kept):
            kept.append(one)
    return tuple(kept)


class _Search:
    """Branch and bound: the element with the fewest sets first, each of its sets in turn, the lighter ones first."""

    def __init__(self, weights: Mapping[str, int], budget: Budget) -> None:
        self._weights, self._budget = weights, budget
        self._best: tuple[int, tuple[str, ...]] | None = None

    def best(self, wanted: Sequence[NewRoleOptions]) -> tuple[str, ...]:
        """Return the names of a cover of least weight, sorted; raise TooComplex where that takes too long."""
        self._go_on(wanted, (), 0)
        return self._best[1] if self._best else ()

    def _go_on(self, wanted: Sequence[NewRoleOptions], chosen: tuple[str, ...], weight: int) -> None:
        self._budget.spend(1)
        if self._best and weight + _at_least(wanted, self._weights) >= self._best[0]:
            return
        if not wanted:
            self._best = (weight, tuple(sorted(chosen)))
            return
        first = min(wanted, key=lambda one: (len(one), sorted(one)))
        without: set[str] = set()
        for name in sorted(first, key=lambda each: (self._weights[each], each)):
            rest = [one - without for one in wanted if name not in one]
            if all(rest):  # what was tried before need not be tried again beside this one
                self._go_on(_fewest(rest), (*chosen, name), weight + self._weights[name])
            without.add(name)


def _at_least(wanted: Sequence[NewRoleOptions], weights: Mapping[str, int]) -> int:
    """Return what any cover weighs at least: the lightest set of each of several elements that share none."""
    seen: set[str] = set()
    least = 0
    for one in wanted:
        if seen.isdisjoint(one):
            seen |= one
            least += min(weights[name] for name in one)
    return least


def _greedy(
    sets: Mapping[str, frozenset[Element]], weights: Mapping[str, int], wanted: Sequence[NewRoleOptions]
) -> Cover:  # fmt: skip
    chosen: list[str] = []
    rest = frozenset[Element]().union(*sets.values())
    while rest:
        name = min(sorted(sets), key=lambda one: weights[one] / (len(sets[one] & rest) or 1e-9))
        chosen.append(name)
        rest -= sets[name]
    weight = _total(chosen, weights)
    largest = max(len(one) for one in sets.values())
    harmonic = sum(1 / number for number in range(1, largest + 1))
    return Cover(tuple(sorted(chosen)), weight, False, min(harmonic, weight / _at_least(wanted, weights)))


def _total(names: Iterable[str], weights: Mapping[str, int]) -> int:
    return sum(weights[name] for name in names)
