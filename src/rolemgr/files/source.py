"""A file that was read: its data, and the line that each value stands on."""

import codecs
import io
import os
import re
import select
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias, cast

from rolemgr.errors import InputError, SourceLocation

DataPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands in nested data: ``("statements", 0, "actions", 2)``."""

MAX_BYTES: Final = 1_048_576
"""A catalog or policy file is a few kilobytes; 1 MiB is generous, and refuses what would stall us."""
MAX_DEPTH: Final = 40
"""Lists and mappings within each other; an IAM policy needs 6."""
MAX_VALUES: Final = 100_000
"""Values in one file, each alias counted as all that it stands for (the "billion laughs" attack)."""


class Limits(NamedTuple):
    """
    How much of a file is read: its *bytes*, and in data the *depth* of nesting and the number of *values*.

    *is_python*: the text may be code, which says its encoding in one of its first two lines.
    """

    bytes: int = MAX_BYTES
    depth: int = MAX_DEPTH
    values: int = MAX_VALUES
    is_python: bool = False


LIMITS: Final = Limits()
BLUEPRINT_LIMITS: Final = Limits(bytes=8 * MAX_BYTES, values=10 * MAX_VALUES)
"""A blueprint that says each role of thousands of accounts."""
HCL_ENDINGS: Final = (".tf", ".tofu", ".hcl", ".tfvars")
ANSWER_LIMITS: Final = Limits(bytes=32 * MAX_BYTES, values=20 * MAX_VALUES)
"""What the AWS CLI prints of an account: thousands of roles, each policy as an object."""


class FileError(InputError):
    """A file can't be read, or is not the YAML or JSON that it should be."""


@dataclass(frozen=True)
class SourceFile:
    """Data read from *name* (a path as the user wrote it, or ``<stdin>``) with *lines* by path."""

    name: str
    data: Any
    lines: Mapping[DataPath, int]

    def at(self, path: DataPath = ()) -> SourceLocation:
        """Return the place of *path*, or of the nearest value around it that the file does have."""
        while path and path not in self.lines:
            path = path[:-1]
        return SourceLocation(self.name, self.lines.get(path))

    def part(self, path: DataPath) -> "SourceFile":
        """Return the value at *path* as a file of its own, its lines kept; raise FileError where there is none."""
        data: Any = self.data
        for step in path:
            known = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
            if step not in known:
                raise FileError(self.at(path), f"`{step}` is missing")
            data = data[step]
        return SourceFile(self.name, data, _Below(self.lines, path, data)) if path else self


class _Below(Mapping[DataPath, int]):
    """The lines of *data*, which stands at *path* in a larger file with *lines*."""

    def __init__(self, lines: Mapping[DataPath, int], path: DataPath, data: Any) -> None:
        self._lines, self._path, self._data = lines, path, data

    def __getitem__(self, path: DataPath) -> int:
        return self._lines[(*self._path, *path)]

    def __iter__(self) -> Iterator[DataPath]:
        return paths_of(self._data)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_SUBSTITUTED: Final[dict[tuple[int, int], bytes]] = {}
"""What came of `<(command)`, by its pipe: that can be read once, and a command first looks at what it is."""


def _once(pipe: tuple[int, int], raw: bytes) -> bytes:
    """Return what *pipe* gave when it was read first, which is *raw* where it is now."""
    return _SUBSTITUTED.setdefault(pipe, raw) if raw else _SUBSTITUTED.get(pipe, raw)


def refuse_hcl(text: str, name: str) -> None:
    """
    Raise FileError where the file *name* is Terraform's own language and not data; JSON by such a name is data.

    https://developer.hashicorp.com/terraform/language/syntax/configuration
    """
    if name.lower().endswith(HCL_ENDINGS) and not text.lstrip().startswith(("{", "[")):
        hint = "`rolemgr check`, `compare` and `migrate` read `terraform show -json` of a plan"
        raise FileError(SourceLocation(name), "is HCL, and HCL is not read", hint)


def read_text(path: Path, name: str | None = None, limits: Limits = LIMITS) -> str:
    """
    Return the text of the file at *path*; *name* is what messages call it.

    Raises FileError where it is missing, no regular file, over *limits*, not UTF-8, or a pipe that nobody writes to.
    """
    where = SourceLocation(name or str(path))
    try:
        with open_input(path) as file:
            found = os.fstat(file.fileno())
            raw = file.read(limits.bytes + 1)
            if stat.S_ISFIFO(found.st_mode) and str(path).startswith("/dev/fd/"):
                raw = _once((found.st_dev, found.st_ino), raw)
            if not raw and stat.S_ISFIFO(found.st_mode):
                raise FileError(where, "is a pipe that nothing is written to")
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise FileError(where, f"can't be read: {getattr(error, 'strerror', None) or error}") from error
    return decode(raw, where, limits)


PIPE_SECONDS: Final = 0.5
"""How long a pipe without a writer is waited for: who makes one and reads it at once may write a moment later."""


def open_input(path: Path) -> BinaryIO:
    """
    Return the file at *path*, open; raise what `open` raises, and OSError for a pipe that nobody writes to.

    `open` would wait for ever for a writer. One that has opened the pipe (`<(command)`) is waited for.
    """
    if not hasattr(os, "O_NONBLOCK"):  # Windows, which has no such pipes in folders
        return path.open("rb")
    file = cast("BinaryIO", open(path, "rb", opener=_at_once))  # noqa: SIM115
    try:
        start = _start(file.fileno()) if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode) else b""
    except OSError:
        file.close()
        raise
    os.set_blocking(file.fileno(), True)
    return cast("BinaryIO", io.BufferedReader(_Continued(start, file))) if start else file


OPENED: Final = "rolemgr.files.opened"
"""The audit event of a file that is open, with its path and number: who confines the process looks at it once more."""


def _at_once(path: str, flags: int) -> int:
    number = os.open(path, flags | os.O_NONBLOCK)
    try:
        sys.audit(OPENED, path, number)
    except BaseException:
        os.close(number)
        raise
    return number


def _start(opened: int) -> bytes:
    """Return what had to be read from the pipe *opened* to know that somebody writes to it, or has."""
    waiting = select.poll()
    waiting.register(opened, select.POLLIN)
    if waiting.poll(PIPE_SECONDS * 1_000):
        return b""
    try:
        start = os.read(opened, 1)
    except BlockingIOError:  # a writer that has not written yet
        return b""
    if not start:
        raise OSError(None, "nobody writes to this pipe")
    return start


class _Continued(io.RawIOBase):
    """A file of which the *start* has been read already."""

    def __init__(self, start: bytes, file: BinaryIO) -> None:
        self._start, self._file = start, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._start or self._file.read(len(buffer))
        self._start = b""
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()


_CODING: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)
"""https://peps.python.org/pep-0263/: in a comment on the first line, or on the second after one of no code."""
_UTF_8: Final = frozenset({b"utf-8", b"utf8", b"utf_8"})
_MOST_OF_TWO_LINES: Final = 4_096
_SLOW_ENCODINGS: Final = frozenset({"idna", "punycode"})
"""Their time grows with the square of the text."""


def _in_encoding(raw: bytes, name: str, where: SourceLocation) -> str:
    """Return the code *raw* in the encoding that it names, as Python reads it; raise FileError where it can't be."""
    try:
        found = codecs.lookup(name)
        if found.name in _SLOW_ENCODINGS:
            raise LookupError(name)
        raw = raw.removeprefix(codecs.BOM_UTF8)
        return io.TextIOWrapper(io.BytesIO(raw), encoding=found.name, newline="").read()
    except LookupError as error:  # no encoding, or none of text
        raise FileError(where, f"names the encoding {name!r}, which is none of text") from error
    except ValueError as error:
        raise FileError(where, f"is not in {name}, the encoding that it names") from error


def decode(raw: bytes, where: SourceLocation, limits: Limits = LIMITS) -> str:
    """Return *raw* as text; raise FileError where it is over *limits*, or not in UTF-8 or what code names."""
    if len(raw) > limits.bytes:
        raise FileError(where, f"is larger than {limits.bytes:,} bytes")
    named = _CODING.search(raw[:_MOST_OF_TWO_LINES]) if limits.is_python else None
    if named and named[1].lower() not in _UTF_8:
        return _in_encoding(raw, named[1].decode("ascii"), where)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileError(SourceLocation(where.file, line), f"is not UTF-8 (byte {error.start})") from error


@dataclass(frozen=True)
class PlacedSource(SourceFile):
    """
    Data put together from several files and places: *places* has that of each value, *labels* what some are said by.

    Its *lines* are those of the places, whatever file they are of.
    """

    places: Mapping[DataPath, SourceLocation]
    labels: Mapping[DataPath, str]

    def at(self, path: DataPath = ()) -> SourceLocation:
        """Return the place of *path*, or of the nearest value around it that has one."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, SourceLocation(self.name))

    def label(self, path: DataPath) -> str | None:
        """Return what says the value at *path*, or the nearest value around it; None where nothing is known."""
        while path and path not in self.labels:
            path = path[:-1]
        return self.labels.get(path)


@dataclass(frozen=True)
class LayeredSource(SourceFile):
    """
    Data put together from several places: flags, environment, settings and a role file.

    *places* says where a top-level key was taken from, where that is not *file*; *replaced*, what of another place no
    longer holds because of it.
    """

    places: Mapping[str, SourceLocation]
    file: SourceFile | None = None
    replaced: tuple[str, ...] = ()

    def at(self, path: DataPath = ()) -> SourceLocation:
        """Return the flag or variable that gave the value at *path*, or its line in the role file."""
        if path and path[0] in self.places:
            return self.places[str(path[0])]
        return self.file.at(path) if self.file else SourceLocation(self.name)

    def with_default(self, key: str, value: str, where: SourceLocation) -> "LayeredSource":
        """Return it with *value* from *where* for the top-level *key*, unless that has a value."""
        if key in self.data:
            return self
        return self.with_value(key, value, where)

    def with_value(self, key: str, value: Any, where: SourceLocation) -> "LayeredSource":
        """Return it with *value* from *where* for the top-level *key*, whatever that was."""
        lines = {**self.lines, **dict.fromkeys(paths_of(value, (key,)), 0)}
        return replace(self, data={**self.data, key: value}, lines=lines, places={**self.places, key: where})


def paths_of(data: Any, path: DataPath = ()) -> Iterator[DataPath]:
    """Yield the path of every value in *data*, itself first."""
    yield path
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list | tuple) else ()
    for step, value in entries:
        yield from paths_of(value, (*path, step))
