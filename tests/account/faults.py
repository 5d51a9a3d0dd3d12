"""Faults put into a botocore client by its own event handlers, at the call that a test chooses."""

from botocore.awsrequest import AWSResponse


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
