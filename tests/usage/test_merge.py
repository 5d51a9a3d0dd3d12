"""Trails replayed in shares of files: what is found is the same as in one process, whatever is in which file."""

import io
import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.events.support import ROLE, log_file
from tests.usage.generated import calls, policy

import rolemgr.usage.merge
import rolemgr.usage.recorded
import rolemgr.usage.replay
from rolemgr.errors import InputError
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.report.replay import replay_data
from rolemgr.usage.layers_asked import GivenPolicy, ReplayedPolicies, asked_policies
from rolemgr.usage.merge import add_use
from rolemgr.usage.recorded import RecordedUse, ToldApart
from rolemgr.workflow.replay import replayed_here
from rolemgr.workflow.replay_shares import SharedReplay, replayed_in_shares
from rolemgr.workflow.trail_shares import FILES, in_shares, shares_of
from rolemgr.workflow.trails import OpenTrail, trail_files
from rolemgr.workflow.use_shares import SharedUse, used_here


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of files whose calls repeat one another, with files and lines among them that can't be read."""
    folder, random = tmp_path_factory.mktemp("trail"), Random(3)  # noqa: S311 - nothing secret
    made = [one.event for seed in range(3) for one in calls(seed, 60)]
    for number in range(3 * FILES):
        several = random.sample(made, 8) if number else made[:3]
        (folder / f"{number:03}.json").write_bytes(log_file(*several))
    (folder / "broken.json").write_text('{"Records": [{"eventName": ')
    (folder / "other.jsonl").write_text('{"no": "event"}\n[1]\n')
    return folder


def policies() -> ReplayedPolicies:
    """Return policies that allow some calls, deny others, and of some nobody knows."""
    return ReplayedPolicies(asked_policies([GivenPolicy(Layer.IDENTITY, policy(1), "policy.json")]))


def files(trail: Path) -> Iterator[OpenTrail]:
    """Yield the files of *trail*."""
    return trail_files([str(trail)], io.BytesIO(), lambda _: iter(()))


def far(work: Callable[[Any, Any], Any], common: Any, shares: Iterable[Any]) -> Iterator[Any]:
    """Work as other machines do: with copies of everything, two of them in turn, four shares ahead."""
    workers = [pickle.loads(pickle.dumps(common)) for _ in range(2)]  # noqa: S301 - our own
    ahead = [pickle.dumps(one) for one in shares]
    for turn, share in enumerate(ahead):
        yield pickle.loads(pickle.dumps(work(workers[turn % 2], pickle.loads(share))))  # noqa: S301 - our own


@pytest.mark.parametrize("is_far", [False, True])
def test_shares_find_what_one_process_finds(trail: Path, is_far: bool) -> None:
    """Counts, rows, examples in their order, what is unread: the JSON is the same."""
    alone = replay_data(replayed_here(files(trail), policies()))
    shared = replayed_in_shares(files(trail), SharedReplay(policies(), (None, None, None)), far, is_far=is_far)
    assert json.dumps(replay_data(shared)) == json.dumps(alone)
    assert alone["summary"]["unread"] > 0
    assert sum(map(len, (one for one in alone.values() if isinstance(one, list)))) > 10


@pytest.mark.parametrize("most", [1, 7, 20])
def test_rows_beyond_the_most_are_counted_alike(trail: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Which rows are shown depends on the order of calls: a share with too many is counted in its turn."""
    monkeypatch.setattr(rolemgr.usage.replay, "MOST_ROWS", most)
    monkeypatch.setattr(rolemgr.usage.merge, "MOST_ROWS", most)
    alone = replay_data(replayed_here(files(trail), policies()))
    shared = replayed_in_shares(files(trail), SharedReplay(policies(), (None, None, None)), far, is_far=False)
    assert json.dumps(replay_data(shared)) == json.dumps(alone)
    assert alone["rows_left_out"] > 0


@pytest.mark.parametrize("most", [1, 3, 10_000])
@pytest.mark.parametrize("is_far", [False, True])
def test_what_was_used_is_the_same_in_shares(
    trail: Path, monkeypatch: pytest.MonkeyPatch, most: int, is_far: bool
) -> None:
    """Requests in their order, counts, what is unread: also where there are more names than are kept."""
    monkeypatch.setattr(rolemgr.usage.recorded, "MOST_NAMES", most)
    told_apart = ToldApart(PartlyKnownLayers(Policies(identity=(policy(1),))), by_name=True)
    alone = used_here(files(trail), told_apart, (ROLE,))
    fresh = ToldApart(PartlyKnownLayers(Policies(identity=(policy(1),))), by_name=True)
    common = SharedUse(fresh, (ROLE,), (None, None, None))
    shared = in_shares(files(trail), common, far, RecordedUse(), add_use, is_far=is_far)
    assert list(shared.requests.items()) == list(alone.requests.items())
    assert shared == alone
    assert bool(alone.too_many_names) is (most < 10)
    assert alone.unread_count > 0


def test_what_is_sent_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file here that is too large for messages is refused, with what to do; what lies in S3 is not sent at all."""
    monkeypatch.setattr("rolemgr.workflow.trail_shares.MOST_SENT", 10)
    (tmp_path / "a.json").write_text("x" * 11)
    with pytest.raises(InputError, match="is larger than 10 bytes"):
        list(shares_of(files_in(tmp_path), is_far=True))
    remote = OpenTrail("s3://acme/AWSLogs/a.json.gz", lambda: pytest.fail("it is opened here"))
    assert list(shares_of([remote], is_far=True)) == [((("s3://acme/AWSLogs/a.json.gz", None),),)]


def files_in(folder: Path) -> list[OpenTrail]:
    """Return the file of *folder*."""
    return [OpenTrail("a.json", lambda: (folder / "a.json").open("rb"))]
