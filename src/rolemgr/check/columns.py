"""In which column of its line a value of a file stands."""

from collections.abc import Callable
from typing import Any

from rolemgr.files.json import LazyLines
from rolemgr.files.source import DataPath, SourceFile

ColumnOf = Callable[[DataPath], int | None]


def columns_of(source: SourceFile, text: str) -> ColumnOf:
    """Return what gives the column, from 1, of a path of *source*, which *text* is: JSON or YAML."""
    if isinstance(source.lines, LazyLines):
        return source.lines.column
    return _Columns(source, text).of


class _Columns:
    """The columns of YAML: a line is searched for what it is to hold, the value's key or the value itself."""

    def __init__(self, source: SourceFile, text: str) -> None:
        self._source, self._text = source, text
        self._lines: list[str] | None = None

    def of(self, path: DataPath) -> int | None:
        """Return the column of what *path* leads to; where that can't be seen in the line, of its first character."""
        line = self._source.at(path).line
        if self._lines is None:
            self._lines = self._text.split("\n")
        if line is None or line > len(self._lines):
            return None
        shown = self._lines[line - 1]
        while path and path not in self._source.lines:
            path = path[:-1]
        at = shown.find(_text_in_line(self._source.data, path))
        return (at if at >= 0 else len(shown) - len(shown.lstrip())) + 1


def _text_in_line(data: Any, path: DataPath) -> str:
    """Return what of the value at *path* its line has: the key in a mapping, or else the text itself."""
    if path and isinstance(path[-1], str):
        return path[-1]
    for step in path:
        data = data[step]
    return data if isinstance(data, str) else "\0"
