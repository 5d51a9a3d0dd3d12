"""
The workers of a Dask cluster, for work on a whole organization: `--scheduler ADDRESS`.

Whoever can talk to a scheduler has its workers run code, and a worker's answers are unpickled here: a scheduler of
another machine is reached over TLS alone, with the certificates that Dask's own configuration names. A worker
that is lost has its shares done again by others (Dask gives a share up after it has taken three workers with it).
https://distributed.dask.org/en/stable/tls.html
https://distributed.dask.org/en/stable/resilience.html
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from distributed import Client, KilledWorker
from distributed.comm.core import CommClosedError

from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.fingerprint import fingerprint
from rolemgr.workflow.workers import AHEAD, Pending, Workers, in_turn

C = TypeVar("C")
S = TypeVar("S")
R = TypeVar("R")

SECONDS: Final = 30
"""How long to wait for the scheduler, and for its first worker."""
_MOST_LOSSES: Final = 4
_AT: Final = SourceLocation("--scheduler")
_one: Final = Lock()


class _Other(NamedTuple):
    """The answer of a worker that is not what this process is: its fingerprint."""

    fingerprint: str


@contextmanager
def cluster(address: str, seconds: int = SECONDS) -> Iterator[Workers]:
    """
    Give the workers of the scheduler at *address*, such as ``tls://scheduler.example:8786``, within so many *seconds*.

    Raises InputError for an address that is not one, or is unsafe; where nobody answers; for workers that are not
    of this version of rolemgr and its reference; and where a share can't be done.
    """
    require_safe(address)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it tells on stderr what is told below
    connect: Any = Client
    with _told(address, seconds), connect(address, timeout=seconds, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=seconds)
        _require_alike({"the scheduler": _of_scheduler(client), **client.run(fingerprint, on_error="return")})
        yield _Cluster(client)


def require_safe(address: str) -> None:
    """Raise InputError where *address* is not one of a scheduler, or crosses a network without TLS."""
    try:
        parts = urlsplit(address)
        host, known = parts.hostname, parts.scheme in ("tcp", "tls") and parts.port is not None
    except ValueError:
        host, known = None, False
    if not host or not known:
        raise InputError(_AT, f"`{address}` is not the address of a Dask scheduler", "such as tls://10.0.0.5:8786")
    if parts.scheme == "tcp" and not _is_here(host):
        hint = "its messages execute code: give tls://, and certificates in Dask's configuration"
        raise InputError(_AT, f"`{address}` is another machine without TLS", hint)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _told(address: str, seconds: int) -> Iterator[None]:
    """Raise InputError where the cluster fails, and not the program."""
    try:
        yield
    except KilledWorker as error:
        raise InputError(_AT, f"a share of the work was lost with {error.allowed_failures + 1} workers") from error
    except TimeoutError as error:
        raise InputError(_AT, f"{address} has no worker within {seconds} seconds, or does not answer") from error
    except (OSError, CommClosedError) as error:
        raise InputError(_AT, f"{address}: {str(error).splitlines()[0] if str(error) else 'it went away'}") from error


class _Cluster:
    """The workers of a cluster, as `rolemgr.workflow.workers.Workers`."""

    def __init__(self, client: Client) -> None:
        self._client: Any = client  # Dask's methods have no types

    def __call__(self, work: Callable[[C, S], R], common: C, shares: Iterable[S]) -> Iterator[R]:
        """Yield what *work* returns for each share, in order."""
        sent = _SentToAll(self._client, common)

        def submit(share: S) -> Pending[Any]:
            return _PendingShare(self._client, work, sent, share)

        most = AHEAD * max(1, sum(self._client.nthreads().values()))
        for answer in in_turn(submit, shares, most):
            if isinstance(answer, _Other):
                _require_alike({"a worker that came later": answer.fingerprint})
            yield answer


class _SentToAll:
    """What all shares need, sent to the workers that are there; sent again where all that have it are lost."""

    def __init__(self, client: Any, common: Any) -> None:
        self._client, self._common = client, common
        self.data = self._send()

    def _send(self) -> Any:
        return self._client.scatter(self._common, broadcast=True, hash=False)

    def again(self, lost: Any) -> None:
        """Send it again, unless that was done since *lost*."""
        if lost is self.data:
            self.data = self._send()


class _PendingShare:
    """
    A share under way.

    Dask does the shares of a lost worker again, but not what was sent to it: where no other worker has that, as when
    they came later, Dask forgets the shares that need it. These are begun again here, with what they need.
    https://distributed.dask.org/en/stable/resilience.html#scattered-data
    """

    def __init__(self, client: Any, work: Callable[[Any, Any], Any], sent: _SentToAll, share: Any) -> None:
        self._client, self._work, self._sent, self._share = client, work, sent, share
        self._begin()

    def _begin(self) -> None:
        self._data = self._sent.data
        self._future = self._client.submit(_done, fingerprint(), self._work, self._data, self._share, pure=False)

    def result(self) -> Any:
        """Return it once it is there; raise what the work raised, and InputError where workers go on being lost."""
        for _ in range(_MOST_LOSSES):
            try:
                return self._future.result()
            except CancelledError:
                self._sent.again(self._data)
                self._begin()
        raise InputError(_AT, f"the workers that had what the work needs were lost {_MOST_LOSSES} times")


def _done(ours: str, work: Callable[[Any, Any], Any], common: Any, share: Any) -> Any:
    """In a worker: do *work*, one share at a time whatever threads it has, if it is what *ours* says."""
    if fingerprint() != ours:
        return _Other(fingerprint())
    with _one:
        return work(common, share)


def _of_scheduler(client: Any) -> Any:
    """Return the fingerprint of the scheduler, which reads what goes to workers; or the error that it answers."""
    try:
        return client.run_on_scheduler(fingerprint)
    except (ImportError, AttributeError, TypeError, RuntimeError) as error:
        return error


def _require_alike(found: Mapping[str, Any]) -> None:
    """Raise InputError for the first of the workers *found* that is not what this process is."""
    for worker, theirs in found.items():
        if isinstance(theirs, BaseException):
            raise InputError(_AT, f"{worker} has no rolemgr that works: {theirs}", f"install {fingerprint()} there")
        if theirs != fingerprint():
            raise InputError(_AT, f"{worker} is {theirs}", f"this is {fingerprint()}: the two may judge differently")
