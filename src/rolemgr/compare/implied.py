"""
Statements of one side that match whenever one of the other does, told without a search.

Statement B matches whenever A does if it names the same principals and as many resources, and each of its conditions
holds whenever one of A's does. A condition on the same key, of the same kind, holds whenever another does if every
value that passes the other passes it, and a request without the key too: a condition asks that all values pass, or
that one does, so what holds value by value holds for both. Whether it holds value by value is looked up in the classes
of values that no condition of the two tells apart.

What this settles:

- A Deny of the old side that a Deny of the new side matches with can't show a difference: where it matches, the new
  side denies. So a search leaves it out, and the rest is the same question: the new side allows, and the old one lacks
  an Allow or has another Deny that matches. Two sides that differ in one limit of many then differ in one Deny, and
  not in as many pairs as there are limits, whose combinations are exponential in number.
- Where that leaves no Deny of the old side, an Allow gives nothing new if the old side has an Allow that matches
  whenever it does (`rolemgr.compare.covered`): a list of values that was made shorter gives nothing.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import attrgetter

from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.statements import CompiledCondition, CompiledStatement
from rolemgr.compare.values import classes


def not_implied(olds: Iterable[CompiledStatement], news: Sequence[CompiledStatement], budget: Budget) -> frozenset[int]:
    """Return the ids of those of *olds* that none of *news* is sure to match with."""
    shapes = {one.shape for one in news}
    return frozenset(
        id(old)
        for old in olds
        if old.shape not in shapes and not any(matches_whenever(old, new, budget) for new in news)
    )


def matches_whenever(one: CompiledStatement, other: CompiledStatement, budget: Budget) -> bool:
    """Tell whether *other* is sure to match each request that *one* matches, whatever their effects and actions."""
    return other.principals == one.principals and covers(other, one) and conditions_follow(one, other, budget)


def covers(wide: CompiledStatement, narrow: CompiledStatement) -> bool:
    """Tell whether *wide* is sure to be about all resources that *narrow* is about."""
    if wide.everywhere:
        return True
    if wide.spares_listed is not narrow.spares_listed:
        return False
    return wide.resources <= narrow.resources if narrow.spares_listed else wide.resources >= narrow.resources


def conditions_follow(one: CompiledStatement, other: CompiledStatement, budget: Budget) -> bool:
    """Tell whether all conditions of *other* hold wherever those of *one* do."""
    if other.conditions <= one.conditions:
        return True
    return all(
        any(_follows(wanted, given, budget) for given in one.by_key.get(wanted.key, ()))
        for wanted in other.conditions - one.conditions
    )


def _follows(wanted: CompiledCondition, given: CompiledCondition, budget: Budget) -> bool:
    """Tell whether *wanted* holds wherever *given*, on the same key, does; False where that takes too long to tell."""
    alike = wanted.every is given.every and wanted.if_present is None and given.if_present is None
    if not alike or (given.if_absent and not wanted.if_absent):
        return False
    if wanted.negated is given.negated:
        fewer, more = (wanted, given) if wanted.negated else (given, wanted)
        if fewer.atoms <= more.atoms:
            return True
    if _is_plainly_other(wanted, given):
        return False
    atoms = tuple(sorted(wanted.atoms | given.atoms, key=attrgetter("order")))
    with suppress(TooComplex):
        found = budget.answer(classes, wanted.key, atoms)
        return all(wanted.passes(one.match_mask, atoms) or not given.passes(one.match_mask, atoms) for one in found)
    return False


def _is_plainly_other(wanted: CompiledCondition, given: CompiledCondition) -> bool:
    """Tell whether the text of one of their values passes *given* and not *wanted*: nearly all pairs there are."""
    for atom in given.atoms if not given.negated else wanted.atoms:
        if atom.family == "text" and atom.test and atom.test(atom.text):
            return _passes(given, atom.text) and not _passes(wanted, atom.text)
    return False


def _passes(condition: CompiledCondition, text: str) -> bool:
    """Tell whether the value *text* may pass; one with a policy variable may pass either way."""
    if any(atom.opaque for atom in condition.atoms):
        return True
    return any(atom.test and atom.test(text) for atom in condition.atoms) is not condition.negated
