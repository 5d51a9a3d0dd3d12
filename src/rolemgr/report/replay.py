"""What a replay found, for people on a page and for programs in full."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rolemgr.errors import printable
from rolemgr.report.who_can import several
from rolemgr.usage.replay import (
    BREAKS,
    FAILS_ANYWAY,
    OPENS,
    PERHAPS_OPENS,
    STAYS,
    UNKNOWN,
    Replay,
    ReplayRow,
    ReplayRowKey,
    counted,
)
from rolemgr.usage.verdicts import DecidedBy

_WIDTH: Final = 100
_MOST_SHOWN: Final = 20
_MOST_UNREAD: Final = 5
_CHANGES: Final = {
    BREAKS: "denied", UNKNOWN: "not_known", OPENS: "newly_allowed", PERHAPS_OPENS: "perhaps_newly_allowed",
    FAILS_ANYWAY: "failed_and_denied",
}  # fmt: skip
_TITLES: Final = {
    BREAKS: "Went through when recorded, and would be denied",
    UNKNOWN: "Not known, as the events do not tell all",
    OPENS: "Were denied by a policy of this kind, and would be allowed",
    PERHAPS_OPENS: "Were denied, and may be allowed",
    FAILS_ANYWAY: "Failed for another reason when recorded, and would be denied",
}
NO_DATA_EVENTS: Final = (
    "the trail has no data events: reads and writes of S3 objects, calls of endpoints and the like are not in it"
)

UNTOLD_DATA_EVENTS: Final = (
    "the trail does not tell which events are data events (eventCategory, managementEvent): whether reads and writes "
    "of S3 objects, calls of endpoints and the like are all in it, nobody knows"
)


def replay_data(found: Replay) -> dict[str, Any]:
    """Return *found* for ``--format json``: counts of calls, then rows of calls that are alike, the most first."""
    return {
        "summary": {
            "events": found.events, "judged": found.judged, "unchanged": found.calls.get(STAYS, 0),
            **{name: found.calls.get(change, 0) for change, name in _CHANGES.items()},
            "not_judged": sum(found.not_judged.values()) + sum(found.unknown_operations.values()),
            "unread": found.unread_count, "data_events": found.data_events,
            "repeated": found.seen.repeated,
            "first": found.first or None, "last": found.last or None,
        },
        **{name: [_row_data(key, row) for key, row in found.of(change)] for change, name in _CHANGES.items()},
        "rows_left_out": found.rows_left_out,
        "not_judged": [{"reason": reason, "events": count} for reason, count in counted(found.not_judged)],
        "unknown_operations": [
            {"operation": name, "events": count} for name, count in counted(found.unknown_operations)
        ],
        "unread": [
            {"path": one.where.file, "line": one.where.line, "reason": one.problem} for one in found.unread
        ],
        "notes": list(notes(found)),
    }  # fmt: skip


def _row_data(key: ReplayRowKey, row: ReplayRow) -> dict[str, Any]:
    return {
        "principal": key.principal, "action": key.action, "requests": row.count, "by": list(map(_by_data, key.by)),
        "keys": list(key.keys), "why": list(key.why), "first": row.first or None, "last": row.last or None,
        "examples": [
            {"resource": one.resource, "path": one.where.file, "line": one.where.line, "time": one.time or None}
            for one in row.examples
        ],
    }  # fmt: skip


def _by_data(one: DecidedBy) -> dict[str, Any]:
    return {"layer": one.layer.value, "source": one.source, "statement": one.place, "sid": one.sid}


def notes(found: Replay) -> Iterator[str]:
    """Yield what limits what the replay can say."""
    if not found.data_events:
        yield UNTOLD_DATA_EVENTS if found.untold_categories else NO_DATA_EVENTS
    if again := found.seen.note():
        yield again
    if found.rows_left_out:
        yield f"{several(found.rows_left_out, 'request')} more that differ from all that is shown: too many to list"


def replay_text(found: Replay) -> str:
    """Return *found* as a page: a summary, then what would be denied, what is not known, what opens."""
    lines = [*_summary(found), ""]
    for change in _CHANGES:
        lines += _section(change, found.of(change))
    lines += _aside(found)
    for note in notes(found):
        lines += textwrap.wrap(note, _WIDTH)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _summary(found: Replay) -> Iterator[str]:
    window = f", {found.first} to {found.last}" if found.first else ""
    yield f"{several(found.judged, 'call')} of {several(found.events, 'event')} replayed{window}"
    for change in (BREAKS, UNKNOWN, OPENS, PERHAPS_OPENS, FAILS_ANYWAY, STAYS):
        if change in (BREAKS, UNKNOWN, STAYS) or found.calls.get(change):
            yield f"{found.calls.get(change, 0):>12,}  {'unchanged' if change == STAYS else change}"


def _section(change: str, rows: Sequence[tuple[ReplayRowKey, ReplayRow]]) -> Iterator[str]:
    if not rows:
        return
    yield f"{_TITLES[change]}:"
    for key, row in rows[:_MOST_SHOWN]:
        yield f"{row.count:>8,}  {key.action}  {key.principal}"
        for text in _reasons(key):
            yield from textwrap.wrap(
                text, _WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 12, break_long_words=False,
                break_on_hyphens=False,
            )  # fmt: skip
        for one in row.examples[:1]:
            yield f"          on {one.resource} ({one.where})"
    if len(rows) > _MOST_SHOWN:
        yield f"          {several(len(rows) - _MOST_SHOWN, 'more row')}: --format json"
    yield ""


def _reasons(key: ReplayRowKey) -> Iterator[str]:
    if key.change == UNKNOWN or (key.keys and key.change == PERHAPS_OPENS):
        if key.keys:
            yield f"the events do not tell {', '.join(key.keys)}"
        yield from key.why
        if key.by:
            yield f"that decides {'; '.join(map(str, key.by))}"
        return
    if key.by:
        yield f"by {'; '.join(map(str, key.by))}"
    yield from key.why


def _aside(found: Replay) -> Iterator[str]:
    """Yield what was not judged or read, the first few of each."""
    for reason, count in counted(found.not_judged):
        yield f"Not judged: {several(count, 'event')}: {reason}"
    if found.unknown_operations:
        names = counted(found.unknown_operations)
        shown = ", ".join(f"{name} ({count:,})" for name, count in names[:_MOST_UNREAD])
        more = f" and {len(names) - _MOST_UNREAD} more" if len(names) > _MOST_UNREAD else ""
        yield from textwrap.wrap(f"Not judged, as nobody here knows the operation: {shown}{more}", _WIDTH)
    if found.unread_count:
        yield f"Not read: {several(found.unread_count, 'place')}"
    for one in found.unread[:_MOST_UNREAD]:
        yield f"  {one.where}: {one.problem}"


def fails(found: Replay, on: Sequence[str]) -> bool:
    """Tell whether *found* has any of what the check fails *on*."""
    if "never" in on:
        return False
    has = {
        "denied": found.calls.get(BREAKS, 0),
        "not-known": found.calls.get(UNKNOWN, 0),
        "newly-allowed": found.calls.get(OPENS, 0) + found.calls.get(PERHAPS_OPENS, 0),
        "not-judged": sum(found.not_judged.values()) + sum(found.unknown_operations.values()) + found.unread_count,
    }
    return any(has[name] for name in on)
