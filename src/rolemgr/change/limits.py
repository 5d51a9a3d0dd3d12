"""What a limit is about: the actions that its own Denies name, and of a difference the part that these limit."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from rolemgr.change.causes import Explained
from rolemgr.change.change import Evidence
from rolemgr.change.resources import of_action
from rolemgr.compare.verdicts import Difference
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches_folded_action

if TYPE_CHECKING:
    from rolemgr.model.role import Origin  # plain policies load no model of roles


def limited_by(name: str, roles: Sequence[Explained | None]) -> frozenset[str]:
    """Return the actions, and patterns of them, that the Denies of the guardrail *name* are about in any of *roles*."""
    denies = (one for role in roles for one in (role.statements if role else ()) if one.effect is Effect.DENY)
    return frozenset(
        action
        for one in denies
        for origin, actions in one.actions_by_origin().items()
        if _is_of(origin, name)
        for action in actions
    )


def _is_of(origin: "Origin", guardrail: str) -> bool:
    return origin.kind == "guardrail" and origin.group == guardrail


def narrowed(
    evidence: Evidence, limited: Collection[str], is_limited: Callable[[Difference], bool] = bool
) -> Evidence | None:  # fmt: skip
    """
    Return *evidence* as far as it is about *limited* actions, and pieces that *is_limited* holds for.

    Where two limits change, one difference shows both: each is told with what its own Denies are about. None where
    nothing of it is.
    """
    pieces = [found for piece in evidence.difference.parts if is_limited(piece) for found in _piece(piece, limited)]
    if not pieces:
        return None
    actions = tuple(dict.fromkeys(action for piece in pieces for action in piece.actions))
    first = pieces[0]
    merged = tuple(pieces) if len(pieces) > 1 else ()
    whole = evidence.difference._replace(actions=actions, request=first.request, before=first.before, merged=merged)
    return evidence._replace(difference=whole)


def _piece(piece: Difference, limited: Collection[str]) -> Iterator[Difference]:
    """Yield *piece* with those of its actions that are *limited*, and a request for one of them."""
    kept = tuple(action for action in piece.actions if _is_among(action, limited))
    if kept:
        yield piece._replace(actions=kept, request=of_action(piece, kept[0]) or piece.request, merged=())


def _is_among(action: str, limited: Collection[str]) -> bool:
    folded = action.lower()
    return any(matches_folded_action(pattern, folded) for pattern in limited)
