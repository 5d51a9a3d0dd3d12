"""
Who does the shares of a large piece of work: this process, one process a core here, or the workers of a cluster.

Whoever does it, the results come in the order of the shares, and are what one process would have found. A share
is work on something small beside what all of them need (*common*), which is sent once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from rolemgr.workflow.parallel import pool_of, works_alone
from rolemgr.workflow.spread import cores, deaf

C = TypeVar("C")
S = TypeVar("S")
R = TypeVar("R")
Out = TypeVar("Out", covariant=True)

AHEAD: Final = 4
"""How many shares a worker has before it: enough never to wait, few enough for results not to pile up."""


class Workers(Protocol):
    """Does *work* on each of *shares* with *common*, and yields the results in their order."""

    def __call__(self, work: Callable[[C, S], R], common: C, shares: Iterable[S]) -> Iterator[R]:
        """Yield what *work* returns for each share; raise what it raises."""


class WorkerChoice(NamedTuple):
    """What the user says of workers: how many processes (*jobs*) here, or the address of a *scheduler*."""

    jobs: int | None = None
    scheduler: str | None = None


def here(work: Callable[[C, S], R], common: C, shares: Iterable[S]) -> Iterator[R]:
    """Do all of it in this process."""
    for share in shares:
        yield work(common, share)


def jobs_for(choice: WorkerChoice, size: int, worth: int) -> int:
    """Return how many processes work of *size* gets: those of the *choice*, else one a core from *worth* on."""
    if works_alone():
        return 1
    return choice.jobs or (cores() if size >= worth else 1)


@contextmanager
def processes(count: int) -> Iterator[Workers]:
    """Give so many processes of this machine; the pool ends with the block, also where that ends early."""
    if count == 1:
        yield here
        return
    with ExitStack() as pools:

        def several(work: Callable[[C, S], R], common: C, shares: Iterable[S]) -> Iterator[R]:
            pool = pools.enter_context(pool_of(count, _begin, work, common))
            with deaf():  # the first share begins the processes
                pool.submit(_nothing).result()
            return in_turn(lambda share: pool.submit(_do, share), shares, count * AHEAD)

        yield several


class Pending(Protocol[Out]):
    """A result that comes: of a process pool, or of a cluster."""

    def result(self) -> Out:
        """Return it once it is there; raise what the work raised."""


def in_turn(submit: Callable[[S], "Pending[R]"], shares: Iterable[S], most: int) -> Iterator[R]:
    """Yield the result of each share that *submit* takes, in order, with at most *most* of them under way."""
    under_way: deque[Pending[R]] = deque()
    for share in shares:
        under_way.append(submit(share))
        if len(under_way) >= most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


_own: list[Any] = []
"""In a process of a pool: its work, and what all shares need."""


def _begin(work: Any, common: Any) -> None:
    _own[:] = [work, common]


def _nothing() -> None:
    """Do nothing: a process is begun for it."""


def _do(share: Any) -> Any:
    work, common = _own
    return work(common, share)
