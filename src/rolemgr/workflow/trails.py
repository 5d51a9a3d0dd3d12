"""The files of trails that a user names: files, folders, patterns and what lies in S3, one after the other."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from rolemgr.errors import InputError, SourceLocation
from rolemgr.events.records import Record, Unread, read_records
from rolemgr.files.source import open_input
from rolemgr.workflow.given_files import expanded

_ENDINGS: Final = (
    ".json",
    ".json.gz",
    ".jsonl",
    ".jsonl.gz",
    ".ndjson",
    ".ndjson.gz",
    ".csv",
    ".csv.gz",
    ".gz",
    ".log",
)
_NO_EVENTS: Final = ("CloudTrail-Digest", "CloudTrail-Insight")
"""Folders of a trail that have no events of calls: digests of its files, and Insights."""
S3: Final = "s3://"


class OpenTrail(NamedTuple):
    """A file of a trail: what messages call it, and how it is opened."""

    name: str
    open: Callable[[], BinaryIO]


Buckets: TypeAlias = Callable[[str], Iterator[OpenTrail]]
"""Gives the files of a trail below an ``s3://`` address; raises AwsError where AWS does not."""


def trail_files(names: Sequence[str], stdin: BinaryIO, buckets: Buckets) -> Iterator[OpenTrail]:
    """
    Yield the files that *names* mean: ``-`` is stdin, folders are gone through, digests passed over.

    Raises InputError for a name without a file, and for a folder without a file of a trail.
    """
    local = [name for name in names if not name.startswith(S3)]
    for name in set(names) - set(local):
        if not name.removeprefix(S3).partition("/")[0]:
            raise InputError(SourceLocation(name), "names no bucket", "such as s3://BUCKET/AWSLogs/")
    there = expanded(local)
    for name in there:
        if name == "-":
            yield OpenTrail("<stdin>", lambda: stdin)
        elif os.path.isdir(name):  # noqa: PTH112 - it raises nothing where the path is too long
            yield from _in_folder(name)
        else:
            yield _file(name)
    for name in names:
        if name.startswith(S3):
            yield from buckets(name)


def _file(name: str) -> OpenTrail:
    return OpenTrail(name, lambda: open_trail(name))


def open_trail(name: str) -> BinaryIO:
    """Return the file *name* of a trail, open; raise OSError also for a device, which may have no end."""
    file = open_input(Path(name))
    kind = os.fstat(file.fileno()).st_mode
    if stat.S_ISBLK(kind) or (stat.S_ISCHR(kind) and not file.isatty()):
        file.close()
        raise OSError(None, "it is a device")
    return file


def _in_folder(folder: str) -> Iterator[OpenTrail]:
    """Yield the files in *folder*; one that can't be entered, or is a link to one, fails as it is opened."""
    found = False
    closed: list[str] = []
    walked = os.walk(folder, onerror=lambda error: closed.append(str(error.filename)))
    for at, folders, files in walked:
        folders[:] = sorted(one for one in folders if one not in _NO_EVENTS)
        linked = (os.path.join(at, one) for one in folders)  # noqa: PTH118
        closed += (one for one in linked if os.path.islink(one))  # noqa: PTH114
        for file in sorted(files):
            if file.lower().endswith(_ENDINGS):
                found = True
                yield _file(os.path.join(at, file))  # noqa: PTH118 - as the user wrote it
    yield from map(_file, closed)
    if not found:
        raise InputError(SourceLocation(folder), "has no file of a trail", f"such end in {', '.join(_ENDINGS[:3])} ...")


def size_of(names: Sequence[str]) -> int:
    """Return how many bytes the files of *names* have on disk, as far as that is known without reading them."""
    total = 0
    for name in names:
        if os.path.isdir(name):  # noqa: PTH112 - it raises nothing where the path is too long
            paths = (os.path.join(at, one) for at, _, files in os.walk(name) for one in files)  # noqa: PTH118
            total += sum(os.path.getsize(one) for one in paths if os.path.isfile(one))  # noqa: PTH113, PTH202
        elif os.path.isfile(name):  # noqa: PTH113
            total += os.path.getsize(name)  # noqa: PTH202
    return total


def records_in(files: Iterator[OpenTrail], done: Callable[[str], None]) -> Iterator[Record | Unread]:
    """Yield the events in *files*; a file that can't be opened is said, and the others are read. Tells each *done*."""
    for one in files:
        try:
            file = one.open()
        except (OSError, ValueError) as error:
            yield Unread(SourceLocation(one.name), f"can't be read: {getattr(error, 'strerror', None) or error}")
            continue
        try:
            yield from read_records(file, one.name)
        finally:
            if one.name != "<stdin>":
                file.close()
        done(one.name)
