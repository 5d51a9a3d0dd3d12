"""Where it is known from that something was not used: the source, over which time, how fine, and how sure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from rolemgr.usage.recorded import RecordedUse

_LONG: Final = 90
_SHORT: Final = 30


class Confidence(StrEnum):
    """How sure "not used" is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class UseSource(NamedTuple):
    """
    A *source* that tells what was used from *first* to *last*, at its *granularity*; how sure that is, and *why*.

    The times are as the source writes them, empty where it does not tell them.
    """

    source: str
    granularity: str
    first: str
    last: str
    confidence: Confidence
    why: str


def trail_source(use: RecordedUse) -> UseSource:
    """Return what a trail tells: its window is that of the role's calls in it."""
    level, why = _confidence(use)
    return UseSource("CloudTrail", "action and resource", use.first, use.last, level, why)


def _confidence(use: RecordedUse) -> tuple[Confidence, str]:
    return spanned(use.first, use.last, gaps(use))


def spanned(first: str, last: str, unknown: Sequence[str]) -> tuple[Confidence, str]:
    """Return how sure calls from *first* to *last* make one that the rest was not used, with what is *unknown*."""
    days = _days(first, last)
    if days is None:
        return Confidence.LOW, "the events do not tell their time"
    span = f"the calls span {days} day{'' if days == 1 else 's'}"
    if unknown:
        return Confidence.LOW, f"{span}, and {' and '.join(unknown)}"
    if days < _SHORT:
        return Confidence.LOW, span
    return (Confidence.HIGH if days >= _LONG else Confidence.MEDIUM), span


def gaps(use: RecordedUse) -> Sequence[str]:
    """Return what of a trail nobody here can tell: by it more may have been used."""
    unread = f"{use.unread_count:,} part{'' if use.unread_count == 1 else 's'} of the trail can't be read"
    count = sum(use.unknown_operations.values())
    what = "1 call is of an operation" if count == 1 else f"{count:,} calls are of operations"
    unknown = f"{what} that nobody here knows"
    callers = sum(use.unknown_callers.values())
    kinds = ", ".join(sorted(use.unknown_callers))
    who = f"of {callers:,} call{'' if callers == 1 else 's'} it can't be told whether the role made them ({kinds})"
    return [
        *([unread] if use.unread_count else []), *([unknown] if use.unknown_operations else []),
        *([who] if callers else []),
    ]  # fmt: skip


def _days(first: str, last: str) -> int | None:
    try:
        start, end = (datetime.fromisoformat(text) for text in (first, last))
        return (end - start).days
    except (ValueError, TypeError):  # a time without a zone beside one with it
        return None
