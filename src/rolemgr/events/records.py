"""
The events in a file: of a trail, of `aws cloudtrail lookup-events`, of Athena, of CloudWatch Logs, or JSON lines.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.events.tables import begins_table, table_rows
from rolemgr.files.inflate import pieces
from rolemgr.files.json import strict_json
from rolemgr.files.json_stream import json_values

_DEEPEST: Final = 6
_INSIDE: Final = (
    "CloudTrailEvent", "detail", "message", "@message", "Records", "Events", "events", "logEvents", "results",
)  # fmt: skip
"""Where an event, a list of them, or the text of one stands inside of something else."""
_BESIDE: Final = frozenset(
    {"NextToken", "nextToken", "ResponseMetadata", "statistics", "status", "queryLanguage", "searchedLogStreams"}
)
"""What an answer of AWS has beside its events."""
_MOST_IN_VAIN: Final = 100_000
"""After so many values in a row without an event a file is none of a trail: it may be made to take hours."""
_NO_FIELDS: Final[frozenset[str]] = frozenset()


class Record(NamedTuple):
    """An *event* as CloudTrail has it, at its place; *untold* are the fields of which its file tells nothing."""

    where: SourceLocation
    event: Mapping[str, Any]
    untold: frozenset[str] = _NO_FIELDS


class Unread(NamedTuple):
    """What of a file can't be read as an event, and why."""

    where: SourceLocation
    problem: str


def read_records(file: BinaryIO, name: str) -> Iterator[Record | Unread]:
    """Yield the events of *file*, which messages call *name*, and what of it can't be read; *file* is read once."""
    content = pieces(file)
    start, content = begins_table(content)
    if start:
        for row in table_rows(content):
            yield from _of_row(row.line, row.value, row.problem, row.untold, name)
        return
    found, in_vain = False, 0
    for piece in json_values(content):
        where = SourceLocation(name, piece.line)
        found, in_vain = True, in_vain + 1
        if in_vain > _MOST_IN_VAIN:
            yield Unread(where, f"{_MOST_IN_VAIN:,} values in a row hold no event, so the rest is not read")
            return
        if piece.problem:
            yield Unread(where, piece.problem)
            continue
        for one in _records(piece.value, where, _DEEPEST):
            in_vain = 0 if isinstance(one, Record) else in_vain
            yield one
    if not found:
        yield Unread(SourceLocation(name), "is empty")


def _of_row(
    line: int, value: Mapping[str, Any] | None, problem: str | None, untold: frozenset[str], name: str
) -> Iterator[Record | Unread]:
    where = SourceLocation(name, line)
    if value is None:
        yield Unread(where, problem or "is not an event")
    elif "eventName" in value:
        yield Record(where, value, untold)
    else:
        yield from _records(value, where, _DEEPEST)


def _records(data: Any, where: SourceLocation, depth: int) -> Iterator[Record | Unread]:
    if depth == 0:
        yield Unread(where, "has its event too deep inside")
    elif isinstance(data, dict):
        yield from _of_object(data, where, depth)
    elif isinstance(data, list):
        for one in [_result_row(data)] if _is_result(data) else data:
            yield from _records(one, where, depth - 1)
    elif isinstance(data, str):
        yield from _of_text(data, where, depth)
    else:
        yield Unread(where, "is not an event of CloudTrail")


def _of_object(data: dict[str, Any], where: SourceLocation, depth: int) -> Iterator[Record | Unread]:
    if isinstance(data.get("eventName"), str) and isinstance(data.get("eventSource"), str):
        yield Record(where, data)
        return
    inside = [data[key] for key in _INSIDE if key in data]
    for one in inside:
        yield from _records(one, where, depth - 1)
    if data.get("NextToken") or data.get("nextToken"):
        yield Unread(where, "the answer has more pages (NextToken), and they are not here")
    elif not inside and not data.keys() <= _BESIDE:
        yield Unread(where, "is not an event of CloudTrail")


def _of_text(text: str, where: SourceLocation, depth: int) -> Iterator[Record | Unread]:
    start = text.find("{")
    try:
        data = strict_json(text[start:] if start >= 0 else text)
    except (ValueError, RecursionError):
        yield Unread(where, "is not an event of CloudTrail")
        return
    yield from _records(data, where, depth - 1)


def _is_result(data: list[Any]) -> bool:
    """Tell whether *data* is a row of CloudWatch Logs Insights: fields with their values."""
    return bool(data) and all(isinstance(one, dict) and "field" in one and "value" in one for one in data)


def _result_row(data: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(one["field"]): one["value"] for one in data if one["field"] == "@message"}
