"""
What is tried of a request for a limit's witnesses: the values that its conditions speak of, others beside them, none.

Not all combinations are tried: from a few beginnings one or two keys are changed at a time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final, TypeAlias

from rolemgr.compliance.examples import example_of_key, table
from rolemgr.iam.documents import IdentityStatement
from rolemgr.iam.operators import base_operator
from rolemgr.iam.variables import replaced
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.condition_keys import known_values

TriedValues: TypeAlias = tuple[str | None, ...]
"""Values of a key, and None for a request without it."""

PRINCIPAL: Final = "aws:principalarn"
"""The key that follows from who asks."""
_MOST_VALUES: Final = 3
_NETWORK: Final = re.compile(r"[0-9a-f.:]+/[0-9]+")


def contexts(values: Mapping[str, TriedValues]) -> Iterator[dict[str, tuple[str, ...]]]:
    """Yield contexts with the *values* of keys, each once."""
    keys = [key for key in sorted(values) if key != PRINCIPAL]
    seen: set[tuple[str | None, ...]] = set()
    for base in ({key: values[key][0] for key in keys}, dict.fromkeys(keys)):
        for count in range(min(2, len(keys)) + 1):
            for changed in combinations(keys, count):
                for chosen in product(*(values[key] for key in changed)):
                    found = {**base, **dict(zip(changed, chosen, strict=True))}
                    if (row := tuple(found.values())) not in seen:
                        seen.add(row)
                        yield {key: (one,) for key, one in found.items() if one is not None}


def values_of_keys(statements: Sequence[IdentityStatement]) -> dict[str, TriedValues]:
    """Return for each condition key of *statements* values to try; None leaves it out."""
    found: dict[str, dict[str | None, None]] = {}
    for statement in statements:
        for operator, block in statement.condition.items():
            for key, wanted in block.items():
                values = found.setdefault(key.lower(), {})
                values.update(dict.fromkeys(_tried(operator, key, wanted)))
    return {key: (*values, None) for key, values in found.items()}


def _tried(operator: str, key: str, wanted: tuple[str, ...]) -> Iterator[str]:
    base = base_operator(operator) or operator
    if base == "Null":
        yield example_of_key(key)
        return
    if base == "Bool":
        yield from ("true", "false")
        return
    for text in wanted[:_MOST_VALUES]:
        one = concrete(text)
        yield from (one, *_beside(base, key, one))
    yield from known_values(key.lower())[:_MOST_VALUES]


def concrete(text: str) -> str:
    """Return a text that the pattern *text* matches."""
    account = table()["account"]
    parts = replaced(text, "example").split(":")
    if len(parts) > 5 and parts[0] == "arn":
        ends = [parts[1].replace("*", "aws"), parts[2], parts[3].replace("*", table()["region"])]
        head = ["arn", *ends, parts[4].replace("*", account)]
        return ":".join([*head, *(one.replace("*", "example").replace("?", "x") for one in parts[5:])])
    if text.startswith("ml.") and has_wildcard(text):
        return f"{text.partition('*')[0].rstrip('.')}.xlarge" if text.count(".") > 1 else "ml.m5.xlarge"
    found = text.replace("*", "example").replace("?", "x")
    return found.partition("/")[0] if _NETWORK.fullmatch(text) else found


def _beside(base: str, key: str, text: str) -> Iterator[str]:
    """Yield values that are not *text*, of the same form."""
    if base.startswith("Numeric"):
        yield from (str(int(float(text)) + 1), str(max(0, int(float(text)) - 1)))
        return
    if text.startswith("ml."):
        yield from ("ml.p4d.24xlarge", "ml.t3.medium")
        return
    if "IpAddress" in base:
        yield from ("198.51.100.9", text)
        return
    digits = [place for place, char in enumerate(text) if char.isalnum() and char.isascii()]
    if digits:
        last = digits[-1]
        other = "0" if text[last] != "0" else "1"
        yield text[:last] + (other if text[last].isdigit() or text[last] in "abcdef" else "x") + text[last + 1 :]
    yield example_of_key(key)
