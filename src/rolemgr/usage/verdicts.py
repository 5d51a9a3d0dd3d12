"""The decision on one recorded request, asked once for all requests that are alike."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from rolemgr.errors import InputError
from rolemgr.evaluate.partly import PartlyKnown, PartlyKnownLayers
from rolemgr.evaluate.policies import Layer, StatementRef
from rolemgr.evaluate.request import Context, Request
from rolemgr.events.context import Told
from rolemgr.events.requests import RecordedRequest
from rolemgr.events.resources import AskedResource
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key
from rolemgr.usage.layers_asked import AskedPolicies

_MOST_REMEMBERED: Final = 200_000
_MANAGEMENT: Final = "aws:principalorgmasteraccountid"


class ReplayOutcome(StrEnum):
    """What the given policies say of a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_KNOWN = "not known"


class DecidedBy(NamedTuple):
    """A statement that decides, or a *layer* without one (*place* is None): its *source*, place and Sid."""

    layer: Layer
    source: str
    place: int | None = None
    sid: str | None = None

    def __str__(self) -> str:
        if self.place is None:
            return f"no {self.layer} allows it ({self.source})" if self.source else f"no {self.layer} allows it"
        name = f"`{self.sid}`" if self.sid else f"statement {self.place}"
        return f"{self.layer} {name} ({self.source})"


class ReplayVerdict(NamedTuple):
    """An *outcome*, *by* which statements; where it is not known the *keys* it turns on, and other reasons."""

    outcome: ReplayOutcome
    by: tuple[DecidedBy, ...] = ()
    keys: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


_Key: TypeAlias = tuple[object, ...]


class ReplayJudge:
    """Asks policies about recorded requests; those that nothing tells apart are asked once."""

    def __init__(self, context: Mapping[str, tuple[str, ...]]) -> None:
        """Take condition keys that all requests have."""
        self._context = {key.lower(): values for key, values in context.items()}
        self._found: dict[_Key, ReplayVerdict] = {}
        self.asked = 0
        """How many different requests were asked."""

    def verdict(self, request: RecordedRequest, policies: AskedPolicies) -> ReplayVerdict:
        """Return what *policies* say of *request*; raise InputError for a policy that can't be read."""
        folded = request.action.lower()
        told = tuple((key, self._told(request, key)) for key in carried_keys(policies.ask, folded, request.action))
        principal = request.call.principal.arn
        key = (id(policies), principal, folded, _seen(request.resource, folded, policies), told)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self.asked += 1
            found = self._found[key] = self._judge(request, policies, dict(told))
        return found

    def _told(self, request: RecordedRequest, key: str) -> Told:
        found = self._context.get(key)
        return request.told(key) if found is None else found

    def _judge(self, request: RecordedRequest, policies: AskedPolicies, told: Mapping[str, Told]) -> ReplayVerdict:
        unknown = frozenset(key for key, values in told.items() if values is None)
        context = {key: values for key, values in told.items() if values}
        if _MANAGEMENT in self._context:
            context[_MANAGEMENT] = self._context[_MANAGEMENT]
        verdicts, ask = [], policies.ask_about(request.call.principal)
        for spelling in request.resource.spellings:
            try:
                asked = Request(request.action, spelling, Context(context), request.call.principal.arn)
                found = ask.decide(asked, unknown, is_open=request.resource.is_open)
                turning = policies.missing.turning(asked, found.worst)
            except InputError as error:
                return ReplayVerdict(ReplayOutcome.NOT_KNOWN, why=(error.problem,))
            verdicts.append(_without_a_text(turning) if found.certain and turning else _verdict(found, policies))
        first = verdicts[0]
        if any(one.outcome is not first.outcome for one in verdicts):
            return ReplayVerdict(ReplayOutcome.NOT_KNOWN, first.by, why=(_SPELLING,))
        return first


_SPELLING: Final = "AWS may ask under the name in lower case, or as it was given, and the policies tell them apart"
_RESOURCE: Final = "the event does not tell all of the resource's ARN"


def _seen(resource: AskedResource, folded: str, policies: AskedPolicies) -> object:
    """Return what the policies see of *resource*."""
    if resource.is_open:
        return resource
    return tuple(policies.ask.sight(folded, one) for one in resource.spellings)


@lru_cache(maxsize=1 << 14)
def keys_carried(action: str, keys: frozenset[str]) -> tuple[str, ...]:
    """Return those of *keys* that a request for *action* may carry, sorted: the others are absent."""
    known = find_action(action)
    return tuple(sorted(key for key in keys if known is None or find_key(key) is None or known_key(known, key)))


def carried_keys(policies: PartlyKnownLayers, folded: str, action: str) -> tuple[str, ...]:
    """Return the keys that decide about *action* by *policies*, and that its requests may carry, sorted."""
    return keys_carried(action, policies.keys(folded))


def _without_a_text(turning: tuple[str, ...]) -> ReplayVerdict:
    texts = tuple(f"{name} may turn it, and its text is not at hand" for name in turning)
    return ReplayVerdict(ReplayOutcome.NOT_KNOWN, why=texts)


def _verdict(found: PartlyKnown, policies: AskedPolicies) -> ReplayVerdict:
    if not found.certain:
        why = (_RESOURCE,) if found.on_resource else ()
        return ReplayVerdict(
            ReplayOutcome.NOT_KNOWN, tuple(_statement(at, policies) for at in found.turning), found.keys, why
        )
    if found.worst.decision == "Allowed":
        return ReplayVerdict(ReplayOutcome.ALLOWED)
    return ReplayVerdict(ReplayOutcome.DENIED, tuple(dict.fromkeys(_deniers(found, policies))))


def _deniers(found: PartlyKnown, policies: AskedPolicies) -> Iterator[DecidedBy]:
    """Yield what denies for certain."""
    for at in found.best.by:
        yield _statement(at, policies)
    for layer, level in found.best.not_allowed_by:
        sources = (source for place, source in policies.sources.items() if place[:2] == (layer, level))
        yield DecidedBy(layer, ", ".join(dict.fromkeys(sources)))


def _statement(at: StatementRef, policies: AskedPolicies) -> DecidedBy:
    source = policies.sources.get((at.layer, at.level, at.policy), "")
    return DecidedBy(at.layer, source, at.statement, at.sid)
