"""
What a role needs for the jobs and models that recorded calls gave it: of that no event tells with its name.

A job reads and writes where its parameters say, pulls an image and writes logs. It is the same table that tells of
Python code what jobs need (`rolemgr.code.requests`).
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.code.reading import CodeCall
from rolemgr.code.requests import CodePlace, jobs, requests_of
from rolemgr.code.values import ListValue, MappingValue, PlainValue, TextValue, Value
from rolemgr.events.call import RecordedCall

_DEEPEST: Final = 20
_LOGS: Final = "log-group:/aws/sagemaker/*"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html"""
_ALSO: Final = {"Image": "ImageUri", "ImageURI": "ImageUri"}
"""Names of API parameters under which the table knows another one."""


class JobRequest(NamedTuple):
    """What the *role* that a call passed needs: an *action* on a *resource*, a pattern."""

    role: str
    action: str
    resource: str


def job_requests(call: RecordedCall) -> Iterator[JobRequest]:
    """Yield what the role that *call* passes needs for what it starts; nothing where it starts nothing."""
    operation = f"{call.source}.{call.name}"
    if call.parameters is None or operation not in jobs()["starts"]:
        return
    arguments = _entries(call.parameters, _DEEPEST)
    made = CodeCall(call.where, call.name, (operation,), arguments, open=True)
    for one in requests_of(made, CodePlace(call.region, call.account or "*", call.partition)):
        if one.by == "job" and one.role:
            resource = one.resource
            if one.action.startswith("logs:"):
                resource = f"arn:{call.partition}:logs:{call.region}:{call.account or '*'}:{_LOGS}"
            yield JobRequest(one.role, one.action, resource)


def _entries(data: Mapping[str, Any], depth: int) -> dict[str, Value]:
    """Return the parameters *data* by the names that the API has: a trail writes them with a small letter."""
    found = {}
    for name, value in data.items():
        spelled = f"{name[:1].upper()}{name[1:]}"
        found[_ALSO.get(spelled, spelled)] = _value(value, depth)
    return found


def _value(data: Any, depth: int) -> Value:
    if depth <= 0:
        return PlainValue(None)
    if isinstance(data, str):
        return TextValue(data)
    if isinstance(data, Mapping):
        return MappingValue(_entries(data, depth - 1))
    if isinstance(data, Sequence):
        return ListValue([_value(one, depth - 1) for one in data])
    return PlainValue(data if isinstance(data, bool | int | float) else None)
