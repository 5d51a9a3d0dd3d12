"""How sure recorded calls make one: the window that they span, and what of them could not be read."""

from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.report.who_can import several
from rolemgr.usage.evidence import spanned


def window(use: RoleCalls) -> str:
    """Say how many calls there were, and when."""
    span = f", {use.first} to {use.last}" if use.first else ""
    return f"{several(use.calls, 'recorded call')}{span} (CloudTrail)"


def confidence(use: RoleCalls) -> tuple[str, str]:
    """Return how sure "unused" is (``high``, ``medium``, ``low``), and why: as `tighten` does."""
    unknown = ["some of the calls are of operations that nobody here knows"] if use.unknown_operations else []
    unknown += ["there are more different requests than are kept"] if use.left_out else []
    level, why = spanned(use.first, use.last, unknown)
    return level.value, why
