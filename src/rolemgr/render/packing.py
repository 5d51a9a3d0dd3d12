"""
Fit statements into IAM's quotas without changing what they say.

All of a role's inline policies together may have 10,240 characters. Where the statements are more, Allows
move to customer-managed policies of 6,144 each; every Deny stays inline, so that an attachment that gets
lost costs access and never a limit. Where nothing may be inline, the Denies have managed policies of their own,
so that one look tells whether they are attached.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple, TypeAlias

from rolemgr.errors import InputError
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement

Measure: TypeAlias = Callable[[ComposedStatement], int]
"""The characters that a statement has, as IAM counts them."""

_SID_LENGTH = 64
_PART_ENDING = len("Part999")
"""What the Sid of a part is longer than that of the whole at most."""


class _Piece(NamedTuple):
    """A statement, or a part of one, the place that it had among all, and its characters."""

    place: int
    statement: ComposedStatement
    size: int


@dataclass
class _Bin:
    """A policy in the making: what it holds, and how many characters are left for more."""

    left: int
    pieces: list[_Piece] = field(default_factory=list)

    def take(self, piece: _Piece) -> bool:
        """Take *piece* where there is room for it and the comma before it; tell whether it did."""
        needed = piece.size + bool(self.pieces)
        if needed > self.left:
            return False
        self.left -= needed
        self.pieces.append(piece)
        return True

    def statements(self) -> tuple[ComposedStatement, ...]:
        """Return what it holds, in the order in which it stood."""
        return tuple(
            piece.statement for piece in sorted(self.pieces, key=lambda piece: (piece.place, piece.statement.sid))
        )


def pack(
    sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, *, inline: int, managed: int
) -> tuple[tuple[ComposedStatement, ...], ...]:
    """
    Return statements as one inline policy and, where they have over *inline* characters, managed ones.

    *sized* are the statements and the characters of each; *measure* says those of a part of one. *inline* and
    *managed* are what the quotas leave for the statements of a policy. The largest Allows are
    placed first, each in the first policy that has room; within a policy the order stays. A statement
    larger than a managed policy is split by its resources, or its actions.
    Raises InputError where the Denies alone, or one action on one resource, are too large.
    """
    placed = [_Piece(place, statement, size) for place, (statement, size) in enumerate(sized)]
    if sum(piece.size for piece in placed) + max(len(placed) - 1, 0) <= inline:
        return (tuple(statement for statement, _ in sized),)
    bins = [_Bin(inline)]
    denies = [piece for piece in placed if piece.statement.effect is Effect.DENY]
    if not all(bins[0].take(piece) for piece in denies):
        raise InputError(None, *_too_many_denies(denies, inline))
    allows = [piece for piece in placed if piece.statement.effect is Effect.ALLOW]
    _fill(bins, allows, measure, managed, {statement.sid for statement, _ in sized})
    return tuple(full.statements() for full in bins)


def pack_managed(
    sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, limit: int
) -> tuple[tuple[tuple[ComposedStatement, ...], ...], tuple[tuple[ComposedStatement, ...], ...]]:
    """
    Return statements as managed policies of *limit* characters: those of the Denies, and those of the Allows.

    Otherwise as `pack`. Raises InputError where one action on one resource is too large.
    """
    placed = [_Piece(place, statement, size) for place, (statement, size) in enumerate(sized)]
    taken = {statement.sid for statement, _ in sized}
    denies, allows = list[_Bin](), list[_Bin]()
    for effect, bins in ((Effect.DENY, denies), (Effect.ALLOW, allows)):
        _fill(bins, [piece for piece in placed if piece.statement.effect is effect], measure, limit, taken)
    return tuple(full.statements() for full in denies), tuple(full.statements() for full in allows)


def _fill(bins: list[_Bin], pieces: Sequence[_Piece], measure: Measure, limit: int, taken: set[str]) -> None:
    """Put *pieces* into *bins*, the largest first, each into the first that has room, or a new one of *limit*."""
    parts = [part for piece in pieces for part in _parts(piece, measure, limit, taken)]
    for piece in sorted(parts, key=lambda part: (-part.size, part.statement.sid)):
        if not any(candidate.take(piece) for candidate in bins):
            bins.append(_Bin(limit))
            bins[-1].take(piece)


def _too_many_denies(denies: Sequence[_Piece], inline: int) -> tuple[str, str]:
    """Return the problem where the Denies do not fit, with what they are made of, and what would help."""
    sizes: dict[str, int] = {}
    for piece in denies:
        name = "+".join(dict.fromkeys(origin.group for origin in piece.statement.origins))
        sizes[name] = sizes.get(name, 0) + piece.size
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:4]
    most = ", ".join(f"{name} {sizes[name]:,}" for name in largest)
    total = sum(sizes.values())
    problem = f"the Deny statements have {total:,} characters, and the inline policy holds {inline:,}; most in {most}"
    hint = "give --inline no, or leave out a guardrail, a tag key, --strict or --managed-policy"
    places = max(denies, key=lambda piece: len(piece.statement.resources)).statement
    if len(places.resources) < _MANY_PLACES:
        return problem, hint
    return (
        problem,
        f"name fewer places with --parameter (rolemgr show activity-group {places.origins[0].group}), or {hint}",
    )


_MANY_PLACES = 10
"""From so many resources on a Deny is large by its places, not by its actions."""


def _parts(piece: _Piece, measure: Measure, limit: int, taken: set[str]) -> Iterator[_Piece]:
    """Yield *piece* in as many parts as policies of *limit* characters need; add the Sid of each to *taken*."""
    if piece.size <= limit:
        yield piece
        return
    for half in _halves(piece.statement, measure, limit - _PART_ENDING):
        endings = (f"Part{number}" for number in count(1))
        sid = next(sid for end in endings if (sid := half.sid[: _SID_LENGTH - len(end)] + end) not in taken)
        taken.add(sid)
        part = replace(half, sid=sid)
        yield _Piece(piece.place, part, measure(part))


def _halves(statement: ComposedStatement, measure: Measure, limit: int) -> Iterator[ComposedStatement]:
    if measure(statement) <= limit:
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
