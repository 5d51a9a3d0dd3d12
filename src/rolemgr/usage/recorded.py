"""What a role used, from recorded calls: each different request once, and the statements that allow it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rolemgr.evaluate.partly import MatchingAllow, PartlyKnownLayers
from rolemgr.evaluate.request import Context, Request
from rolemgr.events.call import CallEnding, RecordedCall, call_of
from rolemgr.events.context import Told
from rolemgr.events.records import Record, Unread
from rolemgr.events.requests import PASS_ROLE, RecordedRequest, requests_of
from rolemgr.usage.layers_asked import is_meant
from rolemgr.usage.verdicts import carried_keys


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


@dataclass
class RecordedUse:
    """All that was used, by whom, when, and how much of the trail says nothing."""

    used: list[Used] = field(default_factory=list)
    principals: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    events: int = 0
    denied: int = 0
    unread: int = 0
    unknown_operations: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""


def recorded_use(
    records: Iterable[Record | Unread], policies: PartlyKnownLayers, names: tuple[str, ...]
) -> RecordedUse:
    """
    Return what the principals that *names* mean used, as *policies* tell requests apart.

    A call that AWS denied is none: it needed what the role does not have. One that failed for another reason is.
    """
    found, seen = RecordedUse(), dict[object, None]()
    for record in records:
        if isinstance(record, Unread):
            found.unread += 1
            continue
        found.events += 1
        call = call_of(record)
        if isinstance(call, str) or not any(is_meant(one, call.principal) for one in names):
            continue
        if call.ending is CallEnding.DENIED:
            found.denied += 1
            continue
        _take(found, seen, call, policies)
    return found


def _take(found: RecordedUse, seen: dict[object, None], call: RecordedCall, policies: PartlyKnownLayers) -> None:
    found.calls += 1
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
            _add(found, seen, request, spelling, policies)


def _add(
    found: RecordedUse, seen: dict[object, None], request: RecordedRequest, spelling: str, policies: PartlyKnownLayers
) -> None:
    folded = request.action.lower()
    told = tuple((key, request.told(key)) for key in carried_keys(policies, folded, request.action))
    is_open = request.resource.is_open
    sees_all = is_open or request.action == PASS_ROLE
    key = (folded, spelling if sees_all else policies.sight(folded, spelling), is_open, told)
    if key in seen:
        return
    seen[key] = None
    one = Used(request.action, spelling, is_open, told, (), request.call.principal.arn)
    allows = tuple(policies.matching_allows(one.request(), one.unknown, is_open=is_open))
    found.used.append(one._replace(allows=allows))
