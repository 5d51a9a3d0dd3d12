"""
The JSON values of a stream, one after the other: a document, lines of JSON, or a document's long list by elements.

No more of the text is held than one value takes. What is broken is given with its line, and reading goes on at the
next line where that is possible.
"""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

from rolemgr.files.inflate import PIECE, BrokenFileError

MOST_OF_A_VALUE: Final = 8 << 20
"""Characters of one event: CloudTrail's have 256 KB at most, those of an event data store 1 MB."""
LISTS: Final = frozenset({"Records", "Events", "events", "logEvents", "results", "QueryResultRows"})
"""Members whose elements are given one by one, as a document may have a million of them."""
_NO_SPACE: Final = re.compile(r"[^ \t\n\r]")
_scan: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


class JsonPiece(NamedTuple):
    """A *value* that begins on a *line*, or what is wrong there."""

    line: int
    value: Any = None
    problem: str | None = None


def json_values(content: Iterator[bytes]) -> Iterator[JsonPiece]:
    """Yield the values in *content*, UTF-8, and what of it can't be read; of a file that ends early those before."""
    stream = _Stream(content)
    for piece in _Reader(stream).values():
        if not (stream.broken and piece.problem and not stream.left()):  # it is the end that is said below
            yield piece
    if stream.broken:
        yield JsonPiece(stream.line(stream.at), problem=f"{stream.broken}: what follows is not read")


class _Stream:
    """The text of a stream from the place *at* on, as far as it is loaded."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._decode = getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self.text, self.at, self.ended = "", 0, False
        self._lines, self._counted = 1, 0
        self.doubtful = False
        """Whether some of it may be half of a surrogate pair, or no UTF-8."""
        self.is_lost = False
        """Whether what follows can't be read."""
        self.broken: BrokenFileError | None = None
        """Why nothing more can be loaded, though the file goes on or is cut off."""

    def more(self) -> bool:
        """Load the next piece and forget what stands before *at*; tell whether there was one."""
        if self.ended:
            return False
        raw = self._next()
        self.ended = not raw
        new = self._decode(raw, final=self.ended)
        self.line(self.at)
        self.text, self._counted = self.text[self.at :] + new, 0
        self.at = 0
        if not new.isascii() or "\\u" in new:
            self.doubtful = True
        return bool(new) or not self.ended

    def _next(self) -> bytes:
        try:
            return next(self._content, b"")
        except BrokenFileError as error:
            self.broken = error
            return b""

    def line(self, at: int) -> int:
        """Return the line of the place *at*, which is none before one that was asked for."""
        if at > self._counted:
            self._lines += self.text.count("\n", self._counted, at)
            self._counted = at
        return self._lines

    def peek(self) -> str:
        """Return the next character that is not a space, and stand at it; none at the end."""
        while True:
            found = _NO_SPACE.search(self.text, self.at)
            self.at = found.start() if found else len(self.text)
            if found:
                return found[0]
            if not self.more():
                return ""

    def left(self) -> int:
        """Return how many characters are loaded and left to read."""
        return len(self.text) - self.at


class _Reader:
    """Reads the values of a stream."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def values(self) -> Iterator[JsonPiece]:
        """Yield all values, and what is broken."""
        stream = self._stream
        while found := stream.peek():
            if found in "{[":
                yield from self._document(found)
            else:
                yield from self._other_line()

    def _document(self, opening: str) -> Iterator[JsonPiece]:
        stream = self._stream
        line = stream.line(stream.at)
        while True:
            start = stream.at
            whole = self._at_once()
            if whole is not None and not self._has_lines(whole[0], start):
                yield self._piece(line, whole[0])
                return
            if whole is not None:
                stream.at = start  # its elements have lines of their own
                break
            if stream.left() >= PIECE or not stream.more():
                break
        if whole is None and (end := self._end_of_broken_line()) is not None:
            stream.at = end
            yield JsonPiece(line, problem="is not valid JSON")
            return
        yield from self._elements() if opening == "[" else self._members(line)

    def _has_lines(self, value: Any, start: int) -> bool:
        """Tell whether *value*, read from *start* on, has elements that are given one by one, on several lines."""
        if self._stream.text.find("\n", start, self._stream.at) < 0:
            return False
        if isinstance(value, list):  # a row of CloudWatch Logs Insights is a list too, and stays whole
            return len(value) > 1 and not all(isinstance(one, dict) and "field" in one for one in value)
        return isinstance(value, dict) and any(isinstance(value.get(name), list) and value[name] for name in LISTS)

    def _at_once(self) -> tuple[Any] | None:
        """Return the value that stands next, where all of it is loaded."""
        stream = self._stream
        try:
            value, stream.at = _scan(stream.text, stream.at)
        except (StopIteration, ValueError, RecursionError):
            return None
        return (value,)

    def _end_of_broken_line(self) -> int | None:
        """Return where the next line begins, where each line has a value of its own: this one is then broken."""
        stream = self._stream
        end = stream.text.find("\n", stream.at)
        if end < 0:
            return len(stream.text) if stream.ended and self._is_one_line() else None
        first = stream.text[stream.at : end].strip()
        return end + 1 if len(first) > 1 and stream.text[end + 1 : end + 2] in ("{", "") else None

    def _is_one_line(self) -> bool:
        stream = self._stream
        start = stream.text[stream.at : stream.at + 4096]
        return not any(f'"{name}"' in start for name in LISTS)

    def _members(self, line: int) -> Iterator[JsonPiece]:
        """Yield the elements of the lists of the object that begins here, and then what else it has."""
        stream, others = self._stream, {}
        stream.at += 1
        while (found := stream.peek()) not in ("}", ""):
            if found == ",":
                stream.at += 1
                continue
            key = self._key()
            if key is None:
                break
            if key in LISTS and stream.peek() == "[":
                yield from self._elements()
                continue
            value = self._value()
            if value is None:
                break
            others[key] = value[0]
        if stream.peek() != "}":
            yield from self._rest_is_lost()
            return
        stream.at += 1
        if others:
            yield JsonPiece(line, others)

    def _key(self) -> str | None:
        stream = self._stream
        if stream.peek() != '"':
            return None
        while True:
            try:
                key, end = scanstring(stream.text, stream.at + 1, True)
            except ValueError:
                if stream.left() > PIECE or not stream.more():
                    return None
                continue
            stream.at = end
            break
        if stream.peek() != ":":
            return None
        stream.at += 1
        return str(key)

    def _elements(self) -> Iterator[JsonPiece]:
        """Yield the elements of the list that begins here."""
        stream = self._stream
        stream.at += 1
        while (found := stream.peek()) not in ("]", ""):
            if found == ",":
                stream.at += 1
                continue
            line = stream.line(stream.at)
            value = self._value()
            if value is None:
                break
            yield self._piece(line, value[0])
        if stream.peek() != "]":
            yield from self._rest_is_lost()
            return
        stream.at += 1

    def _value(self) -> tuple[Any] | None:
        """Return the value that stands next; None where it is broken, or larger than any event."""
        stream = self._stream
        stream.peek()
        while True:
            start = stream.at
            found = self._at_once()
            if found is not None and (stream.at < len(stream.text) or isinstance(found[0], dict | list | str)):
                return found
            stream.at = start
            if stream.left() > MOST_OF_A_VALUE or not stream.more():
                return found

    def _rest_is_lost(self) -> Iterator[JsonPiece]:
        """Say once that here is what can't be read, and pass over all that follows."""
        stream = self._stream
        if not stream.is_lost:
            line = stream.line(stream.at)
            stream.text, stream.at, stream.ended, stream.is_lost = "", 0, True, True
            problem = "is not valid JSON, or ends too early: what follows in this file is not read"
            yield JsonPiece(line, problem=problem)

    def _other_line(self) -> Iterator[JsonPiece]:
        """Yield the value behind what a line begins with, such as the time in an export of CloudWatch Logs."""
        stream = self._stream
        line = stream.line(stream.at)
        while (end := stream.text.find("\n", stream.at)) < 0 and stream.left() <= MOST_OF_A_VALUE and stream.more():
            pass
        text = stream.text[stream.at : end if end >= 0 else len(stream.text)]
        stream.at = end + 1 if end >= 0 else len(stream.text)
        try:
            yield self._piece(line, json.loads(text[text.index("{") :]))
        except (ValueError, RecursionError):
            yield JsonPiece(line, problem="has no JSON")

    def _piece(self, line: int, value: Any) -> JsonPiece:
        """Return *value*, unless it holds what is not text."""
        if self._stream.doubtful and not _is_text(value):
            return JsonPiece(line, problem="is not UTF-8, or has half of a surrogate pair")
        return JsonPiece(line, value)


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
