"""Lengths of time, and points in time, as users write them."""

import re
from datetime import UTC, datetime
from typing import Any

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(value: Any) -> int:
    """Return the duration *value* (``12h``, ``90m``, ``3600``) in seconds; raise ValueError for another form."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", str(value))
    if not found:
        raise ValueError(f"`{value}` is not a duration such as 3600, 90m or 12h")
    return int(found[1]) * _UNITS[found[2] or "s"]


def duration(length: int) -> str:
    """Return the *length* of a time in seconds as people say it: 24 h, 90 min, 45 s."""
    if length and length % 3600 == 0:
        return f"{length // 3600} h"
    return f"{length} s" if length % 60 or not length else f"{length // 60} min"


def is_over(until: str, now: datetime) -> bool:
    """Tell whether the moment *until*, as `moment` returns it, is not after *now*."""
    return until <= now.astimezone(UTC).strftime(_FORM)


def moment(value: str) -> str:
    """
    Return the point in time *value* in UTC, as `aws:CurrentTime` is compared: 2026-12-24T18:00:00Z.

    Raises ValueError for another form, and where the time zone is left out.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    try:
        found = datetime.fromisoformat(value)
        in_utc = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"`{value}` is not a point in time: write it as 2026-12-24T18:00Z") from None
    if found.tzinfo is None:
        raise ValueError(f"`{value}` has no time zone: write 2026-12-24T18:00Z, or +01:00 for Z")
    return in_utc.strftime(_FORM)
