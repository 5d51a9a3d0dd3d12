"""
Fit statements into IAM's quotas without changing what they say.

All of a role's inline policies together may have 10,240 characters. Where the statements are more, Allows
move to customer-managed policies of 6,144 each; every Deny stays inline, so that an attachment that gets
lost costs access and never a limit.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple, TypeAlias

from rolemgr.errors import InputError
from rolemgr.model.policy import Effect
from rolemgr.model.role import ComposedStatement

Measure: TypeAlias = Callable[[Sequence[ComposedStatement]], int]
"""The characters that a policy of these statements has, as IAM counts them."""

_SID_LENGTH = 64


class _Piece(NamedTuple):
    """A statement, or a part of one, and the place that it had among all."""

    place: int
    statement: ComposedStatement


@dataclass
class _Bin:
    """A policy in the making: what it holds and how many characters it may have."""

    quota: int
    pieces: list[_Piece] = field(default_factory=list)

    def statements(self) -> tuple[ComposedStatement, ...]:
        """Return what it holds, in the order in which it stood."""
        return tuple(
            piece.statement for piece in sorted(self.pieces, key=lambda piece: (piece.place, piece.statement.sid))
        )


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
    placed = [_Piece(place, statement) for place, statement in enumerate(statements)]
    bins = [_Bin(inline, [piece for piece in placed if piece.statement.effect is Effect.DENY])]
    if measure(bins[0].statements()) > inline:
        raise InputError(None, f"the Deny statements alone are over the inline quota of {inline:,} characters")
    taken = {statement.sid for statement in statements}
    allows = (piece for piece in placed if piece.statement.effect is Effect.ALLOW)
    parts = [part for piece in allows for part in _parts(piece, measure, managed, taken)]
    for piece in sorted(parts, key=lambda part: (-measure([part.statement]), part.statement.sid)):
        _put(piece, bins, measure, managed)
    return tuple(full.statements() for full in bins)


def _put(piece: _Piece, bins: list[_Bin], measure: Measure, managed: int) -> None:
    for candidate in bins:
        if measure([*candidate.statements(), piece.statement]) <= candidate.quota:
            candidate.pieces.append(piece)
            return
    bins.append(_Bin(managed, [piece]))


def _parts(piece: _Piece, measure: Measure, limit: int, taken: set[str]) -> Iterator[_Piece]:
    """Yield *piece* in as many parts as policies of *limit* characters need; add the Sid of each to *taken*."""
    halves = list(_halves(piece.statement, measure, limit))
    if len(halves) == 1:
        yield piece
        return
    for half in halves:
        endings = (f"Part{number}" for number in count(1))
        sid = next(sid for end in endings if (sid := half.sid[: _SID_LENGTH - len(end)] + end) not in taken)
        taken.add(sid)
        yield _Piece(piece.place, replace(half, sid=sid))


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
