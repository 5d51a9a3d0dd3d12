"""
Condition operators taken apart: set qualifier, base operator, IfExists.

How an operator compares its values is in `rolemgr.iam.values`; here stands the grammar, and what
follows from the name alone. Operators are case-sensitive.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

Qualifier: TypeAlias = Literal["ForAllValues", "ForAnyValue"]

QUALIFIERS: Final[tuple[Qualifier, ...]] = get_args(Qualifier)
CONDITION_OPERATORS: Final = (
    *(f"String{no}{word}" for no in ("", "Not") for word in ("Equals", "EqualsIgnoreCase", "Like")),
    *(
        f"{kind}{word}"
        for kind in ("Numeric", "Date")
        for word in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null"),
)
"""Every base operator."""

_KNOWN: Final = frozenset(CONDITION_OPERATORS)


def spelt_operators() -> Iterator[str]:
    """Yield each condition operator in each way that it may be written: what a misspelt one may be meant to be."""
    for qualifier in ("", *(f"{one}:" for one in QUALIFIERS)):
        for base in CONDITION_OPERATORS:
            yield from (qualifier + base, *([f"{qualifier}{base}IfExists"] if base != "Null" else []))


class Operator(NamedTuple):
    """A condition operator: ``ForAnyValue:StringNotLikeIfExists`` is (StringNotLike, ForAnyValue, True)."""

    base: str
    qualifier: Qualifier | None = None
    if_exists: bool = False

    def __str__(self) -> str:
        return (f"{self.qualifier}:" if self.qualifier else "") + self.base + ("IfExists" if self.if_exists else "")

    @property
    def negated(self) -> bool:
        """Whether it is true for values that do *not* match."""
        return "Not" in self.base

    @property
    def every(self) -> bool:
        """Whether all of the request's values must pass (also none at all), and not just any one."""
        return self.negated if self.qualifier is None else self.qualifier == "ForAllValues"

    def true_where_absent(self, values: Sequence[str] = ()) -> bool:
        """
        Tell whether the condition holds for a request without the key; Null asks its *values*.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
        """
        if self.base == "Null":
            return "true" in (value.lower() for value in values)
        return self.every or self.if_exists


def without_affixes(name: str) -> tuple[str, str, bool]:
    """Return what *name* has as its set qualifier, as its base, and whether IfExists ends it; known to IAM or not."""
    before, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    return before, base, base != rest


@lru_cache(maxsize=512)
def parse_operator(name: str) -> Operator | None:
    """Return the operator *name*, or None where IAM has none of that name; Null takes no qualifier or IfExists."""
    before, base, if_exists = without_affixes(name)
    qualifier = next((one for one in QUALIFIERS if one == before), None)
    operator = Operator(base, qualifier, if_exists)
    if base not in _KNOWN or (":" in name and qualifier is None):
        return None
    return None if base == "Null" and name != "Null" else operator


def base_operator(name: str) -> str | None:
    """Return *name* without set qualifier and IfExists, or None where IAM has no such operator."""
    operator = parse_operator(name)
    return operator and operator.base
