"""
The Condition element: operators and keys are ANDed, a key's values ORed, and for a negated operator NORed.

What a condition is when its key is absent from the request (a key with no value counts as absent):

    positive operator, ForAnyValue (negated or not)     false
    negated operator, ForAllValues, ...IfExists         true
    Null                                                what it asks

A key with several values under an operator without a set qualifier: true if any value matches, for a
negated operator if none does (Access Analyzer reports the missing qualifier). `ForAnyValue:...IfExists`
on an absent key is true, as the page on IfExists says without exception.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from rolemgr.evaluate.errors import PolicyError
from rolemgr.evaluate.request import Context
from rolemgr.iam.operators import CONDITION_OPERATORS, QUALIFIERS, Operator, parse_operator, without_affixes
from rolemgr.iam.values import READERS, read_bool
from rolemgr.iam.variables import Matcher, keys, opens_variable, parse

ConditionTest: TypeAlias = Callable[[tuple[str, ...], Context], bool]
RawCondition: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A condition as a policy writes it: operator, key, values."""


class TestedCondition(NamedTuple):
    """One operator and key with its values, as written, and the test that they make."""

    operator: str
    key: str
    values: tuple[str, ...]
    variables: tuple[str, ...]
    folded_key: str
    test: ConditionTest

    def holds(self, context: Context) -> bool:
        """Return whether the condition is true in *context*."""
        return self.test(context.folded.get(self.folded_key, ()), context)

    def found(self, context: Context) -> tuple[str, ...]:
        """Return the request's values of the key, empty where it is absent."""
        return context.folded.get(self.folded_key, ())


def read_conditions(
    element: Mapping[str, Mapping[str, tuple[str, ...]]], *, variables: bool
) -> tuple[TestedCondition, ...]:
    """
    Return the conditions of a Condition *element*; *variables* says whether its version has them.

    Raises PolicyError for an unknown operator or qualifier and for a value that its operator cannot read.
    """
    return tuple(read_condition(one, variables=variables) for one in listed_conditions(element))


def listed_conditions(element: Mapping[str, Mapping[str, tuple[str, ...]]]) -> tuple[RawCondition, ...]:
    """Return the conditions of a Condition *element*, one after the other."""
    return tuple((name, key, values) for name, block in element.items() for key, values in block.items())


def read_condition(raw: RawCondition, *, variables: bool) -> TestedCondition:
    """Return the condition *raw*, ready to be asked; raise PolicyError where it can't be read."""
    name, key, values = raw
    test = _null(values) if name == "Null" else _comparison(name, values, variables)
    used = _variables(values) if variables and name != "Null" else ()
    return TestedCondition(name, key, values, used, key.lower(), test)


def validate_condition(raw: RawCondition, *, variables: bool) -> None:
    """Raise PolicyError where `read_condition` does, without making the test."""
    name, _, values = raw
    if name == "Null":
        _null(values)
        return
    operator = known_operator(name)
    takes_all = operator.base in _OF_STRINGS
    for value in values:
        if not takes_all or (variables and opens_variable(value)):
            _matcher(name, operator, value, variables)


_OF_STRINGS: Final = frozenset(name for name in CONDITION_OPERATORS if name.startswith("String"))
"""Operators that read any value, but for what does not start a variable."""


def _variables(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variables of *values*; operators that take none have refused them by now."""
    return tuple([key for value in values if opens_variable(value) for key in keys(parse(value, variables=True))])


def _comparison(name: str, values: tuple[str, ...], variables: bool) -> ConditionTest:
    operator = known_operator(name)
    matchers = tuple([_matcher(name, operator, value, variables) for value in values])
    return _quantified(operator, matchers)


def known_operator(name: str) -> Operator:
    """Return the operator *name*, taken apart; raise PolicyError where IAM has none of that name."""
    if operator := parse_operator(name):
        return operator
    qualifier, base, _ = without_affixes(name)
    if ":" in name and qualifier.partition(":")[0] not in QUALIFIERS:
        hint = "the set qualifiers are `ForAllValues` and `ForAnyValue`"
        raise PolicyError(None, f"unknown qualifier in condition operator `{name}`", hint)
    if base == "Null":
        raise PolicyError(None, f"condition operator `{name}` does not exist", "`Null` takes no qualifier or IfExists")
    from difflib import get_close_matches  # only a wrong operator pays for it

    near = get_close_matches(base, CONDITION_OPERATORS, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "condition operators are case-sensitive"
    raise PolicyError(None, f"unknown condition operator `{name}`", hint)


def _matcher(name: str, operator: Operator, value: str, variables: bool) -> Matcher:
    try:
        return (_short_value if len(value) <= _SHORT else _read_value)(operator.base, value, variables)
    except ValueError as error:
        raise PolicyError(None, f"`{value}` under condition operator `{name}` {error}") from error


def _read_value(operator: str, value: str, variables: bool) -> Matcher:
    return READERS[operator](value, variables)


_SHORT: Final = 512
"""Longer values are read anew each time, so that what is kept has a bound."""
_short_value = lru_cache(maxsize=1 << 13)(_read_value)


def _quantified(operator: Operator, matchers: tuple[Matcher, ...]) -> ConditionTest:
    """Return the test over all values of the key: all of them must pass, or any one."""
    every, negated, where_absent = operator.every, operator.negated, operator.true_where_absent()

    def test(found: tuple[str, ...], context: Context) -> bool:
        if not found:
            return where_absent
        for value in found:
            passes = any(matches(value, context) for matches in matchers) is not negated
            if passes is not every:
                return passes
        return every

    return test


def _null(values: tuple[str, ...]) -> ConditionTest:
    try:
        wanted = frozenset(map(read_bool, values))
    except ValueError as error:
        raise PolicyError(None, f"`{', '.join(values)}` under condition operator `Null` {error}") from error
    return lambda found, _context: (not found) in wanted
