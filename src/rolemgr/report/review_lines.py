"""The page of a review as lines: how wide it is, blocks and the room that they have, entries beside one another."""

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import Final, NamedTuple

WIDTH: Final = 80
INDENT: Final = 8
ROOM: Final = WIDTH - INDENT
"""How wide a line of a block is, behind the title of the block."""
_BETWEEN: Final = " · "
_ALONE: Final = "no limit: "
"""How an entry begins that has its lines for itself: what no limit reaches."""


class Block(NamedTuple):
    """A part of the page: its *title*, what stands in it, and how many lines it may have."""

    title: str
    entries: tuple[str, ...]
    most: int
    running: bool = False
    """Whether the entries stand beside one another, as words do, and not each on a line."""


_ROOM: Final = 53
"""How many lines the blocks have: a page without its head, its foot and what is blank."""
_IN_NEED: Final = ("LIMITS", "RUNS", "CAN", "WRITES", "CANNOT", "READS", "SET", "SIZE")
"""Which blocks get lines that are left first; they give lines up, where all are too many, from the last on."""
_LEAST: Final = {"RUNS": 5, "CAN": 3, "CANNOT": 4, "WRITES": 4, "READS": 4, "LIMITS": 12}
"""How many lines a block keeps while others have some to give: which limits hold is what a reviewer looks for."""
_HARDLY: Final = {"RUNS": 4, "CAN": 2, "CANNOT": 3, "WRITES": 3, "READS": 3, "LIMITS": 2}
"""How many it keeps before what deserves a second look gives up any."""
_CUT: Final = frozenset({"WRITES", "READS"})
"""Blocks whose last entry may be cut off: better than none."""


def with_room(blocks: Sequence[Block], taken: int = 0) -> list[Block]:
    """
    Return *blocks* with the lines that some leave empty given to those that leave entries out, in that order.

    *taken* lines of the page are something else's. What deserves a second look gives up its lines last.
    """
    roomy = {block.title: block for block in blocks}
    spare = _ROOM - taken - sum(len(lines_of(block)) for block in blocks)
    if spare >= 0:
        for title in (one for one in _IN_NEED if one in roomy):
            spare = _resized(roomy, title, spare, roomy[title].most)
        return list(roomy.values())
    for least in (_LEAST, _HARDLY):
        for title in (one for one in reversed(_IN_NEED) if one in roomy and spare < 0):
            spare = _resized(roomy, title, spare, least.get(title, 1))
    if "LOOK" in roomy and spare < 0:
        _resized(roomy, "LOOK", spare, 1)
    return list(roomy.values())


def _resized(roomy: dict[str, Block], title: str, spare: int, least: int) -> int:
    """Give the block *title* the *spare* lines, or take them as far as to *least*; return what is spare then."""
    before = len(lines_of(roomy[title]))
    roomy[title] = roomy[title]._replace(most=max(least, before + spare))
    return spare - len(lines_of(roomy[title])) + before


def lines_of(block: Block) -> list[str]:
    """Return *block* as lines; where they are too many, the last says how many entries are left out."""
    if block.running:
        return beside(block.entries, block.most)
    indent = "   " if block.title == "LOOK" else "  "
    wrapped = [wrap(entry, ROOM, subsequent_indent=indent, break_on_hyphens=False) for entry in block.entries]
    if sum(map(len, wrapped)) <= block.most:
        return [line for more in wrapped for line in more]
    return _cut(block, wrapped) if block.title in _CUT else _counted(block, wrapped)


def _counted(block: Block, wrapped: Sequence[Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for number, more in enumerate(wrapped):
        if len(lines) + len(more) > block.most - 1:
            return [*lines, f"and {len(wrapped) - number} more: --full"]
        lines += more
    return lines


def _cut(block: Block, wrapped: Sequence[Sequence[str]]) -> list[str]:
    """Return as many lines of *wrapped* as there is room for, the last entry cut, and which services are left out."""
    lines: list[str] = []
    for number, more in enumerate(wrapped):
        if len(lines) + len(more) + len(_left(block, number + 1)) <= block.most:
            lines += more
            continue
        for short in (False, True):  # better a beginning of what is next than the kinds of what is left out
            left = _left(block, number, is_cut=True, short=short)
            if part := more[: max(0, block.most - len(lines) - len(left))]:
                return [*lines, *part, *left]
        return [*lines, *_left(block, number)]
    return lines


def _left(block: Block, number: int, *, is_cut: bool = False, short: bool = False) -> list[str]:
    """Return which entries of *block* from *number* on are left out: the services, and of which they reach anything."""
    rest = [one for one in block.entries[number + is_cut :] if "  " in one]
    names = [f"the rest of {_service(block.entries[number], short=short)}"] if is_cut else []
    names += [_service(one, short=short) for one in sorted(rest, key=lambda one: not _anything(one))]
    text = f"{'  ... ' if is_cut else ''}and {', '.join(names)}: --full"
    return wrap(text, ROOM, subsequent_indent="  ", break_on_hyphens=False) if names else []


def _service(entry: str, *, short: bool) -> str:
    name = entry.partition("  ")[0]
    kinds = _anything(entry)
    if not kinds or short:
        return f"{name} (any)" if kinds else name
    if "*" in kinds:
        return f"{name} (anything)"
    return f"{name} (any {', '.join(kinds) if len(kinds) <= _KINDS else f'of {len(kinds)} kinds'})"


_KINDS: Final = 3
"""How many kinds of resources are named of a service that is left out."""
_ANY: Final = re.compile(r"(?:([a-z][a-z-]*)[/:])?\*(?:/\*)*")


_OF_OTHERS: Final = re.compile(r"[^ ]+(?:, [^ ,]+)* of AWS's \d+ image accounts?")
"""Patterns of repositories that AWS publishes: nobody's data."""


def _anything(entry: str) -> list[str]:
    """Return the kinds of resources that *entry* names without a limit of any name: `*` where it is all of them."""
    if entry.startswith("s3  "):  # its patterns begin with the bucket, which is named
        return []
    text = re.sub(r"\([^)]*\)", "", entry.partition("  ")[2])
    patterns = re.split(r"[, ]+", _OF_OTHERS.sub("", text))
    found = [match[1] or "*" for match in map(_ANY.fullmatch, patterns) if match]
    return list(dict.fromkeys(found))


def beside(entries: Sequence[str], most: int) -> list[str]:
    """Return *entries* one behind the other, as many as *most* lines hold, and how many are left out."""
    if len(lines := _all_beside(entries)) <= most:
        return lines
    at_best = most * ROOM // len(f"x{_BETWEEN}")  # however short each entry is
    for kept in range(min(len(entries) - 1, at_best), -1, -1):
        left = len(entries) - kept
        lines = _all_beside((*entries[:kept], f"and {left} more: --full"))
        if len(lines) <= most:
            break
    return lines


def _all_beside(entries: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for entry in entries:
        alone = bool(lines) and entry.startswith(_ALONE)
        longer = f"{lines[-1]}{_BETWEEN}{entry}" if lines and not alone else entry
        if len(longer) <= ROOM and not alone:
            lines[-1:] = [longer]
        else:
            lines += wrap(entry, ROOM, break_on_hyphens=False)
    return lines
