"""
The requests behind a recorded call: what AWS asked its policies, of which CloudTrail shows one event.

A call may take several actions, each on several resources; the role that it passes and the tags that it sets are
requests of their own (`iam:PassRole`, `sagemaker:AddTags`) and no events.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from rolemgr.events.actions import actions_of, of_version, prefixes_of
from rolemgr.events.call import RecordedCall, object_in, text_in
from rolemgr.events.context import ABSENT, Told, key_of_call, keys_to_ask
from rolemgr.events.facts import facts
from rolemgr.events.resources import ANY, AskedResource, is_hidden, resources_of, texts_at, trail_name
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.reference.dependents import dependents

PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - an action
_NOTHING: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


class RecordedRequest(NamedTuple):
    """
    A request of a *call*: an *action* on a *resource*, which may be open.

    *given* are condition keys, in lower case, that this request has whatever the call's parameters say; *operation* is
    the name under which facts know the call.
    """

    call: RecordedCall
    action: str
    resource: AskedResource
    operation: str
    given: Mapping[str, tuple[str, ...]] = _NOTHING

    def told(self, key: str) -> Told:
        """Return the values of the lower-case condition *key*, none where it had none; None where nobody tells."""
        if key in self.given:
            return self.given[key]
        if key in ("aws:resourceaccount", "s3:resourceaccount"):
            account = self.resource_account
            return (account,) if account else None
        if self.action == PASS_ROLE and not key.startswith("aws:"):
            return None
        return key_of_call(self.call, key, self.action, self.operation)

    @property
    def resource_account(self) -> str | None:
        """The account that the resource is in, where its ARN or the event says so."""
        arn = Arn.parse(self.resource.spellings[0])
        if arn and ACCOUNT_ID.fullmatch(arn.account):
            return arn.account
        if arn and arn.service == "s3":
            return _bucket_account(self.call, arn)
        return None


def _bucket_account(call: RecordedCall, arn: Arn) -> str | None:
    """Return the account that the event says the bucket of *arn* is in."""
    bucket = arn.resource.partition("/")[0]
    listed = call.event.get("resources")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and text_in(one, "ARN") == f"arn:{arn.partition}:s3:::{bucket}":
            found = text_in(one, "accountId")
            return found if found and ACCOUNT_ID.fullmatch(found) else None
    return None


def requests_of(call: RecordedCall) -> tuple[RecordedRequest, ...]:
    """Return the requests of *call*; none where nobody here knows the operation."""
    named = text_in(object_in(call.event, "additionalEventData"), "service")
    actions = actions_of(call.source, call.name, named)
    if not actions:
        return ()
    operation = actions[0].partition(":")[2] if _is_dated(call) else call.name
    found = []
    for action in actions:
        asked = of_version(action, call.parameters) if call.source == "s3" else action
        found += [RecordedRequest(call, asked, one, operation) for one in resources_of(call, asked)]
    found += _tagging(call, actions[0], found)
    found += _passing(call, actions[0], operation)
    return tuple(found)


def known_of_call(call: RecordedCall) -> Mapping[str, tuple[str, ...]]:
    """Return the condition keys, as spelled, that *call* is known to have in its request for the operation's action."""
    requests = requests_of(call)
    operation = requests[0].operation if requests else call.name
    action = requests[0].action if requests else f"{call.source}:{call.name}"
    asked = requests[0] if requests else RecordedRequest(call, action, ANY, operation)
    found = {key: asked.told(key.lower()) for key in keys_to_ask(call, action)}
    return {key: values for key, values in found.items() if values}


def _is_dated(call: RecordedCall) -> bool:
    return not set(prefixes_of(call.source)).isdisjoint(facts("actions")["dated"]["services"])


def _tagging(call: RecordedCall, action: str, found: Sequence[RecordedRequest]) -> Iterator[RecordedRequest]:
    """Yield the requests for the tags that come along with what is created: on the resource itself."""
    if not any(one.when == "tags" for one in dependents(action)) or not found:
        return
    tags = (call.parameters or {}).get("tags")
    if call.parameters is not None and not tags:
        return
    given = {"sagemaker:taggingaction": (call.name,)}
    yield RecordedRequest(call, "sagemaker:AddTags", found[0].resource, call.name, given)


class _Pass(NamedTuple):
    """A parameter, as a *path*, with a role that is passed to a *service*; *always* says that a call needs one."""

    path: tuple[str, ...]
    service: str
    always: bool


@lru_cache(maxsize=1 << 12)
def _passes(action: str) -> tuple[_Pass, ...]:
    found = [
        _Pass(_path(one.field), one.passed_to, one.when == "always")
        for one in dependents(action)
        if one.action == PASS_ROLE and one.field and one.passed_to
    ]
    found += [_Pass(_path(field), service, False) for field, service in _others().get(action, {}).items()]
    return tuple(found)


@cache
def _others() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = facts("passes")["calls"]
    return found


def _path(field: str) -> tuple[str, ...]:
    return tuple(trail_name(step.removesuffix("[]")) for step in field.split("."))


def _passing(call: RecordedCall, action: str, operation: str) -> Iterator[RecordedRequest]:
    """Yield the requests to pass the roles that the parameters name, or may name where nobody tells."""
    passes = _passes(action)
    if call.parameters is None:
        if always := [one for one in passes if one.always]:
            yield _pass_of(call, None, always[0].service, operation)
        return
    for one in passes:
        for role in dict.fromkeys(texts_at(call.parameters, one.path)):
            yield _pass_of(call, role, one.service, operation)


def _pass_of(call: RecordedCall, role: str | None, service: str, operation: str) -> RecordedRequest:
    """Return the request to pass *role*, an ARN; open where that is none, or not told."""
    resource = AskedResource((f"arn:{call.partition}:iam::{call.account or '*'}:role/*",), is_open=True)
    if role and role.startswith("arn:") and not is_hidden(role):
        resource = AskedResource((role,))
    given = {"iam:passedtoservice": (service,), "aws:tagkeys": ABSENT}
    return RecordedRequest(call, PASS_ROLE, resource, operation, given)
