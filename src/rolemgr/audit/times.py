"""The moments at which a request is asked, and the condition keys that tell the time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from rolemgr.audit.contexts import Choice
from rolemgr.evaluate.policies import ActionStatements

_TIMES: Final = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")
"""What every request carries of the time; the third one only of a session."""
_MOST_TIMES: Final = 4


def time_keys(moment: str, asked: frozenset[str], *, is_session: bool) -> dict[str, tuple[str, ...]]:
    """Return the keys of the time that are *asked* about, at the *moment*, ISO 8601."""
    seconds = str(int(datetime.fromisoformat(moment).timestamp())) if "aws:epochtime" in asked else ""
    values = dict(zip(_TIMES, ((moment,), (seconds,), (moment,) if is_session else ()), strict=True))
    return {key: values[key] for key in _TIMES if key in asked}


def moments(about: Iterable[ActionStatements], asked: frozenset[str], now: str, choice: Choice) -> Iterator[str]:
    """
    Yield *now*, and where *choice* leaves when it is asked to the caller, moments to come of which conditions speak.

    Who may from tomorrow on needs to wait, and nothing else.
    """
    yield now
    if choice is Choice.NONE or asked.isdisjoint(_TIMES):
        return
    values = (
        value
        for group in about for _, one in group.statements for condition in one.conditions
        if condition.folded_key in _TIMES
        for value in condition.values
    )  # fmt: skip
    later = sorted({day for value in values if (day := _moment_after(value)) and day > now})
    yield from later[:_MOST_TIMES]


def _moment_after(text: str) -> str | None:
    """Return the second after *text*, a date or seconds since 1970; None where it is neither."""
    try:
        numeric = text.lstrip("-").isdigit() and len(text) > len("2001")
        at = datetime.fromtimestamp(int(text), UTC) if numeric else datetime.fromisoformat(text)
        return (at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) + timedelta(seconds=1)).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
    except (ValueError, OverflowError, OSError):
        return None
