"""
What stands around a message of denial: an SDK's exception, S3's XML, a CloudTrail event, a terminal's line breaks.

Where a service says `Access Denied` alone, the operation that was called is all there is to go by.
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from rolemgr.diagnose.denial_events import Event, read_event
from rolemgr.diagnose.denial_message import DecodedStatement
from rolemgr.reference.services import action_names, find_action


class Wrapped(NamedTuple):
    """A message on one line, and what its wrapping says of the request."""

    message: str
    operation: str | None = None
    action: str | None = None
    principal: str | None = None
    resource: str | None = None
    known: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    explicit: bool | None = None
    others: int = 0
    """How many more denied calls stand in the same file."""
    statements: tuple[DecodedStatement, ...] = ()


LONGEST = 65_536
"""A message of AWS is shorter; a CloudTrail file may be longer."""


def unwrapped(text: str) -> Wrapped:
    """Return the message in *text* and what stands around it."""
    event = read_event(text)
    return _of_event(event) if event else _from_text(text)


def _of_event(event: Event) -> Wrapped:
    action = event.action or (action_of(event.operation, event.service) if event.operation else None)
    message = _one_line(f"{event.code}: {event.message}")
    return Wrapped(
        message, event.operation, action, event.principal, event.resource, event.known, event.explicit, event.others,
        event.statements,
    )  # fmt: skip


_CALLING = re.compile(r"when calling the (?P<operation>\w+) operation")
_GO = re.compile(r"operation error (?P<service>[\w ]{1,60}): (?P<operation>\w{1,100}),")
_JAVA = re.compile(r"\(Service: (?:Amazon|AWS)? ?(?P<service>\w+)[,;]")


def _from_text(text: str) -> Wrapped:
    """Return the message of *text*, on one line, and the operation that an SDK says it called."""
    if len(text) > LONGEST:
        return Wrapped(text)
    line = _one_line(text)
    _, _, tail = text.partition("<Message>")
    inside, end, _ = tail.partition("</Message>")
    message = _one_line(unescape(inside)) if end else line
    if found := _GO.search(line):
        return Wrapped(message, found["operation"], action_of(found["operation"], found["service"]))
    found = _CALLING.search(line)
    java = _JAVA.search(line)
    operation = found["operation"] if found else None
    service = java["service"] if java else None
    return Wrapped(message, operation, action_of(operation, service) if operation else None)


_BAR = re.compile(r"^(?:[^\S\n]*[\u2502\u2577\u2575|>][^\S\n]?)+", re.MULTILINE)
"""What Terraform prints at the left of an error, and mail before what it quotes."""
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_NARROWEST = 40


def _one_line(text: str) -> str:
    """
    Return *text* on one line, without the bar at its left.

    Lines are joined by a space, or where they were cut at one width, in the middle of a word perhaps, as they are.
    """
    lines = _BAR.sub("", _COLOR.sub("", text)).strip("\r\n").splitlines()
    return " ".join(("".join if _cut_at_a_width(lines) else " ".join)(lines).split())


def _cut_at_a_width(lines: list[str]) -> bool:
    """Tell whether all *lines* but the last, two at least, are of one width, as a terminal and ``fold -w`` cut them."""
    widths = {len(line) for line in lines[:-1]}
    return len(lines) > 2 and len(widths) == 1 and _NARROWEST <= min(widths) >= len(lines[-1])


_GOES_ON = re.compile(r"because\b|with\b|as\b|\(|$", re.IGNORECASE)


def ends_a_line(text: str, resource: str | None) -> bool:
    """Tell whether *resource* ends where a line of *text* does, and the next one does not begin as AWS goes on."""
    lines = _BAR.sub("", _COLOR.sub("", text)).strip().splitlines()
    if not resource or _cut_at_a_width(lines):
        return False
    return any(
        line.rstrip().endswith(resource) and not _GOES_ON.match(after.strip()) for line, after in pairwise(lines)
    )


_S3 = {
    "HeadObject": "s3:GetObject",
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListBuckets": "s3:ListAllMyBuckets",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListParts": "s3:ListMultipartUploadParts",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
}
"""
The actions that S3's operations are authorized by, where the two differ in name.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

_LIKELY = (
    "sagemaker", "s3", "iam", "sts", "kms", "ecr", "logs", "cloudwatch", "athena", "glue", "ec2", "secretsmanager",
    "application-autoscaling", "lambda", "states", "events", "sns", "sqs", "dynamodb", "bedrock", "servicecatalog",
)  # fmt: skip
"""The services that ML work calls, the most likely first: an operation's name alone does not say its service."""

_PREFIXES = {
    "awskms": "kms",
    "sagemakerruntime": "sagemaker",
    "sagemaker runtime": "sagemaker",
    "monitoring": "cloudwatch",
}
"""Services whose prefix in IAM is another than the name in messages."""


def action_of(operation: str, service: str | None = None) -> str | None:
    """
    Return the action that authorizes *operation*, or None where no service that is likely has one.

    Without a *service* the first likely one that has an action of that name is taken.
    """
    named = _PREFIXES.get((service or "").lower(), (service or "").lower())
    if operation in _S3 and named in ("", "s3"):
        return _S3[operation]
    return next(_candidates(operation, named), None)


def _candidates(operation: str, service: str) -> Iterator[str]:
    for prefix in (service,) if action_names(service) else _LIKELY:
        found = find_action(f"{prefix}:{operation}")
        if found:
            yield found.name
