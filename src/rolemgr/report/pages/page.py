"""
A page as data: what the Markdown and the HTML of a result show, each in its own way.

Its texts come from catalogs, policies and accounts, and so from anyone. `pieces` says which words of a text are
plain; every other word is code, which neither Markdown nor GitHub reads as anything else.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.check.finding import Severity
from rolemgr.errors import printable
from rolemgr.report.pages.grid import Grid
from rolemgr.report.pages.picture import Picture

Cell: TypeAlias = str | int | tuple[str, ...]
"""What stands in a table: a text, a number, or a text on each line."""


class Code(str):
    """A text that is code as a whole, whatever is in it: a command, a path."""

    __slots__ = ()


class Heading(str):
    """An entry that is the heading of those behind it, and none itself."""

    __slots__ = ()


class Tone(StrEnum):
    """How a sentence or a section is meant, for its colour; the words say it without."""

    PLAIN = ""
    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


class Table(NamedTuple):
    """Rows under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Bar(NamedTuple):
    """How much of a *whole* something is, in what *unit*: characters of a quota, findings of all."""

    name: str
    size: int
    whole: int
    unit: str


class EntryGroup(NamedTuple):
    """Entries of a section that stand under one *heading*, or under none."""

    heading: str
    entries: tuple[str, ...]


class Section(NamedTuple):
    """A part of a page under its *title*; one that is *folded* is opened by who wants it."""

    title: str
    entries: tuple[str, ...] = ()
    table: Table | None = None
    bars: tuple[Bar, ...] = ()
    code: str = ""
    folded: bool = False
    running: bool = False
    """Whether the entries stand beside one another, as words do, and not each on a line."""
    tone: Tone = Tone.PLAIN
    numbered: bool = False
    """Whether the entries are steps, one after the other."""
    picture: Picture | None = None
    grid: Grid | None = None

    @property
    def groups(self) -> tuple[EntryGroup, ...]:
        """The entries by the heading that they stand under."""
        found: list[tuple[str, list[str]]] = [("", [])]
        for entry in self.entries:
            if isinstance(entry, Heading):
                found.append((entry[:1].upper() + entry[1:], []))
            else:
                found[-1][1].append(entry)
        return tuple(EntryGroup(heading, tuple(entries)) for heading, entries in found if heading or entries)

    @property
    def size(self) -> int:
        """How many entries there are, headings apart."""
        return sum(len(one.entries) for one in self.groups)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show below the title."""
        there = self.entries or self.bars or self.code or (self.picture and self.picture.groups)
        return not (there or (self.table and self.table.rows) or (self.grid and self.grid.rows))


class Fact(NamedTuple):
    """A sentence of the summary."""

    text: str
    tone: Tone = Tone.PLAIN


class Page(NamedTuple):
    """A result: its *title*, what it is *about*, the *summary* that comes first, the parts, and its JSON form."""

    title: str
    about: tuple[str, ...]
    summary: tuple[Fact, ...]
    sections: tuple[Section, ...]
    data: Mapping[str, Any]


class TextPiece(NamedTuple):
    """A part of a text: plain words, or one word that is code."""

    text: str
    is_code: bool


_TOKENS: Final = re.compile(r"( ?)(?:`([^`]+)`|([^ `]+|`))")
_BEFORE: Final = "(\"'"
_AFTER: Final = ")\"'.,;:?!"
_PLAIN: Final = re.compile(r"[^\W_]+(?:[-'.,%+][^\W_]+)*[%+]?")
_LINKED: Final = re.compile(r"\b(?:www\.|gh-\d|(?=\d*[a-f])(?=[a-f]*\d)[\da-f]{7,}\b)", re.IGNORECASE)
"""Plain words that GitHub makes links of: hosts, issues, revisions."""
_PUNCTUATION: Final = frozenset("-=+·")
_SEVERITIES: Final = frozenset(one.value for one in Severity)
"""Words of a scale, all in the same type: one has an underscore, which alone would make it code."""


def pieces(text: str) -> Iterator[TextPiece]:
    """
    Yield *text*, on one line and printable, as plain words and code; no two neighbours are of one kind.

    Plain is what consists of letters and digits, of any language, with a sentence's marks around it. All else (an
    ARN, an action, a path, `@name`, a link, an HTML tag) is code, and so is what stands in backticks. The severities
    are plain, whichever stands beside which.
    """
    if isinstance(text, Code):
        yield TextPiece(printable(" ".join(text.split())), is_code=True)
        return
    for is_code, found in groupby(_words(printable(" ".join(text.split()))), key=lambda one: one.is_code):
        yield TextPiece("".join(one.text for one in found), is_code)


def _words(text: str) -> Iterator[TextPiece]:
    """Yield each word of *text* with the space before it and the marks around it."""
    for number, found in enumerate(_TOKENS.finditer(text)):
        space, quoted, word = found.groups(default="")
        before, inner, after = _around(word) if word else ("", quoted, "")
        is_code = bool(quoted) or not _is_plain(inner, is_first=not number)
        around = (TextPiece(space + before, is_code=False), TextPiece(inner, is_code), TextPiece(after, is_code=False))
        yield from (one for one in around if one.text)


def _around(word: str) -> tuple[str, str, str]:
    """Return the marks before a word, the word, and the marks after it."""
    inner = word.lstrip(_BEFORE)
    bare = inner.rstrip(_AFTER)
    return word[: len(word) - len(inner)], bare, inner[len(bare) :]


def _is_plain(word: str, *, is_first: bool) -> bool:
    """Tell whether *word* can't be read as anything but a word; a sign can at the start of a line."""
    if not word or word in _PUNCTUATION:
        return not is_first
    return word in _SEVERITIES or (bool(_PLAIN.fullmatch(word)) and not _LINKED.search(word))


def quoted(text: str) -> str:
    """Return *text*, which may have several words, within a sentence for `pieces` to take as code."""
    return text if "`" in text else f"`{text}`"


def counted(count: int, what: str) -> str:
    """Return how many there are of *what*, in the plural unless it is one."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def text_of(cell: Cell) -> str:
    """Return what stands in *cell* as one text."""
    return " ".join(cell) if isinstance(cell, tuple) else str(cell)
