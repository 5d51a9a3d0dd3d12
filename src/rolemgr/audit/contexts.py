"""
Values of condition keys with which a request comes through: tried one statement at a time, decided by the evaluator.

What follows from the principal and the resource is settled and never chosen: its ARN, account and tags, the role
that is passed. All else (the network, MFA, tags of the request) is what a caller may be able to choose or have; the
request that is shown names it.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Final, TypeAlias

from rolemgr.evaluate.conditions import TestedCondition
from rolemgr.evaluate.request import Context
from rolemgr.evaluate.statement import ReadStatement
from rolemgr.iam.variables import parse, resolve
from rolemgr.reference import quirks

Values: TypeAlias = Mapping[str, tuple[str, ...]]
"""Condition keys, in lower case, with their values; no value is "absent"."""

SETTLED: Final = (
    "aws:principal", "aws:userid", "aws:username", "aws:resourceaccount", "aws:currenttime", "aws:epochtime",
    "iam:resourcetag/", "aws:tokenissuetime",
)  # fmt: skip
"""Keys, or how they begin, that nobody chooses for a request."""
_CHOSEN: Final = ("aws:principalorgid", "aws:principalorgpaths")
"""Of those the ones that are true of the whole account, and that no input tells: taken to be what is wanted."""
_SAMPLES: Final = ("true", "false", "rolemgr-example", "203.0.113.7", "1", "1000000", "2001-01-01T00:00:00Z")
_MOST_VALUES: Final = 4


Fixed: TypeAlias = Callable[[str], bool]
"""Whether a key, in lower case, has the value that it has, and no other may be chosen."""


class Choice(StrEnum):
    """Which keys may be chosen for a request: none, those that say how or when it is made, or all but settled ones."""

    NONE = "none"
    HOW_OR_WHEN = "how or when"
    ANY = "any"


def is_settled(key: str) -> bool:
    """Tell whether the lower-case *key* follows from the principal, the resource or the day, in every request."""
    return key.startswith(SETTLED) and not key.startswith(_CHOSEN)


def may_choose(key: str, choice: Choice) -> bool:
    """Tell whether *choice* leaves the lower-case *key* to the caller."""
    return choice is Choice.ANY or (choice is Choice.HOW_OR_WHEN and key in _how_or_when())


@cache
def _how_or_when() -> frozenset[str]:
    return frozenset().union(*map(quirks.keys_that, ("how_or_when", "of_the_holder", "of_the_account")))


def satisfied(statement: ReadStatement, settled: Values, chosen: Values, fixed: Fixed) -> Values | None:
    """Return *chosen* with what the conditions of *statement* want besides; None where a *fixed* key fails one."""
    found = dict(chosen)
    for condition in statement.conditions:
        context = Context({**found, **settled})
        if condition.holds(context):
            continue
        value = _value(condition, context, wanted=True)
        if fixed(condition.folded_key) or condition.folded_key in chosen or value is None:
            return None
        found[condition.folded_key] = value
    return found


def escaped(statement: ReadStatement, settled: Values, chosen: Values, fixed: Fixed) -> Iterator[Values]:
    """Yield *chosen* with one key more, or another value of it, so that the Deny *statement* does not match."""
    for condition in statement.conditions:
        key = condition.folded_key
        value = None if fixed(key) else _value(condition, Context({**chosen, **settled}), wanted=False)
        if value is not None:
            yield {**chosen, key: value}


def _value(condition: TestedCondition, context: Context, *, wanted: bool) -> tuple[str, ...] | None:
    """Return values of the key of *condition* with which it holds, or with which it does not; none is absent."""
    for values in _proposed(condition, context):
        if condition.test(values, context) is wanted:
            return values
    return None


def _proposed(condition: TestedCondition, context: Context) -> Iterator[tuple[str, ...]]:
    yield ()
    for text in islice(condition.values, _MOST_VALUES):
        filled = plain(text, context)
        if filled is not None:
            yield (filled,)
            yield (filled.partition("/")[0],)  # the first address of a network
            if filled.lstrip("-").isdigit() and len(filled) < 16:
                yield (str(int(filled) + 1),)
                yield (str(int(filled) - 1),)
    yield from ((text,) for text in _SAMPLES)


def plain(text: str, context: Context) -> str | None:
    """Return a text that the pattern *text* matches, with variables from *context*; None where one has no value."""
    try:
        pieces = resolve(parse(text, variables=True), context)
    except ValueError:
        return None
    if pieces is None:
        return None
    live = (one.text.replace("*", "example").replace("?", "x") if one.live else one.text for one in pieces)
    return "".join(live)
