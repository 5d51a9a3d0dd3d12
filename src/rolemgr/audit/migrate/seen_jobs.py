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
_ALSO: Final = {"Image": "ImageUri", "ImageURI": "ImageUri"}
"""Names of API parameters under which the table knows another one."""


class JobRequest(NamedTuple):
    """
    What a *role* needs by a call that passed it, or that it made: an *action* on a *resource*, a pattern.

    *tells* is the parameter of activity groups of which the resource is a value, where it is one.
    """

    role: str
    action: str
    resource: str
    tells: str = ""


def job_requests(call: RecordedCall) -> Iterator[JobRequest]:
    """
    Yield what the role that *call* passes needs for what it starts, and who makes it for what AWS does in its name.

    Nothing for a call that does neither.
    """
    operation = f"{call.source}.{call.name}"
    if call.parameters is None or (operation not in jobs()["starts"] and operation not in jobs()["as_caller"]):
        return
    arguments = _entries(call.parameters, _DEEPEST)
    made = CodeCall(call.where, call.name, (operation,), arguments, open=True)
    for one in requests_of(made, CodePlace(call.region, call.account or "*", call.partition)):
        if one.by == "job" and one.role:
            yield JobRequest(one.role, one.action, one.resource)
        elif operation in jobs()["as_caller"] and one.action.startswith("s3:") and call.principal.arn:
            yield JobRequest(call.principal.arn, one.action, one.resource, one.tells)


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
