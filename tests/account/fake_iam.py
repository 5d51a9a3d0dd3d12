"""
An IAM over HTTP that answers what moto does not: pages of any size, throttling, refusals, markers that never end.

Its answers are written from botocore's models, so that botocore reads them as it reads AWS's.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import escape

from botocore.session import get_session

ACCOUNT = "123456789012"
Answer = Mapping[str, Any] | tuple[int, str]
"""The members of an answer, or a status and an error code."""


@cache
def _output(service: str, operation: str) -> Any:
    return get_session().get_service_model(service).operation_model(operation).output_shape


def xml(shape: Any, value: Any) -> str:
    """Return *value* as the query protocol writes a *shape*; policy documents URL-encoded, as IAM does."""
    if shape.type_name == "structure":
        return "".join(f"<{key}>{xml(shape.members[key], one)}</{key}>" for key, one in value.items())
    if shape.type_name == "list":
        return "".join(f"<member>{xml(shape.member, one)}</member>" for one in value)
    if isinstance(value, dict):
        return escape(quote(json.dumps(value)))
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


class FakeIam(ThreadingHTTPServer):
    """Answers GetAccountAuthorizationDetails with *answering*, which is given the marker and the number of the call."""

    daemon_threads = True

    def __init__(self, answering: Callable[[str, int], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering
        self.calls: list[str] = []
        """The markers that were asked for."""

    @property
    def address(self) -> str:
        """The URL that it listens at."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeIam

    def do_POST(self) -> None:
        """Answer one call."""
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        [operation] = asked["Action"]
        if operation == "GetCallerIdentity":
            who = {"UserId": "A", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor"}
            self._send(200, _answer("sts", operation, who))
            return
        marker = asked.get("Marker", [""])[0]
        self.server.calls.append(marker)
        found = self.server.answering(marker, len(self.server.calls))
        if isinstance(found, tuple):
            self._send(found[0], _error(found[1], operation))
        else:
            self._send(200, _answer("iam", operation, found))

    def _send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _answer(service: str, operation: str, value: Mapping[str, Any]) -> str:
    inner = xml(_output(service, operation), value)
    meta = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    return f"<{operation}Response><{operation}Result>{inner}</{operation}Result>{meta}</{operation}Response>"


def _error(code: str, operation: str) -> str:
    text = f"User is not authorized to perform: iam:{operation}" if code == "AccessDenied" else "Rate exceeded"
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error><RequestId>r</RequestId>"
    return f"<ErrorResponse>{inner}</ErrorResponse>"


@contextmanager
def fake_iam(answering: Callable[[str, int], Answer]) -> Iterator[FakeIam]:
    """Run such a server; stop it at the end."""
    server = FakeIam(answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def role(name: str, **more: Any) -> dict[str, Any]:
    """Return a role as IAM details it."""
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    return {
        "Path": "/", "RoleName": name, "RoleId": f"AROA{name}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": "2026-01-02T03:04:05Z", "AssumeRolePolicyDocument": trust, **more,
    }  # fmt: skip


def inline(name: str, *actions: str) -> dict[str, Any]:
    """Return an inline policy as IAM details it."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
