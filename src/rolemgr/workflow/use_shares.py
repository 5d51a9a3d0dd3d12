"""What a role used, from trails in shares of files, by processes here or a cluster: the same as by one process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from rolemgr.usage.merge import add_use
from rolemgr.usage.recorded import RecordedUse, ToldApart, recorded_use
from rolemgr.workflow.trail_shares import ShareReader, TrailsAccess, TrailShare, in_shares
from rolemgr.workflow.trails import OpenTrail, records_in
from rolemgr.workflow.workers import Workers, here

UseReading: TypeAlias = Callable[[Iterator[OpenTrail], ToldApart, tuple[str, ...]], RecordedUse]
"""Reads files of a trail for what principals of some names used: in this process, or by others."""


@dataclass(frozen=True, eq=False)
class SharedUse:
    """What each share needs: what is *told_apart*, whose calls count by their *names*, and how S3 is reached."""

    told_apart: ToldApart
    names: tuple[str, ...]
    access: TrailsAccess

    @cached_property
    def _reader(self) -> ShareReader:
        return ShareReader(self.access)

    def of(self, share: TrailShare, found: RecordedUse | None = None) -> RecordedUse:
        """Return what is used by the files of *share*, added to what was *found* before."""
        return recorded_use(self._reader.records(share), self.told_apart, self.names, found)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: a process has its own client."""
        return {"told_apart": self.told_apart, "names": self.names, "access": self.access}


def used_here(files: Iterator[OpenTrail], told_apart: ToldApart, names: tuple[str, ...]) -> RecordedUse:
    """Return what the principals of *names* used by *files*, read in this process."""
    return recorded_use(records_in(files, lambda _: None), told_apart, names)


def reading_by(workers: Workers, access: TrailsAccess, *, is_far: bool) -> UseReading:
    """Return what has *workers* read files of a trail; those of a cluster are *far*."""
    if workers is here:
        return used_here

    def reading(files: Iterator[OpenTrail], told_apart: ToldApart, names: tuple[str, ...]) -> RecordedUse:
        common = SharedUse(told_apart, names, access)
        return in_shares(files, common, workers, RecordedUse(), add_use, is_far=is_far)

    return reading
