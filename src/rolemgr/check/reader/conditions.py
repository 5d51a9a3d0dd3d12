"""
The ways in which a template's conditions can come out together.

What `Conditions` says of them is kept to: the opposite of a condition is its opposite, and what compares two
constants is known.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

MOST_TOGETHER: Final = 5
"""Conditions of which each combination is judged; of more all true, all false, and each by itself."""
MOST_WAYS: Final = 64
_DEEPEST: Final = 30


class Ways(NamedTuple):
    """The *truths* to judge, each a truth for every condition; *left_out* says how many ways are not among them."""

    truths: list[Mapping[str, bool]]
    left_out: int = 0


def ways(asked: Iterable[str], defined: Any) -> Ways:
    """Return how the conditions *asked* can come out, where the template's `Conditions` are *defined* so."""
    conditions = defined if isinstance(defined, dict) else {}
    names = sorted(set(asked))
    free = sorted(_free(names, conditions))
    if len(free) <= MOST_TOGETHER:
        chosen = [dict(zip(free, truths, strict=True)) for truths in product((True, False), repeat=len(free))]
    else:
        chosen = list(_few(free))
    made = [_truths(names, conditions, one) for one in chosen]
    return Ways([dict(one) for one in dict.fromkeys(tuple(one.items()) for one in made)], 2 ** len(free) - len(chosen))


def _few(free: Sequence[str]) -> Iterator[dict[str, bool]]:
    """Yield a few of the ways: all true, all false, and each condition as the only one that is true."""
    yield dict.fromkeys(free, True)
    yield dict.fromkeys(free, False)
    for one in free[: MOST_WAYS - 2]:
        yield {**dict.fromkeys(free, False), one: True}


def _free(names: Sequence[str], conditions: Mapping[str, Any]) -> set[str]:
    """Return the conditions that *names* depend on and that the deployment decides."""
    free: set[str] = set()
    seen: set[str] = set()

    def visit(name: str, depth: int) -> None:
        if name in seen:
            return
        seen.add(name)
        parts = _parts(conditions.get(name)) if depth < _DEEPEST else None
        if parts is None:
            free.add(name)
        for part in parts[1] if parts else ():
            visit(part, depth + 1)

    for name in names:
        visit(name, 0)
    return free


def _parts(definition: Any) -> tuple[str, list[str]] | None:
    """Return how a condition is made of others, by their names; None where it is not made of names alone."""
    if not isinstance(definition, dict) or len(definition) != 1:
        return None
    ((function, listed),) = definition.items()
    if function == "Condition" and isinstance(listed, str):
        return "Fn::And", [listed]
    if function == "Fn::Equals" and isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        return ("true" if len(set(listed)) == 1 else "false"), []
    names = [one.get("Condition") if isinstance(one, dict) else None for one in listed] if isinstance(
        listed, list
    ) else []  # fmt: skip
    known = [one for one in names if isinstance(one, str)]
    if function not in ("Fn::Not", "Fn::And", "Fn::Or") or not known or len(known) != len(names):
        return None
    return function, known


def _truths(names: Sequence[str], conditions: Mapping[str, Any], chosen: Mapping[str, bool]) -> dict[str, bool]:
    """Return the truth of each of *names*; one that is said in terms of itself, which AWS refuses, is false."""
    known = dict(chosen)

    def truth(name: str) -> bool:
        if name not in known:
            known[name] = False
            function, parts = _parts(conditions.get(name)) or ("false", [])
            truths = [truth(one) for one in parts]
            known[name] = _combined(function, truths)
        return known[name]

    return {name: truth(name) for name in names}


def _combined(function: str, truths: Sequence[bool]) -> bool:
    if function in ("true", "false"):
        return function == "true"
    if function == "Fn::Not":
        return not all(truths)
    return any(truths) if function == "Fn::Or" else all(truths)
