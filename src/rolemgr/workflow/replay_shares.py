"""Trails replayed in shares of files, by processes here or a cluster: the same result as of one process."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

from rolemgr.errors import InputError, SourceLocation
from rolemgr.events.records import Record, Unread, read_records
from rolemgr.usage.layers_asked import ReplayedPolicies
from rolemgr.usage.merge import add_to
from rolemgr.usage.replay import Replay, replay
from rolemgr.usage.verdicts import ReplayJudge
from rolemgr.workflow.replay import Replaying, replayed_here
from rolemgr.workflow.trails import S3, OpenTrail, open_trail
from rolemgr.workflow.workers import Workers, here

FILES: Final = 16
"""How many files a share has: of a trail in S3, those of some hours."""
MOST_SENT: Final = 64 << 20
"""How many bytes of a file are sent to a cluster, whose workers can't read it here."""


TrailsAccess: TypeAlias = tuple[str | None, str | None, str | None]
"""How a worker reaches trails in S3, with credentials of its own: profile, Region and endpoint."""


class TrailShare(NamedTuple):
    """Files of a trail by their names, each with what is in it where the worker can't read it for itself."""

    files: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, eq=False)
class SharedReplay:
    """What each share of a replay needs: the *policies*, and how S3 is reached."""

    policies: ReplayedPolicies
    access: TrailsAccess

    @cached_property
    def judge(self) -> ReplayJudge:
        """What judges in this process, for all shares that it does: it remembers."""
        return ReplayJudge(self.policies.context)

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

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: a process has its own memory and its own client."""
        return {"policies": self.policies, "access": self.access}


def replayed_share(common: SharedReplay, share: TrailShare) -> Replay:
    """Return what becomes of the calls in the files of *share*."""
    return replay(_records(common, share), common.policies, common.judge)


def _records(common: SharedReplay, share: TrailShare) -> Iterator[Record | Unread]:
    for name, content in share.files:
        try:
            file = common.open(name) if content is None else io.BytesIO(content)
        except (OSError, ValueError) as error:
            yield Unread(SourceLocation(name), f"can't be read: {getattr(error, 'strerror', None) or error}")
            continue
        with file:
            yield from read_records(file, name)


def by(workers: Workers, access: TrailsAccess, *, is_far: bool) -> Replaying:
    """Return what has *workers* read files of a trail; those of a cluster are *far*."""
    if workers is here:
        return replayed_here

    def replaying(files: Iterable[OpenTrail], policies: ReplayedPolicies) -> Replay:
        return replayed_in_shares(files, SharedReplay(policies, access), workers, is_far=is_far)

    return replaying


def replayed_in_shares(files: Iterable[OpenTrail], common: SharedReplay, workers: Workers, *, is_far: bool) -> Replay:
    """
    Return what becomes of the calls in *files*, which *workers* read; where those are *far*, files here are sent.

    Raises InputError for a file that is too large to be sent, and AwsError where S3 does not give one.
    """
    found, shares = Replay(), _Remembered(shares_of(files, is_far=is_far))
    for part in workers(replayed_share, common, shares):
        share = shares.next()
        if not add_to(found, part):  # it has more rows than are shown: in their order they are counted here
            replay(_records(common, share), common.policies, common.judge, found)
    return found


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
