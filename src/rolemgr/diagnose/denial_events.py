"""
What AWS writes about a denied call as JSON: CloudTrail's events, and a decoded authorization message.

A CloudTrail event comes alone, in a log file (`Records`), as `aws cloudtrail lookup-events` prints it (text inside
of JSON) or as a line of CloudWatch Logs. It knows more than the message: the region, the network, the role behind a
session and the parameters of the call, which are condition keys.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rolemgr.diagnose.denial_message import DecodedStatement
from rolemgr.errors import SourceLocation
from rolemgr.events.call import RecordedCall, call_of
from rolemgr.events.records import Record
from rolemgr.events.requests import known_of_call
from rolemgr.files.json import strict_json

_DEEPEST = 8
_EVENTS = ("Records", "Events", "CloudTrailEvent", "@message", "message", "DecodedMessage")
"""Where an event, a list of them, or the text of one stands inside of something else."""


class Event(NamedTuple):
    """A denied call: its fields as CloudTrail has them, the *known* condition keys, and how many *others* are there."""

    code: str
    message: str
    operation: str | None
    service: str
    principal: str | None
    resource: str | None
    known: Mapping[str, tuple[str, ...]]
    action: str | None = None
    explicit: bool | None = None
    others: int = 0
    statements: tuple[DecodedStatement, ...] = ()


def read_event(text: str) -> Event | None:
    """Return the first denied call that the JSON *text* has, or None where it is no JSON or has none."""
    data = _json(text)
    if data is None:
        return None
    found = [event for event in _records(data, _DEEPEST) if event is not None]
    denied = [event for event in found if _is_denial(event.code)] or found
    return denied[0]._replace(others=len(denied) - 1) if denied else None


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return strict_json(text)
    except (ValueError, RecursionError):
        return None  # a message may begin with a brace: it is then read as text


def _is_denial(code: str) -> bool:
    folded = code.lower()
    return "denied" in folded or "unauthorized" in folded or "forbidden" in folded


def _records(data: Any, depth: int) -> Iterator[Event | None]:
    if depth == 0:
        return
    if isinstance(data, str):
        yield from _records(_json(data), depth - 1)
    elif isinstance(data, list):
        for one in data:
            yield from _records(one, depth - 1)
    elif isinstance(data, dict):
        yield from _of_object(data, depth)


def _of_object(data: Mapping[str, Any], depth: int) -> Iterator[Event | None]:
    if isinstance(data.get("errorCode"), str):
        yield _event(data)
    elif isinstance(data.get("context"), dict) and "allowed" in data:
        yield _decoded(data)
    else:
        for name in _EVENTS:
            yield from _records(data.get(name), depth - 1)


def _event(event: Mapping[str, Any]) -> Event:
    identity = _object(event, "userIdentity")
    call = call_of(Record(_NOWHERE, event))
    return Event(
        code=event["errorCode"],
        message=_text(event, "errorMessage") or "",
        operation=_text(event, "eventName"),
        service=(_text(event, "eventSource") or "").partition(".")[0],
        principal=_text(identity, "arn") or _text(identity, "invokedBy"),
        resource=_resource(event),
        known=known_of_call(call) if isinstance(call, RecordedCall) else {},
    )


_NOWHERE = SourceLocation("MESSAGE")


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _text(data: Mapping[str, Any], name: str) -> str | None:
    found = data.get(name)
    return found if isinstance(found, str) and found else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _resource(event: Mapping[str, Any]) -> str | None:
    """Return the longest ARN of the event's resources: CloudTrail lists a bucket before or after its object."""
    arns = [_text(one, "ARN") for one in _listed(event.get("resources")) if isinstance(one, dict)]
    return max((arn for arn in arns if arn), key=len, default=None)


def _decoded(data: Mapping[str, Any]) -> Event:
    """Return what `aws sts decode-authorization-message` says."""
    context, explicit = _object(data, "context"), data.get("explicitDeny")
    known: dict[str, tuple[str, tuple[str, ...]]] = {}
    for one in _items(context, "conditions"):
        key, values = (
            _text(one, "key") or "",
            tuple(filter(None, (_text(each, "value") for each in _items(one, "values")))),
        )
        if ":" in key and values:
            known[key.lower()] = (key, values)
    return Event(
        code="UnauthorizedOperation",
        message="You are not authorized to perform this operation.",
        operation=None,
        service="",
        principal=_text(_object(context, "principal"), "arn"),
        resource=_text(context, "resource"),
        known=dict(known.values()),
        action=_text(context, "action"),
        explicit=explicit if isinstance(explicit, bool) else None,
        statements=tuple(map(_named, _items(data, "matchedStatements"))),
    )


def _named(one: Mapping[str, Any]) -> DecodedStatement:
    """Return the statement *one* of those that matched."""
    keys = tuple(filter(None, (_text(each, "key") for each in _items(one, "conditions"))))
    denies = (_text(one, "effect") or "").upper() == "DENY"
    return DecodedStatement(
        _text(one, "statementId") or "", denies, _values(one, "actions"), _values(one, "resources"), keys
    )


def _values(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(filter(None, (_text(each, "value") for each in _items(data, name))))


def _items(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects that AWS lists as `{"items": [...]}` under *name*."""
    return [one for one in _listed(_object(data, name).get("items")) if isinstance(one, dict)]
