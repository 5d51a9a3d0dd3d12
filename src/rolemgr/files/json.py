"""
The one JSON reader: strict (no duplicate key, no NaN, within limits), and with the line of any value.

Python's decoder reads; the lines are found when somebody asks for one. What is refused is read once more,
token by token, for the line to blame.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.files.source import LIMITS, DataPath, FileError, Limits, SourceFile, paths_of, read_text, refuse_hcl

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN: Final = json.JSONDecoder()
_LONG_NUMBER = re.compile(r"\d{4301}")
_KEY = r'[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*'
_FIRST_MEMBER = re.compile(r"[ \t\n\r]*\{" + _KEY)
_NEXT_MEMBER = re.compile(r"[ \t\n\r]*," + _KEY)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|\n')


def read_json(path: Path, name: str | None = None, limits: Limits = LIMITS) -> SourceFile:
    """Read the JSON file at *path*, which messages call *name*; raise FileError for what is wrong."""
    return parse_json(read_text(path, name, limits), name or str(path), limits)


def parse_json(text: str, name: str, limits: Limits = LIMITS) -> SourceFile:
    """
    Parse *text* as one JSON value; its lines are looked up when they are asked for.

    Raises FileError, with the line, for a syntax error, a duplicate key, NaN or Infinity, half of a surrogate
    pair, HCL, or more than *limits* allow.
    """
    try:
        data = strict_json(text, limits)
    except (ValueError, RecursionError) as error:  # read again, slowly, by a reader that knows the line
        refuse_hcl(text, name)
        return _refused(text, name, limits, error)
    return SourceFile(name, data, LazyLines(data, text))


def strict_json(text: str, limits: Limits = LIMITS) -> Any:
    """
    Return the one JSON value that *text* is.

    Raises ValueError for what `parse_json` refuses: without the line, and the quicker for it; RecursionError
    for what is nested so deep that Python gives up.
    """
    data = unmeasured_json(text, limits)
    if text.count("[") + text.count("{") > limits.depth:
        _measure(data, limits)
    return data


def unmeasured_json(text: str, limits: Limits = LIMITS) -> Any:
    """
    Return the one JSON value that *text* is, however deep: for a caller that looks into every part of it anyway.

    Raises as `strict_json` does.
    """
    data = _DECODER.decode(text)
    if len(text) > limits.values:
        _measure(data, limits)
    if "\\u" in text:
        _refuse_surrogates(data, text)
    return data


class Opening(NamedTuple):
    """Some members of an object, and the text of all *others*, with a comma before each, up to the end."""

    members: Mapping[str, Any]
    others: str


def read_opening(text: str, names: Collection[str], limits: Limits = LIMITS) -> Opening:
    """
    Return the members of the JSON object *text* that have one of *names*, as far as they are there.

    Once they all are, what follows is not looked into: a caller that has seen the same text before need not read
    it again. The others have to be read to know that *text* is valid; a name that comes a second time is among
    them. Raises as `strict_json` does for a member that can't be read.
    """
    found: dict[str, Any] = {}
    others, end, member = "", 0, _FIRST_MEMBER.match(text)
    while member:
        key = _PLAIN.decode(member[1]) if "\\" in member[1] else member[1][1:-1]
        value, stop = _scan(text, member.end())
        if key in names and key not in found:
            found[key] = _within(value, text[member.end() : stop], limits)
        else:
            others += f",{text[member.start(1) : stop]}"
        end = stop
        member = None if len(found) == len(names) else _NEXT_MEMBER.match(text, end)
    return Opening(found, others + text[end:])


def _scan(text: str, start: int) -> tuple[Any, int]:
    """Return the value that starts in *text* at *start*, and where it ends."""
    try:
        found: tuple[Any, int] = _DECODER.scan_once(text, start)  # type: ignore[attr-defined]
    except StopIteration as stopped:
        raise json.JSONDecodeError("Expecting value", text, stopped.value) from None
    return found


def strict_value(text: str, start: int, limits: Limits = LIMITS) -> tuple[Any, int]:
    """Return the JSON value that starts in *text* at *start*, and where it ends; raise as `strict_json` does."""
    value, end = _scan(text, start)
    return _within(value, text[start:end], limits), end


def _within(data: Any, text: str, limits: Limits) -> Any:
    """Return *data*, which *text* is, where it is within *limits*."""
    if text.count("[") + text.count("{") > limits.depth or len(text) > limits.values:
        _measure(data, limits)
    _refuse_surrogates(data, text)
    return data


def _refuse_surrogates(data: Any, text: str) -> None:
    if "\\u" in text and _SURROGATE.search(text) and not _is_unicode(data):
        raise ValueError("has half of a surrogate pair")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"repeats the key `{key}`")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"is not valid JSON: `{constant}` is not a JSON value")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_mapping, parse_constant=_refuse)


def _measure(data: Any, limits: Limits) -> None:
    """Raise ValueError where *data* is nested deeper, or holds more values, than *limits* allow."""
    level: list[dict[str, Any] | list[Any]] = [data] if isinstance(data, dict | list) else []
    depth, values = 1, 1
    while level:
        if depth > limits.depth:
            raise ValueError(f"is nested more than {limits.depth} levels deep")
        values += sum(map(len, level))
        if values > limits.values:
            raise ValueError(f"holds more than {limits.values:,} values")
        inner = (one for outer in level for one in (outer.values() if isinstance(outer, dict) else outer))
        level = [one for one in inner if isinstance(one, dict | list)]
        depth += 1


def _is_unicode(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refused(text: str, name: str, limits: Limits, error: Exception) -> SourceFile:
    """Raise the FileError, with its line, for a *text* that the quick reader does not like."""
    where = SourceLocation(name)
    try:
        json.loads(text)
    except json.JSONDecodeError as broken:
        line = SourceLocation(name, broken.lineno)
        problem = f"is not valid JSON: {json_problem(broken)}" if text.strip() else "is empty"
        raise FileError(line, problem) from broken
    except ValueError as long:  # an integer of more digits than Python reads
        raise FileError(_line_of_number(text, where), "holds a number of too many digits") from long
    except RecursionError as deep:
        raise FileError(where, f"is nested more than {limits.depth} levels deep") from deep
    _Scanner(name, limits).scan(text)
    raise FileError(where, str(error)) from error


def blame(text: str, name: str, line: int, limits: Limits = LIMITS) -> None:
    """Raise FileError, at its line, for what is refused in the value that *text* (*line* of *name*) starts with."""
    _Scanner(name, limits, line).scan(text)


class LazyLines(Mapping[DataPath, int]):
    """The line of each path of *data*, which *text* is: a mapping's member by its key, a list's by its value."""

    def __init__(self, data: Any, text: str) -> None:
        self._data, self._text = data, text
        self._found: JsonLines | None = None

    def __getitem__(self, path: DataPath) -> int:
        self._found = self._found or JsonLines(self._text)
        line = self._found.exact(path)
        if line is None:
            raise KeyError(path)
        return line

    def column(self, path: DataPath) -> int:
        """Return the column, from 1, of the value at *path*, or of its key where that stands on another line."""
        self._found = self._found or JsonLines(self._text)
        return self._found.column_of(path)

    def __iter__(self) -> Iterator[DataPath]:
        return paths_of(self._data)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class JsonLines:
    """
    Where the values of a valid JSON *text* stand, found when they are asked for.

    Most values of most policies are never spoken of, so nothing is scanned beforehand: the way down to a value
    is walked once, and what is passed by is skipped by the JSON decoder itself.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._starts: dict[DataPath, int] = {(): self._skip(0)}
        self._keys: dict[DataPath, int] = {}
        self._walked: set[DataPath] = set()

    def exact(self, path: DataPath) -> int | None:
        """Return the line, from 1, of the value at *path* (of its key in a mapping), or None where there is none."""
        self._walk_to(path)
        return self._line(path) if path in self._starts else None

    def line_of(self, path: DataPath) -> int:
        """Return the line of the value at *path*, or of what is around it."""
        self._walk_to(path)
        while path and path not in self._starts:
            path = path[:-1]
        return self._line(path)

    def column_of(self, path: DataPath) -> int:
        """Return the column, from 1, in that line: of the value, or of its key where the value stands on another."""
        self._walk_to(path)
        while path and path not in self._starts:
            path = path[:-1]
        start = self._text.rfind("\n", 0, self._keys.get(path, self._starts[path])) + 1
        value = self._starts[path]
        of_key = "\n" in self._text[start:value] or self._text[value] == "{"  # an object is known by its key
        at = self._keys.get(path, value) if of_key else value
        return at - start + 1

    def _line(self, path: DataPath) -> int:
        return bisect_left(self._line_ends, self._keys.get(path, self._starts[path])) + 1

    def _walk_to(self, path: DataPath) -> None:
        for depth in range(len(path)):
            if path[:depth] not in self._starts:
                break
            self._walk(path[:depth])

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
        _, end = _PLAIN.raw_decode(self._text, at)
        end = self._skip(end)
        return self._skip(end + 1) if self._text[end] == "," else end

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


def json_problem(error: json.JSONDecodeError) -> str:
    """Return what is wrong, as *error* says it, without the place that its sentence ends in."""
    return error.msg.lower().removesuffix(" at").removesuffix(" starting")


def _line_of_number(text: str, where: SourceLocation) -> SourceLocation:
    """Return the line of the first number that is too long to be read."""
    found = _LONG_NUMBER.search(text)
    return SourceLocation(where.file, text.count("\n", 0, found.start()) + 1) if found else where


_NO_JSON = ("NaN", "Infinity", "-Infinity")
"""Python reads these as numbers; the scan refuses them, as it knows their line."""


@dataclass
class _Container:
    """A list or mapping that the scan is inside of: the *step* (key or index) it stands at, and its keys' lines."""

    step: str | int
    keys: dict[str, int] = field(default_factory=dict)


class _Scanner:
    """Walk the tokens of valid JSON and raise FileError, with the line, for what `strict_json` refuses."""

    def __init__(self, name: str, limits: Limits, line: int = 1) -> None:
        self.name, self.limits, self.line = name, limits, line
        self.inside: list[_Container] = []
        self.values = 0
        self.awaits_key = False

    def scan(self, text: str) -> None:
        """Go through the value that *text* starts with, once and without recursion: it may be nested to any depth."""
        for token in _TOKEN.finditer(text):
            self.take(token[0])
            if not self.inside and token[0] != "\n":
                return

    def take(self, token: str) -> None:
        """Go one token further."""
        if token == "\n":
            self.line += 1
        elif token in "]}":
            self.inside.pop()
            self.awaits_key = False
        elif token == ",":
            self.next_item()
        elif self.awaits_key:
            self.take_key(self.text(token))
        elif token != ":":
            self.take_value(token)

    def next_item(self) -> None:
        """Step over a comma: to the next index of a list, or to the next key of a mapping."""
        container = self.inside[-1]
        if isinstance(container.step, int):
            container.step += 1
        else:
            self.awaits_key = True

    def take_key(self, key: str) -> None:
        """Enter the mapping's entry *key*."""
        container = self.inside[-1]
        if key in container.keys:
            raise self.error(f"repeats the key `{key}` of line {container.keys[key]}")
        container.keys[key] = self.line
        container.step = key
        self.awaits_key = False

    def text(self, token: str) -> str:
        """Return the string that *token* writes; refuse half of a surrogate pair, which no output can hold."""
        text: str = json.loads(token) if "\\" in token else token[1:-1]
        if "\\u" in token and any("\ud800" <= char <= "\udfff" for char in text):
            raise self.error(f"is not valid JSON: {token} has half of a surrogate pair")
        return text

    def take_value(self, token: str) -> None:
        """Count the value that *token* starts, and go inside a list or mapping."""
        self.values += 1
        if token.startswith('"'):
            self.text(token)
        if token in _NO_JSON:
            raise self.error(f"is not valid JSON: `{token}` is not a JSON value")
        if self.values > self.limits.values:
            raise self.error(f"holds more than {self.limits.values:,} values")
        if token in "[{":
            if len(self.inside) >= self.limits.depth:
                raise self.error(f"is nested more than {self.limits.depth} levels deep")
            self.inside.append(_Container(0 if token == "[" else ""))
            self.awaits_key = token == "{"

    def error(self, problem: str) -> FileError:
        """Return the error that says *problem* of this line."""
        return FileError(SourceLocation(self.name, self.line), problem)
