"""Lines of the page of a review: how wide it is, and entries that stand beside one another."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

WIDTH: Final = 80
INDENT: Final = 8
ROOM: Final = WIDTH - INDENT
"""How wide a line of a block is, behind the title of the block."""
_BETWEEN: Final = " · "
_ALONE: Final = "no limit: "
"""How an entry begins that has its lines for itself: what no limit reaches."""


def beside(entries: Sequence[str], most: int) -> list[str]:
    """Return *entries* one behind the other, as many as *most* lines hold, and how many are left out."""
    whole = _all_beside(entries)
    return whole if len(whole) <= most else _first_beside(entries, most)


def _all_beside(entries: Sequence[str]) -> list[str]:
    return _first_beside(entries, len(" ".join(entries)) + len(entries) + 1)


def _first_beside(entries: Sequence[str], most: int) -> list[str]:
    lines: list[str] = []
    for number, entry in enumerate(entries):
        alone = bool(lines) and entry.startswith(_ALONE)
        longer = " " * ROOM + entry if alone else f"{lines[-1]}{_BETWEEN}{entry}" if lines else entry
        more = [longer] if len(longer) <= ROOM else wrap(entry, ROOM, break_on_hyphens=False)
        kept = lines[:-1] if len(longer) <= ROOM else lines
        if len(kept) + len(more) > most - (number < len(entries) - 1 and len(longer) > ROOM):
            return [*lines[: most - 1], f"and {len(entries) - number} more: --full"]
        lines = [*kept, *more]
    return lines
