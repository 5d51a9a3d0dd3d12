"""
The key assignments that matter: for each condition key, values that no statement of the role could tell apart.

Two values are in one class where every condition on the key, and every promise about it, answers alike for
both; one of each class stands for all. A key that a request may have several values of also gets the sets
of up to three classes: a condition on it is "any" or "all" over its values. Absence is a class of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from math import comb
from typing import Final, NamedTuple, TypeAlias

from rolemgr.compare.budget import Budget, measured_as
from rolemgr.evaluate.request import Context
from rolemgr.iam.operators import base_operator
from rolemgr.iam.variables import known_variables_in, replaced
from rolemgr.reference.condition_keys import find_key, known_values

Values: TypeAlias = tuple[str, ...]
ABSENT: Values = ()
KeyAssignment: TypeAlias = Mapping[str, Values]
"""Values by lower-case condition key; an empty tuple is an absent key."""

STAND_IN = "witness"
"""The value that every policy variable has, unless its key is absent."""

_STRANGE_ADDRESS = "198.51.100.77"
_STRANGE_TEXT = "unlike-any"
_STRANGE_ARN = "arn:aws:unlike:us-east-1:000000000000:any"
_LARGEST_SET = 3
PER_ANSWER: Final = 8
"""The steps that the evaluator takes to answer one condition; each further value takes one of a few more."""


class Term(NamedTuple):
    """One condition of a statement: an operator on a key; *holds* answers it for a context."""

    operator: str
    key: str
    values: Values
    holds: Callable[[Context], bool]


class Test(NamedTuple):
    """What else tells values of *key* apart: *samples* to try, and a question on a single value."""

    key: str
    samples: Values
    holds: Callable[[str], bool]


def variables_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the condition keys that the policy variables of *texts* stand for, each once."""
    return tuple(dict.fromkeys(one.spelling for text in texts for one in known_variables_in(text)))


def filled(text: str) -> str:
    """Return *text* with the stand-in for every policy variable."""
    return replaced(text, STAND_IN)


@measured_as("a condition key has so many values that it takes more than {:,} steps to tell them apart")
def domain(
    budget: Budget, key: str, terms: tuple[Term, ...], tests: tuple[Test, ...], is_variable: bool, several: bool
) -> tuple[Values, ...]:
    """
    Return the values of the lower-case *key* to ask with: absent, one of each class, and sets of classes.

    *terms* and *tests* are those that speak of it; *is_variable* says whether a policy variable stands for it,
    *several* whether the request may carry it in several fields.
    """
    single = tuple(_classes(budget, key, terms, tests, is_variable))
    sizes = range(1, (_LARGEST_SET if several or _takes_several(key, terms) else 1) + 1)
    budget.spend(sum(comb(len(single), size) for size in sizes))
    return (ABSENT, *(chosen for size in sizes for chosen in combinations(single, size)))


def _takes_several(key: str, terms: Sequence[Term]) -> bool:
    known = find_key(key)
    if known:
        return known.multivalued
    return any(term.operator.startswith("For") for term in terms)


def _classes(
    budget: Budget, key: str, terms: Sequence[Term], tests: Sequence[Test], is_variable: bool
) -> Iterator[str]:
    """Yield one value of each class of *key*."""
    seen: set[tuple[bool, ...]] = set()
    stand_ins = _stand_ins(terms, key)
    steps = sum(PER_ANSWER + len(term.values) // 4 for term in terms) + len(tests) + 1
    for value in dict.fromkeys(_samples(key, terms, tests, is_variable)):
        budget.spend(steps)
        context = Context({**stand_ins, key: (value,)})
        answers = (
            *(term.holds(context) for term in terms), *(test.holds(value) for test in tests),
            is_variable and value == STAND_IN,
        )  # fmt: skip
        if answers not in seen:
            seen.add(answers)
            yield value


def _stand_ins(terms: Sequence[Term], key: str) -> dict[str, Values]:
    names = variables_in(value for term in terms for value in term.values)
    return {name.lower(): (STAND_IN,) for name in names if name.lower() != key}


def _samples(key: str, terms: Sequence[Term], tests: Sequence[Test], is_variable: bool) -> Iterator[str]:
    """Yield values of *key* that may differ: those that conditions name, near ones, and strange ones."""
    if is_variable:
        yield STAND_IN
    if few := known_values(key):  # AWS fills no other
        yield from few
        return
    for test in tests:
        yield from test.samples
    known = find_key(key)
    kind = known.type if known else ""
    if kind == "IPAddress":
        yield from (value.partition("/")[0] for term in terms if term.operator != "Null" for value in term.values)
        yield _STRANGE_ADDRESS
        return
    kinds = {base_operator(term.operator) or "" for term in terms}
    if kind == "Bool" or "Bool" in kinds:
        yield from ("true", "false")
        return
    for term in terms:
        for value in term.values if term.operator != "Null" else ():
            yield from _like(base_operator(term.operator) or "", filled(value))
    if kind == "Numeric" or any(one.startswith("Numeric") for one in kinds):
        yield from ("1", "999999999")
    elif kind == "ARN" or any(one.startswith("Arn") for one in kinds):
        yield _STRANGE_ARN
    else:
        yield _STRANGE_TEXT


def _like(operator: str, value: str) -> Iterator[str]:
    """Yield values in and around what *operator* compares with *value*."""
    if operator.startswith("Numeric"):
        yield from (str(Decimal(value) + step) for step in (-1, 0, 1))
        return
    for star, one in (("", "x"), ("any", "y")):
        yield value.replace("*", star).replace("?", one)
    if operator.startswith("String"):
        yield value.replace("*", "any").replace("?", "y").swapcase()
