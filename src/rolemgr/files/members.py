"""
A large JSON object, one member or item at a time: only its text is held, never all of its data.

For the answers of AWS about whole accounts: an object of lists, of which each item is looked at for itself.
"""

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.files.json import blame, json_problem, strict_value
from rolemgr.files.source import LIMITS, FileError, Limits, refuse_hcl

_SPACE = re.compile(r"[ \t\n\r]*")
MOST_NESTED: Final = LIMITS.depth


class Item(NamedTuple):
    """
    A member of the object: its *key*, *line* and *value*.

    Of a list each item comes for itself, with its *place*; an empty list comes as a whole.
    """

    key: str
    place: int | None
    line: int
    value: Any


def items(text: str, name: str, limits: Limits = LIMITS) -> Iterator[Item]:
    """
    Yield the members of the JSON object *text*, in their order; those that are lists item by item.

    *limits* hold for each value by itself. Raises FileError, with its line, once the walk gets to what is not
    JSON, comes twice or is over the limits: what was yielded before is as good as it was.
    """
    refuse_hcl(text, name)
    return _Walk(text, name, limits).members()


class _Walk:
    """One walk through the text; *at* is where it stands, *line* the line of the last value."""

    def __init__(self, text: str, name: str, limits: Limits) -> None:
        self.text, self.name, self.limits = text, name, limits
        self.at, self.line, self._counted = 0, 1, 0

    def members(self) -> Iterator[Item]:
        """Yield the members of the object that the text is."""
        seen: dict[str, int] = {}
        self._take("{")
        while not self._ends("}", first=not seen):
            self._skip()
            line, key = self._line(), self._key()
            if key in seen:
                raise FileError(SourceLocation(self.name, line), f"repeats the key `{key}` of line {seen[key]}")
            seen[key] = line
            if self._peek() == "[":
                yield from self._listed(key)
            else:
                yield Item(key, None, *self._value())
        self._skip()
        if self.at != len(self.text):
            raise self._error("is not valid JSON: extra data")

    def _listed(self, key: str) -> Iterator[Item]:
        self._take("[")
        index = 0
        while not self._ends("]", first=not index):
            yield Item(key, index, *self._value())
            index += 1
        if not index:
            yield Item(key, None, self.line, [])

    def _ends(self, end: str, *, first: bool) -> bool:
        """Step over the comma, or the *end*, and tell whether it was that."""
        if self._peek() == end:
            self.at += 1
            return True
        if not first:
            self._take(",")
        return False

    def _key(self) -> str:
        self._take('"')
        try:
            key, self.at = scanstring(self.text, self.at, True)
        except json.JSONDecodeError as error:
            raise self._error(f"is not valid JSON: {json_problem(error)}") from error
        self._take(":")
        return str(key)

    def _value(self) -> tuple[int, Any]:
        """Return the value that starts here, behind its line."""
        self._skip()
        line = self._line()
        try:
            value, self.at = strict_value(self.text, self.at, self.limits)
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise self._error(f"is not valid JSON: {json_problem(error)}") from error
        except (ValueError, RecursionError) as error:
            blame(self.text[self.at :], self.name, line, self.limits)
            problem = f"is nested more than {self.limits.depth} levels deep"
            raise self._error(problem if isinstance(error, RecursionError) else str(error)) from error
        return line, value

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise self._error(f"is not valid JSON: expecting `{wanted}`" if self.text.strip() else "is empty")
        self.at += 1

    def _peek(self) -> str:
        self._skip()
        return self.text[self.at : self.at + 1]

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _line(self) -> int:
        self.line += self.text.count("\n", self._counted, self.at)
        self._counted = max(self.at, self._counted)
        return self.line

    def _error(self, problem: str) -> FileError:
        return FileError(SourceLocation(self.name, self._line()), problem)
