"""
What recorded calls say that roles used: each different request once, with what is told of its condition keys.

One pass over a trail serves any number of roles. Calls that AWS denied are counted and do not show use: they needed
what the role does not have. A call that failed for another reason was let through, and counts.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from rolemgr.audit.migrate.seen_jobs import JobRequest, job_requests
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.errors import SourceLocation
from rolemgr.events.call import UNREADABLE, CallEnding, RecordedCall, RecordedPrincipal, call_of
from rolemgr.events.context import Told
from rolemgr.events.records import Record, Unread
from rolemgr.events.requests import PASS_ROLE, RecordedRequest, requests_of
from rolemgr.events.seen_events import SeenEvents
from rolemgr.iam.variables import known_variables_in
from rolemgr.model.inventory import HeldRole
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key

MOST_SEEN: Final = 20_000
"""How many different requests of one role are kept; what comes beyond is counted, and said to be untold."""
_MOST_UNREAD: Final = 20
_ROLE: Final = ":role/"
_PASSED_TO: Final = "iam:passedtoservice"


class TrailRequest(NamedTuple):
    """
    A request of a *call* (``sagemaker:CreateTrainingJob``): an *action* on a resource, in each of its *spellings*.

    Where it *is_open* these are patterns. *told* is what the event says of condition keys, in lower case.
    """

    action: str
    spellings: tuple[str, ...]
    is_open: bool
    told: tuple[tuple[str, Told], ...]
    call: str

    @property
    def resource(self) -> str:
        """Its resource, or the pattern of it, by its first spelling."""
        return self.spellings[0]

    def values(self, key: str) -> Told:
        """Return what is told of the lower-case *key*; None also for one that nobody looked at."""
        return dict(self.told).get(key)

    @property
    def passed_to(self) -> tuple[str, ...]:
        """The services to which a role was passed."""
        return self.values(_PASSED_TO) or ()


class SeenAt(NamedTuple):
    """
    How often a request was made (*times*), and where the first of it stands.

    *went_through* is False where each of its calls failed: AWS let it through, and nothing came of it.
    """

    times: int
    where: SourceLocation
    went_through: bool = True


@dataclass
class RoleCalls:
    """All that one role used: its *requests* with their counts, and when; *left_out* are those beyond `MOST_SEEN`."""

    requests: dict[TrailRequest, SeenAt] = field(default_factory=dict)
    calls: int = 0
    denied: int = 0
    refused: dict[TrailRequest, SeenAt] = field(default_factory=dict)
    """The requests of the calls that AWS denied: they show no use, and what they asked for is told."""
    left_out: int = 0
    first: str = ""
    last: str = ""
    unknown_operations: dict[str, int] = field(default_factory=dict)
    for_jobs: dict[tuple[str, str], SeenAt] = field(default_factory=dict)
    """What it needs for jobs and models that somebody gave it, and queries of its own: actions on patterns."""
    told: dict[str, dict[str, None]] = field(default_factory=dict)
    """The resources that are values of a parameter, by its name."""
    passed_by: dict[tuple[str, str], SeenAt] = field(default_factory=dict)
    """Who passed it, by which call."""

    def add(self, call: RecordedCall, keys: "KeysToAsk") -> None:
        """Take in *call*, of which *keys* are looked at."""
        if call.ending is CallEnding.DENIED:
            self.denied += 1
            for one in requests_of(call) if len(self.refused) < MOST_SEEN else ():
                self.refused.setdefault(_request(one, keys), SeenAt(1, call.where, went_through=False))
            return
        self.calls += 1
        if call.time:
            self.first, self.last = min(self.first or call.time, call.time), max(self.last, call.time)
        requests = requests_of(call)
        if not requests:
            name = f"{call.source}:{call.name}"
            self.unknown_operations[name] = self.unknown_operations.get(name, 0) + 1
        for one in requests:
            self._count(_request(one, keys), call)

    def add_job(self, one: JobRequest, where: SourceLocation) -> None:
        """Take in what the role needs for a job that was given to it, or for a query that it started."""
        if one.tells and len(self.told.setdefault(one.tells, {})) < MOST_SEEN:
            self.told[one.tells][one.resource] = None
        key = (one.action, one.resource)
        known = self.for_jobs.get(key)
        if known is not None or len(self.for_jobs) < MOST_SEEN:
            self.for_jobs[key] = SeenAt(known.times + 1, known.where) if known else SeenAt(1, where)
        else:
            self.left_out += 1

    def add_pass(self, call: RecordedCall) -> None:
        """Take in that *call* passed the role."""
        key = (str(call.principal), f"{call.source}:{call.name}")
        known = self.passed_by.get(key)
        if known is not None or len(self.passed_by) < MOST_SEEN:
            self.passed_by[key] = SeenAt(known.times + 1, known.where) if known else SeenAt(1, call.where)

    def _count(self, request: TrailRequest, call: RecordedCall) -> None:
        known = self.requests.get(request)
        if known is None and len(self.requests) >= MOST_SEEN:
            self.left_out += 1
            return
        went_through = call.ending is not CallEnding.FAILED or (known is not None and known.went_through)
        times, where = (known.times + 1, known.where) if known else (1, call.where)
        self.requests[request] = SeenAt(times, where, went_through)


@dataclass
class ReadTrail:
    """What a trail says: the use of each role by its ARN, how many *events* there were, and what can't be read."""

    uses: dict[str, RoleCalls] = field(default_factory=dict)
    events: int = 0
    unread: list[Unread] = field(default_factory=list)
    unread_count: int = 0
    seen: SeenEvents = field(default_factory=SeenEvents)
    """The events by their ids: one that comes again counts once, as long as all of them are remembered."""
    unknown_callers: dict[str, int] = field(default_factory=dict)
    """How many calls, by who is told of, nobody knows not to be of these roles."""


class MeantRoles(NamedTuple):
    """
    Whose calls count: *by_arn* gives the ARN of a role that is meant for that of a principal, else None.

    *may_mean* tells whether a principal whose ARN is not told may be one of these roles.
    """

    by_arn: Callable[[str], str | None]
    may_mean: Callable[[RecordedPrincipal], bool]


def _request(one: RecordedRequest, keys: "KeysToAsk") -> TrailRequest:
    told = tuple((key, one.told(key)) for key in keys.of(one.action))
    name = f"{one.call.source}:{one.call.name}"
    return TrailRequest(one.action, one.resource.spellings, one.resource.is_open, told, name)


@dataclass(frozen=True, eq=False)
class KeysToAsk:
    """The condition keys, in lower case, that matter for a new role or an old one, and those of each action."""

    keys: frozenset[str]
    _of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, action: str) -> tuple[str, ...]:
        """Return those of the keys that a request for *action* may carry, sorted."""
        found = self._of.get(action)
        if found is None:
            found = self._of[action] = tuple(sorted(key for key in self.keys if may_carry(action, key)))
        return found


@lru_cache(maxsize=1 << 16)
def may_carry(action: str, key: str) -> bool:
    """Tell whether a request for *action* may carry the lower-case condition *key*."""
    if key == _PASSED_TO:
        return action == "iam:PassRole"
    known = find_action(action)
    return known is None or find_key(key) is None or known_key(known, key)


def keys_to_ask(catalog: Catalog, roles: Iterable[HeldRole]) -> KeysToAsk:
    """Return the keys that groups, default guardrails and the policies of *roles* look at."""
    found = {_PASSED_TO}
    for name in catalog.found("activity_groups"):
        for one in catalog.activity_group(name).value.statements:
            found |= {*_keys(one.conditions), *_variables(one.resources)}
    for name in _default_guardrails(catalog):
        for deny in catalog.guardrail(name).value.deny:
            found |= {*_keys(deny.conditions)}
    for role in roles:
        documents = [one.document for one in role.policies] + ([role.boundary.document] if role.boundary else [])
        for statement in (one for document in documents for one in document.statement):
            found |= {*_keys(statement.condition), *_variables(statement.resource or statement.not_resource or ())}
    return KeysToAsk(frozenset(found))


def _default_guardrails(catalog: Catalog) -> Iterator[str]:
    profiles = {resolve_persona(catalog, name).guardrail_profile for name in catalog.found("personas")}
    for name in sorted(one for one in profiles if one):
        yield from catalog.profile(name).value.guardrails


def _keys(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for block in conditions.values():
        for key, values in block.items():
            yield key.lower()
            yield from _variables(values)


def _variables(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (found.key.lower() for found in known_variables_in(text))


def read_trail(
    records: Iterable[Record | Unread], whose: MeantRoles, keys: KeysToAsk
) -> ReadTrail:  # fmt: skip
    """Return what *records* say of the roles that are meant, by *whose*."""
    found = ReadTrail()
    for record in records:
        if isinstance(record, Unread):
            found.unread_count += 1
            found.unread += [record] if len(found.unread) < _MOST_UNREAD else []
            continue
        found.events += 1
        if found.seen.take(record.event.get("eventID")) and found.seen.is_exact:
            continue  # in an organization's trail and in an account's own: one call
        call = call_of(record)
        if isinstance(call, RecordedCall):
            _take(found, call, whose, keys)
        elif call == UNREADABLE:
            found.unread_count += 1
            found.unread += [Unread(record.where, call)] if len(found.unread) < _MOST_UNREAD else []
    return found


def _take(found: ReadTrail, call: RecordedCall, whose: MeantRoles, keys: KeysToAsk) -> None:
    """Take in *call*: for who made it, and for the role that it gave to a job."""
    if call.principal.arn and (arn := whose.by_arn(call.principal.arn)):
        found.uses.setdefault(arn, RoleCalls()).add(call, keys)
    elif whose.may_mean(call.principal):
        who = str(call.principal)
        found.unknown_callers[who] = found.unknown_callers.get(who, 0) + 1
    if call.ending is CallEnding.DENIED:
        return
    if call.parameters and _ROLE in str(call.parameters):
        passed = {one.resource.spellings[0] for one in requests_of(call) if one.action == PASS_ROLE}
        for arn in filter(None, map(whose.by_arn, sorted(passed))):
            found.uses.setdefault(arn, RoleCalls()).add_pass(call)
    for one in job_requests(call):
        if arn := whose.by_arn(one.role):
            found.uses.setdefault(arn, RoleCalls()).add_job(one, call.where)
