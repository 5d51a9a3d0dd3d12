"""
A template's policy with fewer functions, for judges that read whole policies: some stand for one fixed value.

That is so of values that are compared as a whole: whatever the deployment fills in, it is one text. Where a value may
be a pattern, a resource, an action or a principal, a function of which nobody knows the text stays.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from rolemgr.check.intrinsic import UNKNOWN, is_function, resolve
from rolemgr.iam.operators import parse_operator

_WHOLE: Final = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")


def with_placeholders(raw: Any) -> Any:
    """Return the policy *raw* with a text for each function that is known, or that stands for one value."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("Statement"), list | dict):
        return raw
    listed = raw["Statement"]
    return {**raw, "Statement": [_statement(one) for one in (listed if isinstance(listed, list) else [listed])]}


def _statement(raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return raw
    made = {name: _values(value, whole=False) for name, value in raw.items()}
    block = raw.get("Condition")
    if isinstance(block, Mapping) and not is_function(block):
        made["Condition"] = {operator: _tests(operator, tests) for operator, tests in block.items()}
    return made


def _tests(operator: str, tests: Any) -> Any:
    parsed = parse_operator(operator)
    if parsed is None or not isinstance(tests, Mapping) or is_function(tests):
        return tests
    return {key: _values(value, whole=parsed.base in _WHOLE) for key, value in tests.items()}


def _values(value: Any, *, whole: bool) -> Any:
    if isinstance(value, list):
        return [_values(one, whole=whole) for one in value]
    if not is_function(value):
        return value
    found = resolve(value)
    if found is not UNKNOWN:
        return found
    return _name(value) if whole else value


def _name(function: Any) -> str:
    """Return a text without a wildcard or a variable that stands for *function*, the same for the same."""
    return sha256(json.dumps(function, sort_keys=True).encode()).hexdigest()[:32]
