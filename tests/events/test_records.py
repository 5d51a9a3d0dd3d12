"""Files with events, of every form that AWS gives them: the same events, and what is broken with its line."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable

import pytest
from tests.events.support import event, log_file, read, session

from rolemgr.events.call import CallEnding, RecordedCall, call_of
from rolemgr.events.records import Record, Unread, read_records
from rolemgr.events.requests import requests_of

EVENTS = [event("CreateModel", {"modelName": "a"}), event("DeleteModel", {"modelName": "b, c=d"}, errorCode="X")]


def _lookup() -> bytes:
    return json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(one)} for one in EVENTS]}).encode()


def _insights() -> bytes:
    rows = [[{"field": "@message", "value": json.dumps(one)}, {"field": "@ptr", "value": "x"}] for one in EVENTS]
    return json.dumps({"results": rows, "status": "Complete", "statistics": {}}).encode()


def _insights_csv() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([["@timestamp", "@message"], *(["2026", json.dumps(one)] for one in EVENTS)])
    return text.getvalue().encode()


FORMS: dict[str, bytes] = {
    "a file of a trail": log_file(*EVENTS),
    "printed over many lines": json.dumps({"Records": EVENTS}, indent=2).encode(),
    "lookup-events": _lookup(),
    "lines of JSON": "\n".join(map(json.dumps, EVENTS)).encode(),
    "a list": json.dumps(EVENTS).encode(),
    "filter-log-events": json.dumps({"events": [{"message": json.dumps(one)} for one in EVENTS]}).encode(),
    "an export of CloudWatch Logs": gzip.compress(
        "".join(f"2026-11-02T08:00:00.000Z {json.dumps(one)}\n" for one in EVENTS).encode()
    ),
    "Logs Insights": _insights(),
    "a table of Logs Insights": _insights_csv(),
    "EventBridge": "\n".join(json.dumps({"detail-type": "x", "detail": one}) for one in EVENTS).encode(),
    "several gzip members": gzip.compress(json.dumps(EVENTS[0]).encode() + b"\n")
    + gzip.compress(json.dumps(EVENTS[1]).encode()),
}


PRINTED: dict[str, object] = {
    "a trail": {"Records": EVENTS},
    "a list": EVENTS,
    "lookup-events": {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(one)} for one in EVENTS], "NextToken": None},
    "filter-log-events": {"events": [{"message": json.dumps(one)} for one in EVENTS], "searchedLogStreams": []},
    "Logs Insights": json.loads(_insights()),
}  # fmt: skip


@pytest.mark.parametrize("data", PRINTED.values(), ids=PRINTED.keys())
def test_an_event_stands_at_its_own_line(data: object) -> None:
    """Also in a small file that somebody printed over many lines."""
    text = json.dumps(data, indent=2)
    records = [one for one in read(text.encode()) if isinstance(one, Record)]
    assert [one.event for one in records] == EVENTS
    first, second = (
        next(number for number, line in enumerate(text.splitlines(), 1) if name in line)
        for name in ("CreateModel", "DeleteModel")
    )
    assert 1 < records[0].where.line <= first < records[1].where.line <= second  # type: ignore[operator]


@pytest.mark.parametrize("text", ['{\n"Records": []\n}', "[\n]", '{\n"Events": [],\n"NextToken": "x"\n}'])
def test_an_answer_over_several_lines_without_events_is_as_one_on_a_line(text: str) -> None:
    """It is read, and holds none."""
    found, flat = (read(one.encode()) for one in (text, text.replace("\n", "")))
    assert [(type(one), getattr(one, "problem", None)) for one in found] == [
        (type(one), getattr(one, "problem", None)) for one in flat
    ]


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS.keys())
def test_each_form_has_the_same_events(content: bytes) -> None:
    """And nothing of it is said to be unread."""
    found = read(content)
    assert [one.event for one in found if isinstance(one, Record)] == EVENTS
    assert [one for one in found if isinstance(one, Unread)] == []


ATHENA = (
    "eventversion,useridentity,eventtime,eventsource,eventname,awsregion,requestparameters,errorcode,resources\n"
    '1.11,"{type=AssumedRole, principalid=AROA:ana, arn=arn:aws:sts::111122223333:assumed-role/ds/a=b, accountid=111122223333,'
    " invokedby=null, sessioncontext={attributes={mfaauthenticated=false, creationdate=2026-11-02T07:00:00Z},"
    " sessionissuer={type=Role, principalid=AROA, arn=arn:aws:iam::111122223333:role/team/ds, accountid=111122223333,"
    ' username=ds}}}",2026-11-02T08:00:00Z,s3.amazonaws.com,GetObject,eu-west-1,"{""bucketName"":""b"",""key"":""a, b=c""}",,'
    '"[{arn=arn:aws:s3:::b, accountid=444455556666, type=AWS::S3::Bucket}]"\n'
)


def test_athenas_table_is_read_with_its_structures() -> None:
    """The identity with the role behind the session, the parameters, the resources; a column that is not there."""
    (record,) = read(ATHENA.encode())
    assert isinstance(record, Record)
    made = call_of(record)
    assert isinstance(made, RecordedCall)
    assert made.principal.arn == "arn:aws:iam::111122223333:role/team/ds"
    assert made.parameters == {"bucketName": "b", "key": "a, b=c"}
    assert made.event["resources"] == [
        {"ARN": "arn:aws:s3:::b", "accountId": "444455556666", "type": "AWS::S3::Bucket"}
    ]
    assert made.ending is CallEnding.SUCCEEDED
    assert "vpcEndpointId" in made.untold


def test_a_table_without_error_codes_does_not_tell_how_calls_ended() -> None:
    """It is not taken for success."""
    rows = [[cell for place, cell in enumerate(row) if place != 7] for row in csv.reader(io.StringIO(ATHENA))]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    (record,) = read(text.getvalue().encode())
    assert isinstance(record, Record)
    made = call_of(record)
    assert isinstance(made, RecordedCall)
    assert made.ending is CallEnding.UNTOLD


BROKEN: dict[str, tuple[bytes, int, int]] = {
    "a line in the middle": (b"\n".join([json.dumps(EVENTS[0]).encode(), b'{"a": ', json.dumps(EVENTS[1]).encode()]), 2, 2),
    "words": (json.dumps(EVENTS[0]).encode() + b"\nhello\n" + json.dumps(EVENTS[1]).encode(), 2, 2),
    "a list that ends too early": (json.dumps({"Records": EVENTS}, indent=1).encode()[:-40], 1, 0),
    "half a gzip file": (log_file(*EVENTS)[:-30], 1, 0),
    "not UTF-8": (json.dumps(EVENTS[0]).encode() + b'\n{"eventName": "\xff", "eventSource": "x"}\n', 1, 2),
    "half a surrogate pair": (b'{"eventName": "\\ud800", "eventSource": "x"}', 0, 1),
    "no event": (b'{"Statement": []}', 0, 1),
    "nothing": (b"", 0, 0),
    "too deep": (b"[" * 100_000, 0, 1),
    "a table with a short row": (ATHENA.encode() + b"1.11,x\n", 1, 3),
}  # fmt: skip


@pytest.mark.parametrize(("content", "events", "line"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_said_with_its_line(content: bytes, events: int, line: int) -> None:
    """And what can be read of the file is."""
    found = read(content)
    assert len([one for one in found if isinstance(one, Record)]) == events
    unread = [one for one in found if isinstance(one, Unread)]
    assert len(unread) == 1
    assert line in (0, unread[0].where.line)


def test_more_pages_are_said() -> None:
    """An answer that AWS has cut off is not all there is."""
    content = json.dumps({"Events": [{"CloudTrailEvent": json.dumps(EVENTS[0])}], "NextToken": "x"}).encode()
    found = read(content)
    assert [type(one) for one in found] == [Record, Unread]


def _many(count: int) -> bytes:
    one = json.dumps(event("CreateModel", {"modelName": "x" * 200}))
    return gzip.compress(b'{"Records": [' + b",".join([one.encode()] * count) + b"]}")


def _lines(count: int) -> bytes:
    one = json.dumps(event("CreateModel", {"modelName": "x" * 200}))
    return gzip.compress(b"\n".join([one.encode()] * count))


@pytest.mark.parametrize("form", [_many, _lines])
def test_memory_does_not_grow_with_the_file(form: Callable[[int], bytes]) -> None:
    """A list of many events is read one by one, however long it is."""
    content = form(6_000)
    tracemalloc.start()
    count = sum(1 for _ in read_records(io.BytesIO(content), "x"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6_000
    assert peak < 10 << 20


def test_a_bomb_is_not_read_to_its_end() -> None:
    """What expands a thousandfold is no file of events."""
    found = read(gzip.compress(b" " * (70 << 20), 9))
    assert next(one.problem for one in found if isinstance(one, Unread)).startswith("expands to more than")


def test_values_without_end_that_are_no_event_are_given_up() -> None:
    """Also such as hold nothing, and only where they are in a row: said once, and not read for hours."""
    last = read(b'{"Records":[' + b"[]," * 400_000 + b"1]}")
    assert [one.problem for one in last if isinstance(one, Unread)] == [
        "100,000 values in a row hold no event, so the rest is not read"
    ]
    mixed = b"[]," * 60_000 + json.dumps(event("ListModels")).encode() + b","
    found = read(b'{"Records":[' + mixed * 8 + b"[]]}")
    assert [type(one) for one in found] == [Record] * 8


@pytest.mark.parametrize("field", [*event("ListModels"), "errorCode", "errorMessage", "resources", "eventCategory"])
@pytest.mark.parametrize("value", [1, True, [], [[]], {}, {"a": {"b": 1}}, [{"ARN": 5}], "x"])
def test_a_field_of_another_type_is_no_error(field: str, value: object) -> None:
    """Whoever can write a trail could else stop all of its replay: the call is read, or it is said why not."""
    (record,) = read(json.dumps([event("ListModels") | {field: value}]).encode())
    found = call_of(record) if isinstance(record, Record) else record.problem
    assert isinstance(found, str) or isinstance(requests_of(found), tuple)
    if field == "errorCode" and value and isinstance(found, RecordedCall):
        assert found.ending is (CallEnding.FAILED if value == "x" else CallEnding.UNTOLD)


def test_an_event_across_the_pieces_of_a_file_is_one() -> None:
    """Whatever is read at once: events of any size, wherever a piece ends."""
    events = [event("CreateModel", {"modelName": "é" * size}, userIdentity=session()) for size in range(1, 900, 60)]
    for content in (json.dumps({"Records": events}, ensure_ascii=False), "\n".join(map(json.dumps, events))):
        for piece in (1, 7, 64, 4096):
            file = _Slow(content.encode(), piece * 37)
            found = [one.event for one in read_records(file, "x") if isinstance(one, Record)]
            assert found == events


class _Slow(io.BytesIO):
    """A file that gives a few bytes at once."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        """Return the next few bytes."""
        return super().read(min(size or self._most, self._most))
