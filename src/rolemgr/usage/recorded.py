"""What a role used, from recorded calls: each different request once, and the statements that allow it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rolemgr.evaluate.partly import MatchingAllow, PartlyKnownLayers
from rolemgr.evaluate.request import Context, Request
from rolemgr.events.call import UNREADABLE, CallEnding, RecordedCall, call_of
from rolemgr.events.context import Told
from rolemgr.events.records import Record, Unread
from rolemgr.events.requests import PASS_ROLE, RecordedRequest, requests_of
from rolemgr.events.seen_events import SeenEvents
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.timed_names import resource_without_time
from rolemgr.usage.layers_asked import is_meant
from rolemgr.usage.verdicts import keys_carried

MOST_NAMES: Final = 10_000
"""So many different names of resources are kept of one action; with more, the action tells none."""
MOST_UNREAD: Final = 1_000


class RequestKey(NamedTuple):
    """What makes a request another one: its *action* in lower case, the *name* of its resource, and the *rest*."""

    action: str
    name: str
    rest: tuple[object, ...]


class Used(NamedTuple):
    """A request that was used: what is *told* of its condition keys, and the Allows that match it or may."""

    action: str
    resource: str
    is_open: bool
    told: tuple[tuple[str, Told], ...]
    allows: tuple[MatchingAllow, ...]
    principal: str | None

    @property
    def unknown(self) -> frozenset[str]:
        """The condition keys, in lower case, that nobody tells."""
        return frozenset(key for key, values in self.told if values is None)

    @property
    def context(self) -> Mapping[str, tuple[str, ...]]:
        """The condition keys that it is known to have had."""
        return {key: values for key, values in self.told if values}

    def request(self) -> Request:
        """Return it as a request; the resource is a pattern where it is open."""
        return Request(self.action, self.resource, Context(self.context), self.principal)

    def by(self, policies: PartlyKnownLayers) -> tuple[MatchingAllow, ...]:
        """Return the Allows of *policies* that match it, or may."""
        return tuple(policies.matching_allows(self.request(), self.unknown, is_open=self.is_open))


@dataclass(frozen=True, eq=False)
class ToldApart:
    """
    What tells requests apart: what *policies* see of them, *keys* (in lower case) besides those of the policies.

    Where *by_name*, the names of resources do as well, up to the time in them.
    """

    policies: PartlyKnownLayers
    keys: frozenset[str] = frozenset()
    by_name: bool = False


@dataclass
class RecordedUse:
    """All that was used, by whom, when, and how much of the trail says nothing."""

    requests: dict[RequestKey, Used] = field(default_factory=dict)
    counts: dict[RequestKey, int] = field(default_factory=dict)
    """How many calls had each request."""
    principals: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    events: int = 0
    denied: int = 0
    unread: list[Unread] = field(default_factory=list)
    """What can't be read, and why: the first thousand of it."""
    unread_count: int = 0
    unknown_operations: dict[str, int] = field(default_factory=dict)
    unknown_callers: dict[str, int] = field(default_factory=dict)
    """How many calls, by the type of their identity, nobody knows not to be of those that are asked for."""
    first: str = ""
    last: str = ""
    names: dict[str, int] = field(default_factory=dict)
    """How many names of resources each action, in lower case, was used on."""
    data_events: int = 0
    """How many of the calls are data events."""
    seen: SeenEvents = field(default_factory=SeenEvents)
    """The calls by the ids of their events: one that comes again is counted again."""

    @property
    def used(self) -> list[Used]:
        """The different requests, in the order in which they came."""
        return list(self.requests.values())

    def room_for(self, key: RequestKey) -> RequestKey:
        """Return *key*, counted where it is new and has a name; without the name where there are too many of them."""
        if not key.name or key in self.requests:
            return key
        count = self.names[key.action] = min(self.names.get(key.action, 0), MOST_NAMES) + 1
        return key if count <= MOST_NAMES else key._replace(name="")

    @property
    def too_many_names(self) -> frozenset[str]:
        """The actions, in lower case, that were used on more names than are kept."""
        return frozenset(action for action, count in self.names.items() if count > MOST_NAMES)


def recorded_use(
    records: Iterable[Record | Unread], told_apart: ToldApart, names: tuple[str, ...],
    found: RecordedUse | None = None,
) -> RecordedUse:  # fmt: skip
    """
    Return what the principals that *names* mean used, each request that is *told_apart* once; added to *found*.

    A call that AWS denied is none: it needed what the role does not have. One that failed for another reason is.
    """
    found = RecordedUse() if found is None else found
    for record in records:
        if isinstance(record, Unread):
            _count_unread(found, record)
            continue
        found.events += 1
        call = call_of(record)
        if call == UNREADABLE:
            _count_unread(found, Unread(record.where, UNREADABLE))
        elif isinstance(call, RecordedCall) and _is_of(call, names, found):
            _take(found, call, told_apart)
    found.seen.trim()
    return found


def _count_unread(found: RecordedUse, one: Unread) -> None:
    found.unread_count += 1
    if len(found.unread) < MOST_UNREAD:
        found.unread.append(one)


def _is_of(call: RecordedCall, names: Iterable[str], found: RecordedUse) -> bool:
    """Tell whether *call* went through and is of one of *names*; count in *found* that it is not, or may be."""
    if any(is_meant(one, call.principal) for one in names):
        is_denied = call.ending is CallEnding.DENIED
        found.denied += is_denied
        return not is_denied
    if any(call.principal.may_be_in(account_of(one)) for one in names):
        kind = call.principal.kind
        found.unknown_callers[kind] = found.unknown_callers.get(kind, 0) + 1
    return False


def account_of(name: str) -> str | None:
    """Return the account of those whom *name*, a pattern of names or ARNs, means; None where that may be any."""
    parsed = Arn.parse(name)
    return parsed.account if parsed and ACCOUNT_ID.fullmatch(parsed.account) else None


def _take(found: RecordedUse, call: RecordedCall, told_apart: ToldApart) -> None:
    found.calls += 1
    found.seen.take(call.event.get("eventID"))
    found.data_events += call.is_data_event is True
    who = str(call.principal)
    found.principals[who] = found.principals.get(who, 0) + 1
    if call.time:
        found.first = min(found.first or call.time, call.time)
        found.last = max(found.last, call.time)
    requests = requests_of(call)
    if not requests:
        name = f"{call.source}:{call.name}"
        found.unknown_operations[name] = found.unknown_operations.get(name, 0) + 1
    for request in requests:
        for spelling in request.resource.spellings:
            _add(found, request, spelling, told_apart)


def _add(found: RecordedUse, request: RecordedRequest, spelling: str, told_apart: ToldApart) -> None:
    folded, policies = request.action.lower(), told_apart.policies
    keys = keys_carried(request.action, policies.keys(folded) | told_apart.keys)
    told = tuple((key, request.told(key)) for key in keys)
    is_open = request.resource.is_open
    sees_all = is_open or request.action == PASS_ROLE
    seen = spelling if sees_all else policies.sight(folded, spelling)
    name = resource_without_time(spelling) if told_apart.by_name and not folded.startswith("s3:") else ""
    key = found.room_for(RequestKey(folded, name, (seen, is_open, told)))
    found.counts[key] = found.counts.get(key, 0) + 1
    if key not in found.requests:
        one = Used(request.action, spelling, is_open, told, (), request.call.principal.arn)
        found.requests[key] = one._replace(allows=one.by(policies))
