"""
The same work on many files: in this process where they are few, else in one process a core.

A role takes some 14 ms, most of it the proof that it keeps its persona's separation, and a process half a second
until it is warm. In seconds of processor time: 100 roles take 1.7 in one process and 1.1 to 1.5 at best in two
(forked or spawned), 1,000 roles 14 and 8.5 to 10. So `FROM` is where a second, idle core begins to pay.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import active_children
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from rolemgr.catalog.load import Catalog
from rolemgr.workflow.spread import cores as usable_cores
from rolemgr.workflow.spread import deaf

R = TypeVar("R")
Catalogs: TypeAlias = Callable[[tuple[str, ...]], Catalog]
"""The catalog of some folders, the same one whenever it is asked for: each file of it is read once."""

FROM = 100
_CHUNK = 10
_own: list[Catalogs] = []
"""In a process of the pool: its catalogs, which last as long as the pool."""


_alone: list[bool] = []
"""Has something in a process that begins no other."""


def work_alone() -> None:
    """From now on begin no process: one that is begun is not confined as this one is."""
    _alone.append(True)


def works_alone() -> bool:
    """Tell whether this process begins no other."""
    return bool(_alone)


def in_order(work: Callable[[str, Catalogs], R], files: Sequence[str], cores: int | None = None) -> Iterator[R]:
    """
    Yield the result of *work* on each of *files*, in their order.

    *work* and its results go from process to process, so both must be things that pickle takes.
    """
    cores = cores or usable_cores()
    if _alone or cores == 1 or len(files) < FROM:
        catalogs = _catalogs()
        yield from (work(file, catalogs) for file in files)
        return
    with pool_of(cores, _start) as pool:
        with deaf():
            results = pool.map(_Work(work), files, chunksize=_CHUNK)  # this begins the processes
        yield from results


@contextmanager
def pool_of(count: int, begin: Callable[..., None], *needed: Any) -> Iterator[ProcessPoolExecutor]:
    """
    Give *count* processes, each begun with *begin* and what it *needed*; they end with the block.

    Where that ends early, by Ctrl-C above all, they end at once, in the middle of what they do: a share may be minutes
    of work, and they themselves never hear Ctrl-C.
    """
    before = set(active_children())
    pool = ProcessPoolExecutor(count, initializer=begin, initargs=needed)
    try:
        yield pool
    except BaseException:
        for process in set(active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Work(Generic[R]):
    """*work* with the catalogs of the process that it runs in."""

    def __init__(self, work: Callable[[str, Catalogs], R]) -> None:
        self._work = work

    def __call__(self, file: str) -> R:
        return self._work(file, _own[0])


def _catalogs() -> Catalogs:
    return cache(lambda folders: Catalog([Path(folder) for folder in folders]))


def _start() -> None:
    """Begin a process of the pool."""
    _own[:] = [_catalogs()]
