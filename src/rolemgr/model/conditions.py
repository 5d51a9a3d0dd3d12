"""
The grammar of condition operators and policy variables, for those who write policies.

What a condition *means* is `rolemgr.evaluate`'s affair; here stands only what IAM would refuse, so that a
catalog file is refused with its line before anything is rendered.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Iterator
from functools import cache

CONDITION_OPERATORS = (
    *(f"String{no}{word}" for no in ("", "Not") for word in ("Equals", "EqualsIgnoreCase", "Like")),
    *(f"{kind}{word}" for kind in ("Numeric", "Date")
      for word in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
"""Every condition operator, without set qualifier and ``IfExists``."""

_QUALIFIED = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")
_VARIABLE = re.compile(r"\$\{(?:[*?$]|([^{}',]+)(?:,\s*'[^']*'\s*)?)\}")


@cache
def base_operator(name: str) -> str | None:
    """Return *name* without set qualifier and IfExists, or None where IAM has no such operator."""
    found = _QUALIFIED.fullmatch(name)
    if found is None or found[2] not in CONDITION_OPERATORS:
        return None
    return None if found[2] == "Null" and (found[1] or found[3]) else found[2]


def value_problem(operator: str, value: str) -> str | None:
    """Return what is wrong with *value* under the base *operator*, or None."""
    if operator in ("Bool", "Null") and value.lower() not in ("true", "false"):
        return f"`{value}` under {operator} is neither true nor false"
    if operator.startswith("Numeric") and not re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]+)?", value):
        return f"`{value}` under {operator} is not a number"
    return None


def variables_in(text: str) -> Iterator[str]:
    """
    Yield the condition keys that the policy variables of *text* stand for.

    Raises ValueError for a ``${`` that starts no variable.
    """
    if "${" in _VARIABLE.sub("", text):
        raise ValueError(f"`{text}` has a `${{` that starts no policy variable")
    yield from (found[1].strip() for found in _VARIABLE.finditer(text) if found[1])
