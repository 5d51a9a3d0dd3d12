"""Trails replayed in shares of files, by processes here or a cluster: the same result as of one process."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rolemgr.usage.layers_asked import ReplayedPolicies
from rolemgr.usage.merge import add_to
from rolemgr.usage.replay import Replay, replay
from rolemgr.usage.verdicts import ReplayJudge
from rolemgr.workflow.replay import Replaying, replayed_here
from rolemgr.workflow.trail_shares import ShareReader, TrailsAccess, TrailShare, in_shares
from rolemgr.workflow.trails import OpenTrail
from rolemgr.workflow.workers import Workers, here


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
    def _reader(self) -> ShareReader:
        return ShareReader(self.access)

    def of(self, share: TrailShare, found: Replay | None = None) -> Replay:
        """Return what becomes of the calls in the files of *share*, added to what was *found* before."""
        return replay(self._reader.records(share), self.policies, self.judge, found)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: a process has its own memory and its own client."""
        return {"policies": self.policies, "access": self.access}


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

    A share with more rows than are shown is counted here, in its order. Raises as `in_shares` does.
    """
    return in_shares(files, common, workers, Replay(), add_to, is_far=is_far)
