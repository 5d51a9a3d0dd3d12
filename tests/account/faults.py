"""
Faults put into a botocore client by its own event handlers, at the call that a test chooses.

A handler of ``before-send`` may answer in AWS's place or raise what a broken connection raises; the server
is the real one all the while, so that what happens after the fault is what IAM would do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

Fault = Callable[[Any], AWSResponse | None]
"""Takes the request in the place of the network: what it answers, or None to let it through."""


class _Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> "list[bytes]":
        """Return the body in one piece."""
        return [self._body]


def answer(status: int, code: str, message: str) -> AWSResponse:
    """Return the error *code* as IAM's query protocol sends it."""
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>0</RequestId></ErrorResponse>"
    )
    return AWSResponse("https://iam", status, {"Content-Type": "text/xml"}, _Raw(body.encode()))


def answering(status: int, code: str) -> Fault:
    """Return the fault that AWS answers with the error *code*."""
    return lambda _: answer(status, code, "as the test wants it")


def _refused(request: Any) -> None:
    raise EndpointConnectionError(endpoint_url=request.url, error="connection refused")


def _reset(request: Any) -> None:
    raise ConnectionClosedError(endpoint_url=request.url)


def _lost(request: Any) -> None:
    _delivered(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def _lost_and_retried(request: Any) -> None:
    """The server does the work, the answer is lost, and botocore sends the same again."""
    _delivered(request)


def _interrupted(request: Any) -> None:
    raise KeyboardInterrupt


def _interrupted_after(request: Any) -> None:
    _delivered(request)
    raise KeyboardInterrupt


def _failed_after(request: Any) -> AWSResponse:
    _delivered(request)
    return answer(500, "ServiceFailure", "as the test wants it")


def page(body: bytes) -> AWSResponse:
    """Return *body* as an answer with status 200, as a proxy's login page has."""
    return AWSResponse("https://iam", 200, {"Content-Type": "text/html"}, _Raw(body))


def _done_and_garbled(request: Any) -> AWSResponse:
    _delivered(request)
    return page(b"<AnswerResponse><AnswerResult><Role><Rol")


def _delivered(request: Any) -> None:
    session = URLLib3Session()
    session.send(request)
    session.close()


FAULTS: dict[str, Fault] = {
    "access denied": answering(403, "AccessDenied"),
    "throttled": answering(400, "Throttling"),
    "over a quota": answering(409, "LimitExceeded"),
    "malformed": answering(400, "MalformedPolicyDocument"),
    "expired": answering(403, "ExpiredToken"),
    "failure 500": answering(500, "ServiceFailure"),
    "done, then 500": _failed_after,
    "refused": _refused,
    "reset": _reset,
    "answer lost": _lost,
    "lost, retried": _lost_and_retried,
    "a page": lambda _: page(b"<html><body>Please log in</body></html>"),
    "done, then half": _done_and_garbled,
    "Ctrl-C": _interrupted,
    "done, then Ctrl-C": _interrupted_after,
}  # fmt: skip
"""What can go wrong with a call, by the name of the column in the fault matrix."""


@contextmanager
def sabotage(client: Any, at: int, fault: Fault, *, for_ever: bool = False) -> Iterator[list[str]]:
    """
    Let *fault* happen at the call *at* of *client*, counted from 0, or from there on.

    Yields the list of the operations called, which grows.
    """
    calls: list[str] = []

    def before_send(request: Any, event_name: str, **_: object) -> AWSResponse | None:
        calls.append(event_name.rpartition(".")[2])
        hit = len(calls) - 1 == at or (for_ever and len(calls) > at)
        return fault(request) if hit else None

    client.meta.events.register("before-send.iam", before_send, unique_id="sabotage")
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-send.iam", unique_id="sabotage")
