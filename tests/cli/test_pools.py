"""Processes that share work end at once where the work ends early: a share may be minutes of it."""

import time
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path

import pytest

from rolemgr.workflow import parallel
from rolemgr.workflow.parallel import in_order
from rolemgr.workflow.workers import processes

LONG = 60


def _sleep(_: object, share: int) -> int:
    """Be done with the first share, and then for a long time with none."""
    time.sleep(LONG if share else 0)
    return share


def _sleep_over(name: str, _: object) -> str:
    time.sleep(0 if name == "0" else LONG)
    return name


def _shares() -> None:
    with processes(2) as workers:
        for _ in workers(_sleep, None, range(4)):
            raise KeyboardInterrupt


def _files() -> None:
    for _ in in_order(_sleep_over, [str(one) for one in range(20)], 2):
        raise KeyboardInterrupt


@pytest.mark.parametrize("work", [_shares, _files])
def test_an_interrupt_ends_what_is_under_way(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the shares that were begun, and no process is left."""
    monkeypatch.setattr(parallel, "FROM", 1)
    monkeypatch.setattr(parallel, "_CHUNK", 1)
    before, start = set(active_children()), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert time.monotonic() - start < LONG / 2
    assert set(active_children()) <= before


def _plain(_: object, share: int) -> int:
    return share


def test_work_that_is_done_ends_as_it_did(tmp_path: Path) -> None:
    """All results, in order."""
    with processes(2) as workers:
        assert list(workers(_plain, tmp_path, range(9))) == list(range(9))
