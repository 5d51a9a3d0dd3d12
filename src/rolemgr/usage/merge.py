"""What several files of a trail tell, added up in the order of the files: the same as if one had been read."""

from rolemgr.usage.recorded import MOST_UNREAD as MOST_UNREAD_OF_USE
from rolemgr.usage.recorded import RecordedUse
from rolemgr.usage.replay import MOST_CALLERS, MOST_EXAMPLES, MOST_ROWS, MOST_UNREAD, Replay, ReplayRow


def add_to(whole: Replay, part: Replay) -> bool:
    """
    Add *part*, of files that come after those of *whole*; tell whether that was possible.

    It is not where *part* left rows out: *whole* may have some of them. Then nothing is added.
    """
    if part.rows_left_out:
        return False
    for counts, more in (
        (whole.calls, part.calls), (whole.not_judged, part.not_judged),
        (whole.unknown_operations, part.unknown_operations),
    ):  # fmt: skip
        for name, count in more.items():
            counts[name] = counts.get(name, 0) + count
    for who, count in part.other_callers.items():
        if who in whole.other_callers or len(whole.other_callers) < MOST_CALLERS:
            whole.other_callers[who] = whole.other_callers.get(who, 0) + count
    _add_rows(whole, part)
    whole.unread += part.unread[: MOST_UNREAD - len(whole.unread)]
    whole.unread_count += part.unread_count
    whole.events += part.events
    whole.data_events += part.data_events
    whole.untold_categories += part.untold_categories
    whole.seen.add(part.seen)
    whole.requests_asked += part.requests_asked
    whole.first = min(filter(None, (whole.first, part.first)), default="")
    whole.last = max(whole.last, part.last)
    return True


def _add_rows(whole: Replay, part: Replay) -> None:
    for key, more in part.rows.items():
        row = whole.rows.get(key)
        if row is None and len(whole.rows) >= MOST_ROWS:
            whole.rows_left_out += more.count
            continue
        if row is None:
            row = whole.rows[key] = ReplayRow()
        _add_row(row, more)


def _add_row(row: ReplayRow, more: ReplayRow) -> None:
    """Add the calls of *more*; of its examples those whose resources *row* has not, as long as there is room."""
    row.count += more.count
    row.first = min(filter(None, (row.first, more.first)), default="")
    row.last = max(row.last, more.last)
    shown = {one.resource for one in row.examples}
    new = [one for one in more.examples if one.resource not in shown]
    row.examples += new[: MOST_EXAMPLES - len(row.examples)]


def add_use(whole: RecordedUse, part: RecordedUse) -> bool:
    """
    Add *part*, of files that come after those of *whole*; tell whether that was possible.

    It is not where *part* has more names than are kept: *whole* may have some of them. Then nothing is added.
    """
    if part.too_many_names:
        return False
    for key, one in part.requests.items():
        place = whole.room_for(key)
        whole.requests.setdefault(place, one)
        whole.counts[place] = whole.counts.get(place, 0) + part.counts[key]
    for counts, more in (
        (whole.principals, part.principals), (whole.unknown_operations, part.unknown_operations),
        (whole.unknown_callers, part.unknown_callers),
    ):  # fmt: skip
        for name, count in more.items():
            counts[name] = counts.get(name, 0) + count
    whole.seen.add(part.seen)
    whole.calls += part.calls
    whole.events += part.events
    whole.denied += part.denied
    whole.data_events += part.data_events
    whole.unread += part.unread[: MOST_UNREAD_OF_USE - len(whole.unread)]
    whole.unread_count += part.unread_count
    whole.first = min(filter(None, (whole.first, part.first)), default="")
    whole.last = max(whole.last, part.last)
    return True
