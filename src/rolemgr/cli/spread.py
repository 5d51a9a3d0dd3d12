"""
The lines of a large file, worked on by one process a core, in order.

A process costs some 20 ms to begin and a batch's line some 60 microseconds, so from `FROM` on a second core pays.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import MAX_BYTES

if TYPE_CHECKING:
    from concurrent.futures import Future

R = TypeVar("R")

FROM: Final = 4 << 20
_CHUNK: Final = 1 << 18
_MOST: Final = 4
"""More processes would hold more than they gain: each remembers for itself."""
_AHEAD: Final = 3
"""Chunks a process that are read before their turn, so that none waits and little is held."""


def is_worth_it(lines: BinaryIO) -> bool:
    """Tell whether *lines* are a file so large, and the cores so many, that several processes pay."""
    try:
        status = os.fstat(lines.fileno())
    except OSError:
        return False
    return S_ISREG(status.st_mode) and status.st_size - lines.tell() >= FROM and cores() > 1


def in_order(work: Callable[[bytes], R], lines: BinaryIO) -> Iterator[R]:
    """Yield what *work* returns for each chunk of whole *lines*, in their order; it is done in other processes."""
    from concurrent.futures import ProcessPoolExecutor  # a small file does not pay for it

    processes = min(cores(), _MOST)
    pool = ProcessPoolExecutor(processes)
    waiting: deque[Future[R]] = deque()
    try:
        for chunk in chunks(lines):
            with deaf():
                waiting.append(pool.submit(work, chunk))
            if len(waiting) >= _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def chunks(lines: BinaryIO) -> Iterator[bytes]:
    """Yield *lines* in chunks of whole lines; of a line over the limit only as much as shows that it is."""
    while chunk := lines.read(_CHUNK):
        if not chunk.endswith(b"\n"):
            rest = lines.readline(MAX_BYTES + 1)
            chunk += rest
            skip_line(rest, lines)
        yield chunk


def skip_line(line: bytes, lines: BinaryIO) -> None:
    """Read on to the end of a *line* of which only a part was read; raise InputError where none comes (/dev/zero)."""
    for _ in range(_LONGEST // MAX_BYTES):
        if not line or line.endswith(b"\n"):
            return
        line = lines.readline(MAX_BYTES)
    raise InputError(SourceLocation("--requests"), f"a line goes on beyond {_LONGEST:,} bytes")


_LONGEST: Final = 256 * MAX_BYTES


@contextmanager
def deaf() -> Iterator[None]:
    """Put Ctrl-C off until the end; a process that begins here never hears it: its parent does."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
