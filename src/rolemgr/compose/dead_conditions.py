"""Conditions of a Deny that AWS does not define, or that no request can meet: such a limit limits nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from rolemgr.iam.operators import parse_operator
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import normal_key

_Conditions: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]


class DeadCondition(NamedTuple):
    """The *operator* and *key* of a condition, what is wrong with it, and what would be right."""

    operator: str
    key: str
    problem: str
    hint: str | None


def dead_conditions(conditions: _Conditions) -> Iterator[DeadCondition]:
    """
    Yield the *conditions* of one Deny that compare several values as one, or ask for a key and for its absence.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    absent = {normal_key(key): key for key, values in conditions.get("Null", {}).items() if _all_true(values)}
    for operator, block in conditions.items():
        parsed = parse_operator(operator)
        if parsed is None or parsed.base == "Null":
            continue  # an operator that IAM lacks is told as that
        for key, values in block.items():
            found = find_key(key)
            if found and found.multivalued and not (parsed.qualifier or found.disputed):
                problem = f"`{key}` has several values, and AWS does not say how it compares them without a qualifier"
                yield DeadCondition(operator, key, problem, f"write ForAnyValue:{operator}")
            if normal_key(key) in absent and not parsed.true_where_absent(values):
                problem = f"no request meets it: Null asks for `{key}` to be absent, and {operator} for its value"
                yield DeadCondition(operator, key, problem, "make two Denies of it")


def _all_true(values: Sequence[str]) -> bool:
    return bool(values) and all(value.lower() == "true" for value in values)
