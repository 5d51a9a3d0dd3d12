"""
The sets of least total weight that together hold every element: weighted set cover.

Exact by branch and bound while that is cheap, which it nearly always is once elements that only one set holds are
settled. Beyond the budget greedy, which is at most H(n) = 1 + 1/2 + ... + 1/n times the least, with n the size of the
largest set (Chvatal 1979, https://doi.org/10.1287/moor.4.3.233).
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, TypeVar

from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex

MOST_STEPS: Final = 200_000
"""How many choices are looked at for one cover."""
Element = TypeVar("Element", bound=Hashable)
_Options: TypeAlias = int
"""The sets that hold an element, of which one must be chosen: a bit for each, the higher the earlier its name."""


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
    bits = {name: 1 << place for place, name in enumerate(sorted(sets, reverse=True))}
    holding: dict[Element, _Options] = {}
    for name, bit in bits.items():
        for element in sets[name]:
            holding[element] = holding.get(element, 0) | bit
    wanted = _fewest(holding.values())
    search = _Search({bit: (weights[name], name) for name, bit in bits.items()}, budget or Budget(MOST_STEPS))
    try:
        chosen = search.best(wanted)
    except TooComplex:
        return _greedy(sets, weights, search.at_least(wanted))
    return Cover(chosen, _total(chosen, weights))


def _fewest(options: Iterable[_Options]) -> list[_Options]:
    """Return *options* without those that are satisfied whenever another one is: few sets first, then by name."""
    kept: list[_Options] = []
    for one in sorted(set(options), key=lambda each: (each.bit_count(), -each)):
        for other in kept:  # a loop, as a generator here takes twice as long as all the rest
            if other & one == other:
                break
        else:
            kept.append(one)
    return kept


class _Search:
    """Branch and bound: the element with the fewest sets first, each of its sets in turn, the lighter ones first."""

    def __init__(self, sets: Mapping[int, tuple[int, str]], budget: Budget) -> None:
        """Take the *sets* by their bit, each as its weight and name."""
        self._sets, self._budget = sets, budget
        self._best: tuple[int, tuple[str, ...]] | None = None
        self._by_weight = lru_cache(maxsize=1 << 13)(self._sorted)

    def best(self, wanted: Sequence[_Options]) -> tuple[str, ...]:
        """Return the names of a cover of least weight, sorted; raise TooComplex where that takes too long."""
        self._go_on(wanted, (), 0)
        return self._best[1] if self._best else ()

    def at_least(self, wanted: Sequence[_Options]) -> int:
        """Return what any cover weighs at least: the lightest set of each of several elements that share none."""
        seen = least = 0
        for one in wanted:
            if not seen & one:
                seen |= one
                least += self._by_weight(one)[0][0]
        return least

    def _go_on(self, wanted: Sequence[_Options], chosen: tuple[str, ...], weight: int) -> None:
        self._budget.spend(1)
        if self._best and weight + self.at_least(wanted) >= self._best[0]:
            return
        if not wanted:
            self._best = (weight, tuple(sorted(chosen)))
            return
        without = 0
        for own, name, bit in self._by_weight(wanted[0]):
            rest = [one & ~without for one in wanted if not one & bit]
            if all(rest):  # what was tried before need not be tried again beside this one
                self._go_on(_fewest(rest), (*chosen, name), weight + own)
            without |= bit

    def _sorted(self, options: _Options) -> Sequence[tuple[int, str, int]]:
        """Return the sets of *options*, each as weight, name and bit: the lighter ones first, then by name."""
        return sorted((*self._sets[bit], bit) for bit in _bits(options))


def _bits(options: _Options) -> Iterator[int]:
    """Yield each bit of *options*."""
    while options:
        yield (bit := options & -options)
        options ^= bit


def _greedy(
    sets: Mapping[str, frozenset[Element]], weights: Mapping[str, int], at_least: int
) -> Cover:  # fmt: skip
    """Return a cover that takes the lightest set for what is left in turn; any cover weighs *at_least* so much."""
    chosen: list[str] = []
    rest = frozenset[Element]().union(*sets.values())
    while rest:
        name = min(sorted(sets), key=lambda one: weights[one] / (len(sets[one] & rest) or 1e-9))
        chosen.append(name)
        rest -= sets[name]
    weight = _total(chosen, weights)
    largest = max(len(one) for one in sets.values())
    harmonic = sum(1 / number for number in range(1, largest + 1))
    return Cover(tuple(sorted(chosen)), weight, False, min(harmonic, weight / at_least))


def _total(names: Iterable[str], weights: Mapping[str, int]) -> int:
    return sum(weights[name] for name in names)
