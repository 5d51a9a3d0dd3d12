"""
Recorded requests asked of a role's policies within its boundary, before the role is there.

What an event does not tell of a request is not known, and then both answers are given: the worst and the best.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from rolemgr.audit.migrate.seen import SeenAt, TrailRequest, may_carry
from rolemgr.evaluate.partly import PartlyKnown, PartlyKnownLayers
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.inventory import HeldRole

_PRINCIPAL: Final = "aws:principalarn"
_TAG: Final = "aws:principaltag/"


class TrialVerdict(StrEnum):
    """What becomes of a recorded request."""

    ALLOWED = "stays allowed"
    DENIED = "would be denied"
    UNKNOWN = "not known"


class AskedOnce(NamedTuple):
    """
    What policies say of a request in the *worst* and the *best* case, True for allowed.

    *keys* are what it turns on, *on_resource* whether on a resource that is not told; *denies* the statements that
    deny it for certain.
    """

    worst: bool
    best: bool
    keys: tuple[str, ...] = ()
    on_resource: bool = False
    denies: tuple[StatementRef, ...] = ()

    @property
    def verdict(self) -> TrialVerdict:
        """The verdict on it."""
        if self.worst is not self.best:
            return TrialVerdict.UNKNOWN
        return TrialVerdict.ALLOWED if self.worst else TrialVerdict.DENIED


class RequestAsker:
    """Asks the policies of *holder*, and *more* beside them, about recorded requests as if it had made them."""

    def __init__(self, holder: HeldRole, more: Sequence[IdentityPolicy] = ()) -> None:
        boundary = holder.boundary.document if holder.boundary else None
        identity = (*(one.document for one in holder.policies), *more)
        self._layers = PartlyKnownLayers(Policies(identity, boundary))
        self._holder = holder
        self._own: dict[str, tuple[str, ...]] = {_PRINCIPAL: (holder.arn,)}
        self._own |= {f"{_TAG}{key}".lower(): (value,) for key, value in holder.tags.items()}

    def ask(self, request: TrailRequest) -> AskedOnce:
        """Return the answer on *request*, in all spellings of its resource; raise InputError for a broken policy."""
        told = {**dict(request.told), **self._own}
        looked_at = self._layers.keys(request.action.lower())
        unknown = frozenset(
            key for key in looked_at if told.get(key) is None and (key in told or may_carry(request.action, key))
        )
        context = Context({key: values for key, values in told.items() if values})
        found = [
            self._layers.decide(
                Request(request.action, one, context, self._holder.arn), unknown, is_open=request.is_open
            )
            for one in request.spellings
        ]
        worst = all(one.worst.decision == "Allowed" for one in found)
        best = all(one.best.decision == "Allowed" for one in found)
        keys = dict.fromkeys(key for one in found for key in one.keys)
        return AskedOnce(worst, best, tuple(keys), any(one.on_resource for one in found), _denies(found))


def _denies(found: Iterable[PartlyKnown]) -> tuple[StatementRef, ...]:
    return tuple(dict.fromkeys(at for one in found if one.best.decision != "Allowed" for at in one.best.by))


@dataclass(frozen=True)
class TriedRequest:
    """
    A recorded *request*, how often it was made, and what the new role says; *before* is what the old one said.

    *asked* is what the new role was asked: the request itself, on its own ARN where the old role was asked about its.
    """

    request: TrailRequest
    seen: SeenAt
    answer: AskedOnce
    before: AskedOnce
    asked: TrailRequest

    @property
    def verdict(self) -> TrialVerdict:
        """What becomes of it."""
        return self.answer.verdict


def tried(
    requests: Mapping[TrailRequest, SeenAt], old: HeldRole, new: HeldRole, more: Sequence[IdentityPolicy] = ()
) -> tuple[TriedRequest, ...]:
    """Return what becomes of each of *requests* as *new*, with *more* policies beside its own."""
    before, after = RequestAsker(old), RequestAsker(new, more)
    found = []
    for one, seen in requests.items():
        asked = one._replace(spellings=tuple(new.arn if each == old.arn else each for each in one.spellings))
        found.append(TriedRequest(one, seen, after.ask(asked), before.ask(one), asked))
    return tuple(found)
