"""
An AWS over HTTP, made of botocore's models, that answers what moto does not: pages, throttling, refusals.

What a test answers is compared with the model's output shape, so that no test relies on what AWS never sends.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.session import get_session
from tests.account.fake_iam import ACCOUNT, xml

CALLER = f"arn:aws:iam::{ACCOUNT}:user/auditor"


class AskedCall(NamedTuple):
    """One call: its *operation*, its *parameters* by the model's names, and which of this operation it is, from 1."""

    operation: str
    parameters: Mapping[str, Any]
    number: int


class AwsRefusal(NamedTuple):
    """An error that AWS answers."""

    status: int
    code: str
    message: str = "User is not authorized"


THROTTLED = AwsRefusal(400, "ThrottlingException", "Rate exceeded")
Answering = Callable[[AskedCall], Mapping[str, Any] | AwsRefusal]


class FakeAws(ThreadingHTTPServer):
    """Answers the calls of some *services* by *answering*, and who calls by itself."""

    daemon_threads = True

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering
        self.calls: list[AskedCall] = []

    @property
    def address(self) -> str:
        """The URL that it listens at."""
        return f"http://127.0.0.1:{self.server_port}"

    def operations(self) -> list[str]:
        """Return the operations that were called, in order, without the question who calls."""
        return [one.operation for one in self.calls if one.operation != "GetCallerIdentity"]

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any] | AwsRefusal:
        """Return the answer to one call; one that the model does not have fails the test."""
        number = 1 + sum(one.operation == operation for one in self.calls)
        call = AskedCall(operation, parameters, number)
        self.calls.append(call)
        if operation == "GetCallerIdentity":
            return {"UserId": "A", "Account": ACCOUNT, "Arn": CALLER}
        found = self.answering(call)
        if not isinstance(found, AwsRefusal):
            check_shape(model(service).operation_model(operation).output_shape, found)
        return found


@cache
def model(service: str) -> Any:
    """Return botocore's model of a *service*."""
    return get_session().get_service_model(service)


def check_shape(shape: Any, value: Any, path: str = "") -> None:
    """Raise AssertionError where *value* is not what botocore's *shape* has."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), (path, set(value) - set(shape.members))
        assert set(shape.required_members) <= set(value), (path, set(shape.required_members) - set(value))
        for key, one in value.items():
            check_shape(shape.members[key], one, f"{path}.{key}")
    elif shape.type_name == "list":
        assert isinstance(value, list), path
        for one in value:
            check_shape(shape.member, one, f"{path}[]")
    elif shape.type_name == "map":
        for key, one in value.items():
            check_shape(shape.value, one, f"{path}.{key}")
    else:
        kinds = {"integer": int, "long": int, "boolean": bool}
        assert isinstance(value, kinds.get(shape.type_name, str)), (path, value)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeAws

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        service = re.search(r"/([a-z-]+)/aws4_request", self.headers["Authorization"] or "")
        name = service[1].replace("-", "") if service else ""
        if name in ("iam", "sts"):
            self._query(name, body)
        else:
            self._rest(name, body)

    do_GET = do_POST  # noqa: N815 - the base class's name

    def _query(self, service: str, body: str) -> None:
        given = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
        operation = given.pop("Action")
        given.pop("Version")
        found = self.server.answer(service, operation, _nested(given))
        if isinstance(found, AwsRefusal):
            inner = f"<Type>Sender</Type><Code>{found.code}</Code><Message>{found.message}</Message>"
            text = f"<ErrorResponse><Error>{inner}</Error><RequestId>r</RequestId></ErrorResponse>"
            self._send(found.status, text, "text/xml")
            return
        inner = xml(model(service).operation_model(operation).output_shape, found)
        meta = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        self._send(200, f"<R><{operation}Result>{inner}</{operation}Result>{meta}</R>", "text/xml")

    def _rest(self, service: str, body: str) -> None:
        operation, parameters = _operation(service, self.command, self.path, json.loads(body or "{}"))
        found = self.server.answer(service, operation, parameters)
        if isinstance(found, AwsRefusal):
            self._send(found.status, json.dumps({"message": found.message}), "application/json", found.code)
        else:
            self._send(200, json.dumps(found), "application/json")

    def _send(self, status: int, text: str, kind: str, error: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("x-amzn-RequestId", "r")
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _operation(service: str, method: str, path: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the operation of REST that *method* and *path* are, with what the call says."""
    where = urlsplit(path)
    for name in model(service).operation_names:
        http = model(service).operation_model(name).http
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(http["requestUri"]))
        found = re.fullmatch(pattern, where.path)
        if found and http["method"] == method:
            in_query = {key: values[0] for key, values in parse_qs(where.query).items()}
            return name, {**body, **in_query, **{key: unquote(one) for key, one in found.groupdict().items()}}
    raise AssertionError(f"{service} has no operation {method} {path}")


def _nested(given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the query protocol says flat (``A.member.1.B=x``) as lists and mappings."""
    made: dict[str, Any] = {}
    for key, value in given.items():
        *steps, last = [step for step in key.split(".") if step != "member"]
        inner = made
        for step in steps:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return {key: _listed(one) for key, one in made.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(one) for key, one in value.items()}


@contextmanager
def fake_aws(answering: Answering) -> Iterator[FakeAws]:
    """Run such a server; stop it at the end."""
    server = FakeAws(answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
