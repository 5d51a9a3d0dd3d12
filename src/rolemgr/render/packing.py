"""
Fit statements into IAM's quotas without changing what they say.

All of a role's inline policies together may have 10,240 characters. Where the statements are more, Allows
move to customer-managed policies of 6,144 each; every Deny stays inline, so that an attachment that gets
lost costs access and never a limit.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rolemgr.errors import InputError
from rolemgr.model.policy import Effect
from rolemgr.model.role import ComposedStatement

Measure: TypeAlias = Callable[[Sequence[ComposedStatement]], int]
"""The characters that a policy of these statements has, as IAM counts them."""


@dataclass
class _Bin:
    """A policy in the making: what it holds and how many characters it may have."""

    quota: int
    statements: list[ComposedStatement] = field(default_factory=list)


def pack(
    statements: Sequence[ComposedStatement], measure: Measure, *, inline: int, managed: int
) -> tuple[tuple[ComposedStatement, ...], ...]:
    """
    Return *statements* as one inline policy and, where that is over *inline* characters, managed ones.

    The largest Allows are placed first, each in the first policy that has room; within a policy the order
    stays. A statement larger than a managed policy is split by its resources, or its actions.
    Raises InputError where the Denies alone, or one action on one resource, are too large.
    """
    if measure(statements) <= inline:
        return (tuple(statements),)
    order = {statement.sid: place for place, statement in enumerate(statements)}
    bins = [_Bin(inline, [statement for statement in statements if statement.effect is Effect.DENY])]
    if measure(bins[0].statements) > inline:
        raise InputError(None, f"the Deny statements alone are over the inline quota of {inline:,} characters")
    allows = [statement for statement in statements if statement.effect is Effect.ALLOW]
    parts = (part for statement in allows for part in _parts(statement, measure, managed))
    for statement in sorted(parts, key=lambda part: (-measure([part]), part.sid)):
        _place(statement, bins, measure, managed)
    return tuple(tuple(sorted(full.statements, key=lambda one: _rank(one, order))) for full in bins)


def _place(statement: ComposedStatement, bins: list[_Bin], measure: Measure, managed: int) -> None:
    for candidate in bins:
        if measure([*candidate.statements, statement]) <= candidate.quota:
            candidate.statements.append(statement)
            return
    bins.append(_Bin(managed, [statement]))


def _rank(statement: ComposedStatement, order: dict[str, int]) -> tuple[int, str]:
    whole = statement.sid.rpartition("Part")[0] or statement.sid
    return order.get(statement.sid, order.get(whole, 0)), statement.sid


def _parts(statement: ComposedStatement, measure: Measure, limit: int) -> Iterator[ComposedStatement]:
    """Yield *statement* in as many parts as a policy of *limit* characters needs."""
    pieces = list(_halves(statement, measure, limit))
    if len(pieces) == 1:
        yield from pieces
        return
    for number, piece in enumerate(pieces, start=1):
        yield replace(piece, sid=f"{statement.sid[:56]}Part{number}")


def _halves(statement: ComposedStatement, measure: Measure, limit: int) -> Iterator[ComposedStatement]:
    if measure([statement]) <= limit:
        yield statement
        return
    if len(statement.resources) == len(statement.actions) == 1:
        raise InputError(None, f"statement `{statement.sid}` alone is over the quota of {limit:,} characters")
    for half in _split(statement):
        yield from _halves(half, measure, limit)


def _split(statement: ComposedStatement) -> tuple[ComposedStatement, ComposedStatement]:
    """Return two statements that together say what *statement* says, over half the resources or actions each."""
    if len(statement.resources) > 1:
        middle = len(statement.resources) // 2
        first, second = statement.resources[:middle], statement.resources[middle:]
        return replace(statement, resources=first), replace(statement, resources=second)
    middle = len(statement.actions) // 2
    first, second = statement.actions[:middle], statement.actions[middle:]
    return replace(statement, actions=first), replace(statement, actions=second)
