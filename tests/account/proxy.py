"""A small HTTP proxy before the server that loses answers, or holds a call until the test lets it go."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

_DENIED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is not authorized to perform: "
    b"iam:GetRole</Message></Error><RequestId>0</RequestId></ErrorResponse>"
)


class Proxy(ThreadingHTTPServer):
    """Hands calls on to *target*; the answers to the first call of each action in *losing* get lost."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, target: str, *, losing: frozenset[str] = frozenset(), holding: str = "",
        garbling: Callable[[str, bytes], bytes] | None = None, denying: bytes = b"", dripping: str = "",
    ) -> None:  # fmt: skip
        super().__init__(("127.0.0.1", 0), _Handler)
        self.denying, self.dripping = denying, dripping
        self.garbling = garbling or (lambda _, answer: answer)
        self.target, self.losing, self.holding = target, set(losing), holding
        self.held, self.go_on = threading.Event(), threading.Event()
        self.calls: list[str] = []
        """The actions that were called, in order."""

    @property
    def address(self) -> str:
        """The URL that it listens at."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        """Hand a call on, and the answer back, unless that is to be lost."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        [action] = parse_qs(body.decode()).get("Action", [""])
        self.server.calls.append(action)
        if action == self.server.holding and not self.server.held.is_set():
            self.server.held.set()
            self.server.go_on.wait(30)
        status, answer = self._handed_on(body)
        answer = self.server.garbling(action, answer)
        if action in self.server.losing:
            self.server.losing.remove(action)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        for byte in answer if action == self.server.dripping else ():
            if self.server.go_on.wait(0.2):  # the test is over
                return
            self.wfile.write(bytes([byte]))
        if action != self.server.dripping:
            self.wfile.write(answer)

    def _handed_on(self, body: bytes) -> tuple[int, bytes]:
        if self.server.denying and self.server.denying in body:
            return 403, _DENIED
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(self.server.target, data=body, headers=kept, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server on loopback
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def proxied(
    target: str, *, losing: frozenset[str] = frozenset(), holding: str = "",
    garbling: Callable[[str, bytes], bytes] | None = None, denying: bytes = b"", dripping: str = "",
) -> Iterator[Proxy]:  # fmt: skip
    """Run a proxy before *target*; *garbling* changes answers by action, calls with *denying* are denied, *dripping* comes byte by byte."""
    proxy = Proxy(target, losing=losing, holding=holding, garbling=garbling, denying=denying, dripping=dripping)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.go_on.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
