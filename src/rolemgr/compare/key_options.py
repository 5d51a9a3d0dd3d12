"""The classes of values of one condition key, each with the statements whose conditions on the key hold."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from operator import attrgetter
from typing import Final, NamedTuple

from rolemgr.compare.atoms import Atom
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.search_space import (
    A_SEARCH,
    ABSENT,
    MOST_CASES,
    DimensionOption,
    RequestSpace,
    SearchSpace,
    Values,
    best_masks,
)
from rolemgr.compare.statements import CompiledCondition, CompiledStatement
from rolemgr.compare.values import ANY, classes
from rolemgr.reference.condition_keys import find_key

MOST_OPEN: Final = 8
"""How many values with policy variables one key may be compared with where its own value is settled."""


class _Wish(NamedTuple):
    """Which conditions help only where they fail, and which help this way and that."""

    unset: int
    same: int


def key_options(
    space: SearchSpace, key: str, live: Sequence[CompiledStatement], setting: RequestSpace
) -> list[DimensionOption]:
    """Return the best classes of values of *key*, as the *live* statements tell them apart; raise TooComplex."""
    asking = [statement for statement in live if key in statement.by_key]
    conditions = list(dict.fromkeys(one for statement in asking for one in statement.by_key[key]))
    setting.budget.spend(A_SEARCH + len(asking) + len(conditions))
    wish = _wish(space, asking, conditions, key)
    results = (
        _filled(conditions, setting.filled[key])
        if key in setting.filled
        else _results(key, conditions, wish, setting, several=key in setting.several or _takes_several(space, key))
    )
    everything = (1 << len(space.statements)) - 1
    places = {one: 1 << place for place, one in enumerate(conditions)}
    needs = [(space.bit(statement), sum(places[one] for one in statement.by_key[key])) for statement in asking]
    setting.budget.spend(len(results) * len(needs) // 8)
    masks: dict[int, DimensionOption] = {}
    for result, values in results.items():
        mask = everything & ~sum(bit for bit, wanted in needs if result & wanted != wanted)
        if mask not in masks or masks[mask].sample is None:
            masks[mask] = DimensionOption(mask, values)
    return [masks[mask] for mask in best_masks(masks, space.better_unset, setting.budget)]


def _wish(
    space: SearchSpace, asking: Sequence[CompiledStatement], conditions: Sequence[CompiledCondition], key: str
) -> _Wish:
    set_, unset = 0, 0
    for statement in asking:
        own = sum(1 << place for place, one in enumerate(conditions) if one in statement.by_key[key])
        if space.bit(statement) & space.better_unset:
            unset |= own
        else:
            set_ |= own
    return _Wish(unset, set_ & unset)


def _filled(conditions: Sequence[CompiledCondition], values: Values) -> dict[int, Values | None]:
    """Return the results that the key's settled *values* may have: one, unless an atom is opaque."""
    atoms = tuple(sorted({atom for one in conditions for atom in one.atoms}, key=attrgetter("order")))
    found: dict[int, Values | None] = {}
    for match_masks in product(*(_match_masks(value, atoms) for value in values)):
        passed = {one: [one.passes(match_mask, atoms) for match_mask in match_masks] for one in conditions}
        result = sum(1 << place for place, one in enumerate(conditions) if _answer(one, passed[one]))
        found.setdefault(result, values)
    return found


def _match_masks(value: str, atoms: Sequence[Atom]) -> list[int]:
    """Return the match masks that *value* may have: an opaque atom is answered both ways where its pattern matches."""
    base = sum(1 << place for place, atom in enumerate(atoms) if atom.test and atom.test(value))
    open_bits = [1 << place for place, atom in enumerate(atoms) if atom.opaque and _may_match(atom, value)]
    if len(open_bits) > MOST_OPEN:
        raise TooComplex(f"{len(open_bits)} values with policy variables are compared with one key")
    return [base | sum(chosen) for size in range(len(open_bits) + 1) for chosen in combinations(open_bits, size)]


def _may_match(atom: Atom, value: str) -> bool:
    return atom.pattern is None or atom.pattern.matches(value)


def _answer(condition: CompiledCondition, passed: Sequence[bool]) -> bool:
    if not passed:
        return condition.if_absent
    return all(passed) if condition.every else any(passed)


def _results(
    key: str, conditions: Sequence[CompiledCondition], wish: _Wish, setting: RequestSpace, *, several: bool
) -> dict[int, Values | None]:
    """Return, for each value or set of values of *key* that matters, which conditions hold, and values."""
    found: dict[int, Values | None] = {}
    if setting.may_be_absent(key):
        found[sum(1 << place for place, one in enumerate(conditions) if one.if_absent)] = ABSENT
    if not setting.may_be_present(key):
        return found
    single: dict[int, Values | None] = {}
    atoms = tuple(sorted({atom for one in conditions for atom in one.atoms}, key=attrgetter("order")))
    passing = _passing(conditions, atoms)
    for each in setting.budget.answer(classes, key, atoms, setting.within.get(key, ANY)):
        result = passing(each.match_mask)
        if single.get(result) is None:
            single[result] = None if each.sample is None else (each.sample,)
    every = sum(1 << place for place, one in enumerate(conditions) if one.every)
    present = _sets(single, every, wish, setting.budget) if several else single
    for result, values in present.items():
        if found.get(result) is None:
            found[result] = values
    return found


def _passing(conditions: Sequence[CompiledCondition], atoms: Sequence[Atom]) -> Callable[[int], int]:
    """Return the function that tells which of *conditions* one value passes, by its match mask over *atoms*."""
    by_atom = dict.fromkeys(atoms, 0)
    always, negated = 0, 0
    for place, one in enumerate(conditions):
        bit = 1 << place
        always |= bit if one.if_present else 0
        if one.if_present is None:
            negated |= bit if one.negated else 0
            for atom in one.atoms:
                by_atom[atom] |= bit
    masks = tuple(by_atom.values())

    def passing(match_mask: int) -> int:
        matched = 0
        while match_mask:
            last = match_mask & -match_mask
            matched |= masks[last.bit_length() - 1]
            match_mask ^= last
        return (matched ^ negated) | always

    return passing


def _takes_several(space: SearchSpace, key: str) -> bool:
    """Tell whether a request may have several values of *key*: where AWS or a policy treats the key as multivalued."""
    known = find_key(key)
    return (
        known is None
        or known.multivalued
        or any(one.counts_several for statement in space.statements for one in statement.by_key.get(key, ()))
    )


def _sets(single: Mapping[int, Values | None], every: int, wish: _Wish, budget: Budget) -> dict[int, Values | None]:
    """
    Return what sets of values give: a condition on *every* value holds where it does for all, others for any.

    Sets that others are better than in each respect are dropped as they come up.
    """
    found = {mask: single[mask] for mask in best_masks(single, wish.unset, budget, wish.same)}
    fresh = list(found)
    while fresh:
        made: dict[int, Values | None] = {}
        budget.spend(len(fresh) * len(single))
        for one in fresh:
            for other in single:
                both = (one & other & every) | ((one | other) & ~every)
                if both not in found and both not in made:
                    made[both] = _together(found[one], single[other])
        kept = set(best_masks({**found, **made}, wish.unset, budget, wish.same))
        fresh = [mask for mask in made if mask in kept]
        found = {mask: values for mask, values in {**found, **made}.items() if mask in kept}
        if len(found) > MOST_CASES:
            raise TooComplex(f"more than {MOST_CASES:,} sets of values of a condition key matter")
    return found


def _together(left: Values | None, right: Values | None) -> Values | None:
    return None if left is None or right is None else tuple(dict.fromkeys((*left, *right)))
