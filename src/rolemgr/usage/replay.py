"""
Recorded calls against policies that are not attached yet: what would be denied, by whom it is used and how often.

AWS's own verdict stands in each event. A call that went through and is denied here is what breaks; one that AWS denied
and that is allowed here is what would newly go through. What an event does not tell stays not known.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.diagnose.denial import parse_denial
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.policies import Layer
from rolemgr.events.call import CallEnding, RecordedCall, call_of
from rolemgr.events.records import Record, Unread
from rolemgr.events.requests import RecordedRequest, requests_of
from rolemgr.events.seen_events import SeenEvents
from rolemgr.usage.layers_asked import NotAsked, ReplayedPolicies
from rolemgr.usage.verdicts import DecidedBy, ReplayJudge, ReplayOutcome, ReplayVerdict

MOST_ROWS: Final = 20_000
MOST_EXAMPLES: Final = 3
MOST_UNREAD: Final = 1_000
MOST_CALLERS: Final = 100
_LAYERS: Final = {
    "identity-based policy": Layer.IDENTITY,
    "resource-based policy": Layer.RESOURCE,
    "permissions boundary": Layer.PERMISSIONS_BOUNDARY,
    "service control policy": Layer.SERVICE_CONTROL,
    "resource control policy": Layer.RESOURCE_CONTROL,
    "session policy": Layer.SESSION,
    "VPC endpoint policy": Layer.VPC_ENDPOINT,
    "role trust policy": Layer.TRUST,
}
"""The layers by AWS's words in its messages."""


STAYS: Final = "stays"
"""It goes through as it did, or is denied as it was."""
BREAKS: Final = "would be denied"
UNKNOWN: Final = "not known"
OPENS: Final = "would newly be allowed"
PERHAPS_OPENS: Final = "may newly be allowed"
FAILS_ANYWAY: Final = "failed, and would be denied"


class ReplayRowKey(NamedTuple):
    """What calls have in common that are shown as one row."""

    change: str
    principal: str
    action: str
    by: tuple[DecidedBy, ...]
    keys: tuple[str, ...]
    why: tuple[str, ...]


class Example(NamedTuple):
    """One call of a row: its resource and where it stands."""

    resource: str
    where: SourceLocation
    time: str


@dataclass
class ReplayRow:
    """Calls that are alike: how many, when first and last, and a few of them."""

    count: int = 0
    first: str = ""
    last: str = ""
    examples: list[Example] = field(default_factory=list)

    def add(self, request: RecordedRequest) -> None:
        """Count *request*."""
        call = request.call
        self.count += 1
        if call.time:
            self.first = min(self.first or call.time, call.time)
            self.last = max(self.last, call.time)
        resource = request.resource.spellings[0]
        if len(self.examples) < MOST_EXAMPLES and all(one.resource != resource for one in self.examples):
            self.examples.append(Example(resource, call.where, call.time))


@dataclass
class Replay:
    """All that a replay found; what is *not_judged* by its reason, and what could not be read."""

    calls: dict[str, int] = field(default_factory=dict)
    """How many calls become what."""
    rows: dict[ReplayRowKey, ReplayRow] = field(default_factory=dict)
    not_judged: dict[str, int] = field(default_factory=dict)
    other_callers: dict[str, int] = field(default_factory=dict)
    """How many calls each of those made whom the policies are not about: the first hundred of them."""
    unknown_operations: dict[str, int] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    unread_count: int = 0
    events: int = 0
    data_events: int = 0
    untold_categories: int = 0
    """How many calls may be data events or not, as nothing tells."""
    seen: SeenEvents = field(default_factory=SeenEvents)
    """The events by their ids: one that comes again is counted again."""
    requests_asked: int = 0
    first: str = ""
    last: str = ""
    rows_left_out: int = 0
    """Requests that are counted and not shown, as there are too many rows."""

    def of(self, change: str) -> list[tuple[ReplayRowKey, ReplayRow]]:
        """Return the rows of one *change*, the one with the most calls first."""
        found = [(key, row) for key, row in self.rows.items() if key.change == change]
        return sorted(found, key=lambda one: (-one[1].count, one[0].principal, one[0].action, str(one[0])))

    @property
    def judged(self) -> int:
        """How many calls were asked about."""
        return sum(self.calls.values())


def replay(
    records: Iterable[Record | Unread], policies: ReplayedPolicies, judge: ReplayJudge | None = None,
    found: Replay | None = None,
) -> Replay:  # fmt: skip
    """
    Return what becomes of the calls in *records* under *policies*, added to what was *found* of earlier ones.

    A *judge* remembers what it was asked before.

    Memory does not grow with their number, but with how many of them differ. Raises InputError for a policy that can't
    be read.
    """
    found, judge = found or Replay(), judge or ReplayJudge(policies.context)
    before = judge.asked
    for record in records:
        if isinstance(record, Unread):
            _count_unread(found, record)
        else:
            _take(found, judge, record, policies)
    found.requests_asked += judge.asked - before
    found.seen.trim()
    return found


def _count_unread(found: Replay, one: Unread) -> None:
    found.unread_count += 1
    if len(found.unread) < MOST_UNREAD:
        found.unread.append(one)


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _take(found: Replay, judge: ReplayJudge, record: Record, policies: ReplayedPolicies) -> None:
    found.events += 1
    found.seen.take(record.event.get("eventID"))
    call = call_of(record)
    if isinstance(call, str):
        _count(found.not_judged, call)
        return
    if call.time:
        found.first = min(found.first or call.time, call.time)
        found.last = max(found.last, call.time)
    found.data_events += call.is_data_event is True
    found.untold_categories += call.is_data_event is None
    asked = policies.about(call.principal)
    if isinstance(asked, NotAsked):
        _count(found.not_judged, asked.reason)
        who = call.principal.arn
        if who and (who in found.other_callers or len(found.other_callers) < MOST_CALLERS):
            _count(found.other_callers, who)
        return
    requests = requests_of(call)
    if requests:
        _sum_up(found, call, [_Judged(one, judge.verdict(one, asked), asked.layers) for one in requests])
    else:
        _count(found.unknown_operations, f"{call.source}:{call.name}")


class _Judged(NamedTuple):
    request: RecordedRequest
    verdict: ReplayVerdict
    layers: frozenset[Layer]


def _sum_up(found: Replay, call: RecordedCall, judged: list[_Judged]) -> None:
    """Count what becomes of *call*, and of each of its requests that decides about that."""
    outcomes = {one.verdict.outcome for one in judged}
    worst = next(
        one for one in (ReplayOutcome.DENIED, ReplayOutcome.NOT_KNOWN, ReplayOutcome.ALLOWED) if one in outcomes
    )
    change = _change(call, worst, judged[0].layers)
    _count(found.calls, change)
    if change == STAYS:
        return
    for one in judged:
        if one.verdict.outcome is worst:
            _add(found, change, one)


def _change(call: RecordedCall, outcome: ReplayOutcome, layers: frozenset[Layer]) -> str:
    if call.ending is CallEnding.DENIED:
        return _reopened(call, outcome, layers)
    if outcome is ReplayOutcome.NOT_KNOWN or (call.ending is CallEnding.UNTOLD and outcome is ReplayOutcome.DENIED):
        return UNKNOWN
    if outcome is ReplayOutcome.ALLOWED:
        return STAYS
    return BREAKS if call.ending is CallEnding.SUCCEEDED else FAILS_ANYWAY


def _reopened(call: RecordedCall, outcome: ReplayOutcome, layers: frozenset[Layer]) -> str:
    """Return what becomes of a call that AWS denied: only where a given layer denied it can that change."""
    if outcome is ReplayOutcome.DENIED:
        return STAYS
    by = _denied_by(call.message)
    if by is not None and by not in layers:
        return STAYS
    return OPENS if by is not None and outcome is ReplayOutcome.ALLOWED else PERHAPS_OPENS


@lru_cache(maxsize=1 << 12)
def _denied_by(message: str) -> Layer | None:
    """Return which layer AWS says that it denied a call, None where its *message* does not tell."""
    try:
        told = parse_denial(message).policy_type
    except InputError:
        return None
    return _LAYERS.get(told.value) if told else None


def _add(found: Replay, change: str, one: _Judged) -> None:
    verdict = one.verdict
    why = verdict.why
    if change == UNKNOWN and verdict.outcome is ReplayOutcome.DENIED:
        why = (*why, "the file does not tell whether the call went through")
    if change == PERHAPS_OPENS and verdict.outcome is ReplayOutcome.ALLOWED:
        why = (*why, "AWS did not say which policy denied it")
    key = ReplayRowKey(change, str(one.request.call.principal), one.request.action, verdict.by, verdict.keys, why)
    row = found.rows.get(key)
    if row is None:
        if len(found.rows) >= MOST_ROWS:
            found.rows_left_out += 1
            return
        row = found.rows[key] = ReplayRow()
    row.add(one.request)


def unread_of(name: str, problem: str) -> Unread:
    """Return that the file *name* could not be read, and why."""
    return Unread(SourceLocation(name), problem)


def counted(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the names and counts of *found*, the largest first."""
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))
