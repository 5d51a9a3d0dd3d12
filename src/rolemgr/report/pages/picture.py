"""
A picture of groups with arrows between their items: laid out by rows, so that the same picture has the same bytes.

Each group is a band across the picture, one below the other. What acts stands on the left, what is acted on stands on
the right, and so every arrow goes from left to right through the middle. An item is as high as it has arrows, each
arrow has a row of its own at its end, and no two words lie on one another.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.errors import printable


class PictureItem(NamedTuple):
    """Something in a group: what names it in arrows, its text, and what is said of it where there is room."""

    place: str
    text: str
    detail: str = ""


class PictureGroup(NamedTuple):
    """A band of the picture: its title, what acts in it, and what is acted on."""

    title: str
    left: tuple[PictureItem, ...] = ()
    right: tuple[PictureItem, ...] = ()


class PictureArrow(NamedTuple):
    """What goes from one item to another, by their places; *apart* where it crosses from group to group."""

    start: str
    end: str
    text: str
    apart: bool = False


class Picture(NamedTuple):
    """Groups and arrows, and a sentence that says what they show."""

    about: str
    groups: tuple[PictureGroup, ...]
    arrows: tuple[PictureArrow, ...] = ()


class DrawnBox(NamedTuple):
    """A rectangle of the drawing with its text, and the whole of the text where it is cut."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    text: str
    whole: str


class DrawnArrow(NamedTuple):
    """An arrow of the drawing: its path, the point at its end, and its words beside that."""

    path: str
    tip: str
    x: int
    y: int
    text: str
    whole: str
    apart: bool


class Drawing(NamedTuple):
    """A picture with all places known, in units of the drawing."""

    width: int
    height: int
    shapes: tuple[DrawnBox, ...]
    lines: tuple[DrawnArrow, ...]


_WIDTH: Final = 960
_MARGIN: Final = 12
_COLUMN: Final = 300
_ROW: Final = 20
_GAP: Final = 8
_TITLE: Final = 30
_LETTERS: Final = 36
"""How many characters of a text an item has room for."""
_VERB_LETTERS: Final = 42
"""How many characters the words of an arrow have room for between the columns."""
_STRAIGHT: Final = 96
"""How far an arrow runs straight before its end, below its words."""
_TITLE_LETTERS: Final = 110


def drawn(picture: Picture) -> Drawing:
    """Return *picture* with the place of each part; arrows whose ends are not there are left out."""
    known_left = {one.place for group in picture.groups for one in group.left}
    known_right = {one.place for group in picture.groups for one in group.right}
    arrows = [one for one in picture.arrows if one.start in known_left and one.end in known_right]
    starts, ends = Counter(one.start for one in arrows), Counter(one.end for one in arrows)
    shapes: list[DrawnBox] = []
    places: dict[str, DrawnBox] = {}
    y = _MARGIN
    for group in picture.groups:
        left = _column(group.left, "left", _MARGIN * 2, y + _TITLE, starts)
        right = _column(group.right, "right", _WIDTH - _MARGIN * 2 - _COLUMN, y + _TITLE, ends)
        bottom = max((one.y + one.height + _GAP for one in (*left, *right)), default=y + _TITLE)
        shapes.append(_shape("group", (_MARGIN, y, _WIDTH - 2 * _MARGIN, bottom - y), group.title, _TITLE_LETTERS))
        shapes += [*left, *right]
        places |= {f"<{one.place}": found for one, found in zip(group.left, left, strict=True)}
        places |= {f">{one.place}": found for one, found in zip(group.right, right, strict=True)}
        y = bottom + _GAP
    return Drawing(_WIDTH, y - _GAP + _MARGIN, tuple(shapes), tuple(_lines(arrows, places)))


def _column(items: Sequence[PictureItem], kind: str, x: int, y: int, arrows: Counter[str]) -> list[DrawnBox]:
    found = []
    for one in items:
        height = _ROW * max(1, arrows[one.place]) + 4
        whole = f"{one.text}: {one.detail}" if one.detail else one.text
        found.append(_shape(kind, (x, y, _COLUMN, height), one.text, _LETTERS, whole))
        y += height + _GAP
    return found


def _shape(kind: str, box: tuple[int, int, int, int], text: str, most: int, whole: str = "") -> DrawnBox:
    return DrawnBox(kind, *box, _cut(text, most), _line(whole or text))


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _cut(text: str, most: int) -> str:
    text = _line(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _lines(arrows: Sequence[PictureArrow], places: dict[str, DrawnBox]) -> Iterator[DrawnArrow]:
    """Yield the arrows, those that come from higher up first at each end, so that few of them cross."""
    leaving, arriving = _ports(arrows, places, start=True), _ports(arrows, places, start=False)
    for number, one in enumerate(arrows):
        x, y = leaving[number]
        to, at = arriving[number]
        begin = to - _STRAIGHT
        bend = (begin - x) * 3 // 5
        path = f"M{x} {y}C{x + bend} {y} {begin - bend} {at} {begin} {at}H{to - 8}"
        tip = f"M{to} {at}l-8 -4v8z"
        words, whole = _cut(one.text, _VERB_LETTERS), f"{one.start} {one.text} {one.end}"
        yield DrawnArrow(path, tip, to - 12, at - 4, words, whole, one.apart)


def _ports(arrows: Sequence[PictureArrow], places: dict[str, DrawnBox], *, start: bool) -> dict[int, tuple[int, int]]:
    """Return where each of *arrows*, by its number, touches the item at its start, or at its end."""
    mine, other = ("<", ">") if start else (">", "<")
    at: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, one in enumerate(arrows):
        near, far = (one.start, one.end) if start else (one.end, one.start)
        at[f"{mine}{near}"].append((places[f"{other}{far}"].y, number))
    found: dict[int, tuple[int, int]] = {}
    for name, ones in at.items():
        shape = places[name]
        x = shape.x + shape.width if start else shape.x
        for row, (_, number) in enumerate(sorted(ones)):
            found[number] = (x, shape.y + 2 + _ROW // 2 + row * _ROW)
    return found


def mermaid(picture: Picture) -> str:
    """
    Return *picture* as a flowchart in Mermaid's language.

    Texts stand in quotes with every sign but letters and digits spelt by its number, so that none is read as more.
    https://mermaid.js.org/syntax/flowchart.html#special-characters-that-break-syntax
    """
    names: dict[str, str] = {}
    lines = ["flowchart LR"]
    for number, group in enumerate(picture.groups, start=1):
        lines.append(f'  subgraph g{number}["{_spelt(group.title)}"]')
        for side, opening, closing in ((group.left, "(", ")"), (group.right, "[", "]")):
            for one in side:
                key = f"{'<' if opening == '(' else '>'}{one.place}"
                names[key] = f"n{len(names) + 1}"
                lines.append(f'    {names[key]}{opening}"{_spelt(one.text)}"{closing}')
        lines.append("  end")
    for arrow in picture.arrows:
        start, end = names.get(f"<{arrow.start}"), names.get(f">{arrow.end}")
        if start and end:
            lines.append(f'  {start} -->|"{_spelt(arrow.text)}"| {end}')
    return "\n".join(lines)


def _spelt(text: str) -> str:
    return re.sub(r"[^\w ,./-]", lambda found: f"#{ord(found[0])};", _line(text))
