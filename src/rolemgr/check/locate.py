"""
The line of any value in a JSON text, found when it is asked for.

Most values of most policies are never spoken of, so nothing is scanned beforehand: the way down to a value
is walked once, and what is passed by is skipped by the JSON decoder itself.
"""

import json
import re
from bisect import bisect_left
from json.decoder import scanstring  # type: ignore[attr-defined]

from rolemgr.files.source import DataPath

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class JsonLines:
    """Where the values of a valid JSON *text* stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._starts: dict[DataPath, int] = {(): self._skip(0)}
        self._keys: dict[DataPath, int] = {}
        self._walked: set[DataPath] = set()

    def line_of(self, path: DataPath) -> int:
        """Return the line, from 1, of the value at *path* (of its key in a mapping), or of what is around it."""
        for depth in range(len(path)):
            if path[:depth] not in self._starts:
                break
            self._walk(path[:depth])
        while path and path not in self._starts:
            path = path[:-1]
        return bisect_left(self._line_ends, self._keys.get(path, self._starts[path])) + 1

    def _walk(self, path: DataPath) -> None:
        """Note where each value in the list or mapping at *path* starts."""
        if path in self._walked:
            return
        self._walked.add(path)
        start = self._starts[path]
        if self._text[start] == "{":
            self._walk_mapping(path, self._skip(start + 1))
        elif self._text[start] == "[":
            self._walk_list(path, self._skip(start + 1))

    def _walk_mapping(self, path: DataPath, at: int) -> None:
        while self._text[at] != "}":
            key, end = scanstring(self._text, at + 1, True)
            self._keys[*path, key] = at
            at = self._past((*path, key), self._skip(self._skip(end) + 1))

    def _walk_list(self, path: DataPath, at: int) -> None:
        index = 0
        while self._text[at] != "]":
            at = self._past((*path, index), at)
            index += 1

    def _past(self, path: DataPath, at: int) -> int:
        """Note that the value at *path* starts *at*; return where the next one, or the end, is."""
        self._starts[path] = at
        _, end = _DECODER.raw_decode(self._text, at)
        end = self._skip(end)
        return self._skip(end + 1) if self._text[end] == "," else end

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at
