"""A length of time as users write it."""

import re
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(value: Any) -> int:
    """Return the duration *value* (``12h``, ``90m``, ``3600``) in seconds; raise ValueError for another form."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", str(value))
    if not found:
        raise ValueError(f"`{value}` is not a duration such as 3600, 90m or 12h")
    return int(found[1]) * _UNITS[found[2] or "s"]
