"""
Values of condition keys with which a request comes through: tried one statement at a time, decided by the evaluator.

What follows from the principal and the resource is settled and never chosen: its ARN, account and tags, the role
that is passed. All else (the network, MFA, tags of the request) is what a caller may be able to choose or have; the
request that is shown names it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Final, TypeAlias

from rolemgr.evaluate.conditions import TestedCondition
from rolemgr.evaluate.request import Context
from rolemgr.evaluate.statement import ReadStatement
from rolemgr.iam.documents import PolicyDocument
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
_AT_WILL: Final = (
    "sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys", "aws:principaltag/", "aws:requesttag/",
    "aws:tagkeys", "aws:sourceidentity",
)  # fmt: skip
"""
Keys, or how they begin, that the caller fills in, beside how and when: of its session, its principal, its request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts
"""
TAG_KEYS: Final = ("aws:principaltag/", "aws:resourcetag/", "iam:resourcetag/")
"""How the keys begin, in lower case, that a tag of a role or user gives a request by it, or on it."""
_NAME: Final = "rolemgr-example"
_SAMPLES: Final = ("true", "false", _NAME, "203.0.113.7", "1", "1000000", "2001-01-01T00:00:00Z")
_MOST_VALUES: Final = 4
_MOST_DENIES: Final = 24
"""How many other Denies on a key are looked at where a Deny is to be escaped by it."""
_MOST_PROPOSED: Final = 48


Fixed: TypeAlias = Callable[[str], bool]
"""Whether a key, in lower case, has the value that it has, and no other may be chosen."""


class Choice(StrEnum):
    """
    Which keys may be chosen for a request: none, those that say how or when it is made, or all but settled ones.

    At will are those, and what a caller sets on its principal or its request: tags, the session's name.
    """

    NONE = "none"
    HOW_OR_WHEN = "how or when"
    AT_WILL = "at will"
    ANY = "any"


def speaks_of_tags(document: PolicyDocument) -> bool:
    """Tell whether *document* compares tags, or has one of them in a resource."""
    return any(key.startswith(TAG_KEYS) for one in document.statements() for key in one.condition_keys())


def is_settled(key: str) -> bool:
    """Tell whether the lower-case *key* follows from the principal, the resource or the day, in every request."""
    return key.startswith(SETTLED) and not key.startswith(_CHOSEN)


def may_choose(key: str, choice: Choice) -> bool:
    """Tell whether *choice* leaves the lower-case *key* to the caller."""
    if choice in (Choice.NONE, Choice.ANY):
        return choice is Choice.ANY
    return key in _how_or_when() or (choice is Choice.AT_WILL and key.startswith(_AT_WILL))


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
        for key in (one.lower() for one in condition.variables):
            if key not in found and not fixed(key) and key != condition.folded_key:
                found[key] = (_NAME,)  # what its value is compared with is the caller's to have, too
        value = _value(condition, Context({**found, **settled}), wanted=True)
        if fixed(condition.folded_key) or condition.folded_key in chosen or value is None:
            return None
        found[condition.folded_key] = value
    return found


def escaped(
    deny: ReadStatement, others: Sequence[ReadStatement], settled: Values, chosen: Values, fixed: Fixed
) -> list[Values]:
    """
    Return *chosen* with one key more, or another value of it, so that *deny* does not match.

    Values that the Denies *others* want of the same key are proposed as well, and those by which the fewest of
    them match come first: one Deny may ask for a list of values, and the next one that the key is there.
    """
    found: list[tuple[int, Values]] = []
    for key in dict.fromkeys(one.folded_key for one in deny.conditions if not fixed(one.folded_key)):
        near = [one for one in others if any(each.folded_key == key for each in one.conditions)][:_MOST_DENIES]
        context = Context({**chosen, **settled})
        for values in islice(_proposed_by((deny, *near), key, context), _MOST_PROPOSED):
            made = {**chosen, key: values}
            if not matches(deny, made, settled):
                found.append((sum(matches(one, made, settled) for one in near), made))
    return [made for _, made in sorted(found, key=lambda one: one[0])]


def matches(deny: ReadStatement, chosen: Values, settled: Values) -> bool:
    """Tell whether all conditions of *deny* hold with the values *chosen* beside those *settled*."""
    context = Context({**chosen, **settled})
    return all(condition.holds(context) for condition in deny.conditions)


def _proposed_by(denies: Iterable[ReadStatement], key: str, context: Context) -> Iterator[tuple[str, ...]]:
    """Yield, each once, values of *key* that a condition of the *denies* on it may be changed by."""
    seen: set[tuple[str, ...]] = set()
    for condition in (one for deny in denies for one in deny.conditions if one.folded_key == key):
        for values in _proposed(condition, context):
            if values not in seen:
                seen.add(values)
                yield values


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
