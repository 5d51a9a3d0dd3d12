"""RM317 and RM318: conditions on one key that no request meets, and a Deny that holds only without its key."""

from collections.abc import Iterator, Sequence

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import IAM, Hit, statement_rule
from rolemgr.compare.atoms import Atom, condition_atom
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.values import classes
from rolemgr.reference.condition_keys import find_key

_LOGIC = IAM + "reference_policies_condition-logic-multiple-context-keys-or-values.html"


@statement_rule(
    "RM317", "deny-never-matches", Severity.SECURITY_WARNING, "no request meets the conditions of a Deny on a key",
    _LOGIC, effect="Deny", with_condition=True,
)  # fmt: skip
def deny_never_matches(statement: Statement) -> Iterator[Hit]:
    """
    The conditions of a statement are ANDed, also those on one key: `Null: true` with `StringEquals`, `StringEquals`
    with `StringNotEquals` of the same value, a number over 10 and under 5. No request meets them all, so that the
    Deny denies nothing.

    `Null: true` beside a negated operator holds only for requests without the key: one with a wrong value goes
    through. Write a Deny for each. `StringNotLike` with `*` holds for no value, and some keys every request has.
    """
    yield from _never(statement, "nothing is denied", "; write a Deny for each")
    for conditions in _by_key(statement):
        if _only_absent(conditions):
            text = f"{_operators(conditions)} hold only without it: any value goes through; write a Deny for each"
            yield Hit(text, conditions[0].path, key=conditions[0].key)


@statement_rule(
    "RM318", "allow-never-matches", Severity.WARNING, "no request meets the conditions of an Allow on a key",
    _LOGIC, effect="Allow", with_condition=True,
)  # fmt: skip
def allow_never_matches(statement: Statement) -> Iterator[Hit]:
    """
    The conditions of a statement are ANDed, also those on one key: no request meets `StringEquals` with two values
    in two operators, or `Bool: true` beside `BoolIfExists: false`. The Allow is dead.

    Put values of which one is enough into one list, or write an Allow for each.
    """
    yield from _never(statement, "the Allow is dead")


def _never(statement: Statement, outcome: str, advice: str = "") -> Iterator[Hit]:
    """Yield a hit for conditions of *statement* that no request meets, with the *outcome*, or that nobody can tell."""
    yield from (Hit(f"{text}: {outcome}", one.path, key=one.key) for one, text in _never_alone(statement))
    for conditions in _by_key(statement):
        operators, first = _operators(conditions), conditions[0]
        try:
            if not can_hold(statement, conditions):
                yield Hit(f"{operators} exclude one another: {outcome}{advice}", first.path, key=first.key)
        except TooComplex as error:
            yield Hit(f"can't tell whether {operators} can hold: {error}", first.path, key=first.key)


def _operators(conditions: Sequence[ReadCondition]) -> str:
    """Return the operators of *conditions* on one key, and the key, for a sentence."""
    return f"{' and '.join(f'`{one.operator_text}`' for one in conditions)} on `{conditions[0].key}`"


def _never_alone(statement: Statement) -> Iterator[tuple[ReadCondition, str]]:
    """Yield the conditions of *statement* that want another value than any, of a key that each request has; and why."""
    for condition in statement.conditions:
        operator, key = condition.operator, find_key(condition.folded)
        if not (operator and operator.negated and operator.base in _PATTERNS and key and key.present == "always"):
            continue
        if any(value and not value.strip("*") for value in condition.values):
            yield condition, f"each request has `{key.name}`, and `{operator}` with `*` holds for no value of it"


_PATTERNS = ("StringNotLike", "ArnNotLike", "ArnNotEquals")
"""The operators whose values have wildcards."""


def _by_key(statement: Statement) -> Iterator[list[ReadCondition]]:
    """Yield the conditions of *statement* on each key that has several, where all of them can be read."""
    if "Condition" in statement.opaque:
        return
    found: dict[str, list[ReadCondition]] = {}
    for condition in statement.conditions:
        found.setdefault(condition.folded, []).append(condition)
    for conditions in found.values():
        if len(conditions) > 1 and all(one.operator and one.values and not one.opaque for one in conditions):
            yield conditions


def can_hold(statement: Statement, conditions: Sequence[ReadCondition]) -> bool:
    """
    Tell whether some request meets all of *conditions*, which are on one key; true too where a value can't be read.

    Raises TooComplex where the key has too many kinds of values.
    """
    if all(one.true_where_absent for one in conditions):
        return True
    if any(one.operator and one.operator.base == "Null" and _answers(one) == {"true"} for one in conditions):
        return False
    tests = [one for one in conditions if one.operator and one.operator.base != "Null"]
    try:
        atoms = [_atoms(statement, one) for one in tests]
    except ValueError:
        return True  # RM1 says so
    return _some_value(tests, atoms)


def _atoms(statement: Statement, condition: ReadCondition) -> list[Atom]:
    base = condition.operator.base if condition.operator else ""
    variables = statement.policy.version == "2012-10-17"
    return [condition_atom(base, value, variables, {}) for value in condition.values]


def _some_value(tests: Sequence[ReadCondition], atoms: Sequence[Sequence[Atom]]) -> bool:
    """Tell whether a value, or several where the key may have them, passes all of *tests*, whose *atoms* are given."""
    place = {atom: at for at, atom in enumerate(dict.fromkeys(one for each in atoms for one in each))}
    masks = [sum(1 << place[atom] for atom in set(each)) for each in atoms]
    found = [one.match_mask for one in Budget().answer(classes, tests[0].folded, tuple(place))]
    passing = [
        {value for value in found if bool(value & mask) is not (test.operator is not None and test.operator.negated)}
        for test, mask in zip(tests, masks, strict=True)
    ]
    every = [values for test, values in zip(tests, passing, strict=True) if test.operator and test.operator.every]
    known = find_key(tests[0].key) if tests else None
    if known and not known.multivalued and not known.disputed:
        return bool(set(found).intersection(*passing))
    left = set(found).intersection(*every)
    return bool(left) and all(left & values for values in passing)


def _only_absent(conditions: Sequence[ReadCondition]) -> bool:
    """Tell whether *conditions* hold without their key alone, though one of them is about its value."""
    nulls = [one for one in conditions if one.operator and one.operator.base == "Null"]
    is_wanted_absent = any(_answers(one) == {"true"} for one in nulls)
    return is_wanted_absent and len(nulls) < len(conditions) and all(one.true_where_absent for one in conditions)


def _answers(condition: ReadCondition) -> set[str]:
    return {value.lower() for value in condition.values}
