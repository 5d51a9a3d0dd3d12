"""The files of a trail in shares, for processes here or a cluster: who reads a share opens its files or gets them."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from rolemgr.errors import InputError, SourceLocation
from rolemgr.events.records import Record, Unread, read_records
from rolemgr.workflow.trails import S3, OpenTrail, open_trail
from rolemgr.workflow.workers import Workers

FILES: Final = 16
"""How many files a share has: of a trail in S3, those of some hours."""
MOST_SENT: Final = 64 << 20
"""How many bytes of a file are sent to a cluster, whose workers can't read it here."""
Found = TypeVar("Found")


TrailsAccess: TypeAlias = tuple[str | None, str | None, str | None]
"""How a worker reaches trails in S3, with credentials of its own: profile, Region and endpoint."""


class TrailShare(NamedTuple):
    """Files of a trail by their names, each with what is in it where the worker can't read it for itself."""

    files: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, eq=False)
class ShareReader:
    """Reads shares: S3 is reached by its *access*."""

    access: TrailsAccess

    @cached_property
    def _s3(self) -> Any:
        from rolemgr.account.connect import connect  # trails on disk touch no AWS

        found = connect(*self.access)
        return found.client("s3", found.region)

    def open(self, name: str) -> BinaryIO:
        """Return the file *name*, open; raise OSError, ValueError or AwsError where it can't be."""
        if not name.startswith(S3):
            return open_trail(name)
        from rolemgr.account.trail_objects import open_object

        return open_object(self._s3, name)

    def records(self, share: TrailShare) -> Iterator[Record | Unread]:
        """Yield the events in the files of *share*; of one that can't be opened why."""
        for name, content in share.files:
            try:
                file = self.open(name) if content is None else io.BytesIO(content)
            except (OSError, ValueError) as error:
                yield Unread(SourceLocation(name), f"can't be read: {getattr(error, 'strerror', None) or error}")
                continue
            with file:
                yield from read_records(file, name)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: a process has its own client."""
        return {"access": self.access}


class ShareWork(Protocol[Found]):
    """What is asked of each share: all that its worker needs."""

    def of(self, share: TrailShare, found: Found | None = None) -> Found:
        """Return what is in *share*; added to *found*, of the shares before it, where that is given."""


def in_shares(
    files: Iterable[OpenTrail], common: ShareWork[Found], workers: Workers, start: Found,
    add: Callable[[Found, Found], bool], *, is_far: bool,
) -> Found:  # fmt: skip
    """
    Return what *common* finds in *files*, which *workers* read; where those are *far*, files here are sent.

    *add* adds what is in a share to what was found before, from *start* on, and tells whether that was possible; where
    not, the share is read here. Raises InputError for a file that is too large to be sent, and AwsError where S3 does
    not give one.
    """
    found, shares = start, _Remembered(shares_of(files, is_far=is_far))
    for part in workers(_of_share, common, shares):
        share = shares.next()
        if not add(found, part):
            found = common.of(share, found)
    return found


def _of_share(common: ShareWork[Found], share: TrailShare) -> Found:
    return common.of(share)


def shares_of(files: Iterable[OpenTrail], *, is_far: bool) -> Iterator[TrailShare]:
    """Yield *files* in shares, with what is in them where the workers are *far* and the files here."""
    left = iter(files)
    while several := tuple(islice(left, FILES)):
        yield TrailShare(tuple((one.name, _content(one) if is_far else None) for one in several))


def _content(one: OpenTrail) -> bytes | None:
    if one.name.startswith(S3):
        return None
    try:
        with one.open() as file:
            content = file.read(MOST_SENT + 1)
    except (OSError, ValueError):
        return None  # the worker, which can't read it either, says so
    if len(content) > MOST_SENT:
        hint = "have the workers read it from s3://, or leave --scheduler out"
        raise InputError(SourceLocation(one.name), f"is larger than {MOST_SENT:,} bytes, which are sent", hint)
    return content


class _Remembered:
    """Shares that are taken from an iterator ahead of their results, each kept until its result is there."""

    def __init__(self, shares: Iterator[TrailShare]) -> None:
        self._shares, self._kept = shares, list[TrailShare]()

    def __iter__(self) -> Iterator[TrailShare]:
        for share in self._shares:
            self._kept.append(share)
            yield share

    def next(self) -> TrailShare:
        """Return the share whose result comes next."""
        return self._kept.pop(0)
