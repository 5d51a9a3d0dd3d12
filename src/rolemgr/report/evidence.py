"""How sure recorded calls make one: the window that they span, and what of them could not be read."""

from datetime import datetime
from typing import Final

from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.report.who_can import several

_LONG: Final = 90
_SHORT: Final = 30


def window(use: RoleCalls) -> str:
    """Say how many calls there were, and when."""
    span = f", {use.first} to {use.last}" if use.first else ""
    return f"{several(use.calls, 'recorded call')}{span} (CloudTrail)"


def confidence(use: RoleCalls) -> tuple[str, str]:
    """Return how sure "unused" is (``high``, ``medium``, ``low``), and why: as `tighten` does."""
    try:
        first, last = (datetime.fromisoformat(text) for text in (use.first, use.last))
    except ValueError:
        return "low", "the events do not tell their time"
    if use.unknown_operations or use.left_out:
        return "low", "some of the calls are of operations that nobody here knows, or too many"
    days = (last - first).days
    why = f"the calls span {several(days, 'day')}"
    return ("high" if days >= _LONG else "medium" if days >= _SHORT else "low"), why
