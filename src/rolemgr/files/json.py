"""Read JSON with the line of every value, and with duplicate keys refused."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from rolemgr.errors import SourceLocation
from rolemgr.files.source import MAX_DEPTH, MAX_VALUES, DataPath, FileError, SourceFile, read_text

_LONG_NUMBER = re.compile(r"\d{4301}")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|\n')


def read_json(path: Path, name: str | None = None) -> SourceFile:
    """Read the JSON file at *path*, which messages call *name*; raise FileError for what is wrong."""
    return parse_json(read_text(path, name), name or str(path))


def parse_json(text: str, name: str) -> SourceFile:
    """
    Parse *text* as one JSON value.

    Raises FileError, with the line, for a syntax error, a duplicate key, NaN or Infinity, or more than
    the limits of `rolemgr.files.source`.
    """
    where = SourceLocation(name)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        line = SourceLocation(name, error.lineno)
        problem = f"is not valid JSON: {json_problem(error)}" if text.strip() else "is empty"
        raise FileError(line, problem) from error
    except ValueError as error:  # an integer of more digits than Python reads
        raise FileError(_line_of_number(text, where), "holds a number of too many digits") from error
    except RecursionError as error:
        raise FileError(where, f"is nested more than {MAX_DEPTH} levels deep") from error
    return SourceFile(name, data, _Scanner(name).scan(text))


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
    """A list or mapping that the scan is inside of, with the *step* (key or index) it stands at."""

    step: str | int
    keys: set[str] = field(default_factory=set)


class _Scanner:
    """Walk the tokens of valid JSON to learn what `json.loads` does not tell: lines and duplicates."""

    def __init__(self, name: str) -> None:
        self.name, self.line = name, 1
        self.inside: list[_Container] = []
        self.lines: dict[DataPath, int] = {}
        self.awaits_key = False

    def scan(self, text: str) -> dict[DataPath, int]:
        """Return the line of each path in *text*."""
        for token in _TOKEN.findall(text):
            self.take(token)
        return self.lines

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
            raise self.error(f"repeats the key `{key}`")
        container.keys.add(key)
        container.step = key
        self.awaits_key = False
        self.lines[self.path()] = self.line

    def text(self, token: str) -> str:
        """Return the string that *token* writes; refuse half of a surrogate pair, which no output can hold."""
        text: str = json.loads(token) if "\\" in token else token[1:-1]
        if "\\u" in token and any("\ud800" <= char <= "\udfff" for char in text):
            raise self.error(f"is not valid JSON: {token} has half of a surrogate pair")
        return text

    def take_value(self, token: str) -> None:
        """Note the line of the value that *token* starts, and go inside a list or mapping."""
        self.lines.setdefault(self.path(), self.line)
        if token.startswith('"'):
            self.text(token)
        if token in _NO_JSON:
            raise self.error(f"is not valid JSON: `{token}` is no JSON value")
        if len(self.lines) > MAX_VALUES:
            raise self.error(f"holds more than {MAX_VALUES:,} values")
        if token in "[{":
            if len(self.inside) >= MAX_DEPTH:
                raise self.error(f"is nested more than {MAX_DEPTH} levels deep")
            self.inside.append(_Container(0 if token == "[" else ""))
            self.awaits_key = token == "{"

    def path(self) -> DataPath:
        """Return the path of the value that the scan stands at."""
        return tuple(container.step for container in self.inside)

    def error(self, problem: str) -> FileError:
        """Return the error that says *problem* of this line."""
        return FileError(SourceLocation(self.name, self.line), problem)
