"""
What stands around a message of denial: an SDK's exception, S3's XML, a CloudTrail event, a terminal's line breaks.

Where a service says `Access Denied` alone, the operation that was called is all there is to go by.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, NamedTuple

from rolemgr.reference.services import action_names, find_action


class Wrapped(NamedTuple):
    """A message on one line, and what its wrapping says of the request."""

    message: str
    operation: str | None = None
    action: str | None = None
    principal: str | None = None
    resource: str | None = None


def unwrapped(text: str) -> Wrapped:
    """Return the message in *text* and what stands around it."""
    return _event(text) or _from_text(text)


def _event(text: str) -> Wrapped | None:
    """
    Return the message of a CloudTrail event, or None where *text* is none.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("errorCode"), str):
        return None
    operation = str(event.get("eventName") or "") or None
    service = str(event.get("eventSource") or "").partition(".")[0]
    identity = event.get("userIdentity")
    principal = identity.get("arn") if isinstance(identity, dict) else None
    message = _one_line(f"{event['errorCode']}: {event.get('errorMessage') or ''}")
    action = action_of(operation, service) if operation else None
    return Wrapped(message, operation, action, principal, _resource_of_event(event))


def _resource_of_event(event: Mapping[str, Any]) -> str | None:
    """Return the last ARN of the event's resources: CloudTrail lists a bucket before or after its object."""
    listed = event.get("resources")
    arns = [one.get("ARN") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return max((arn for arn in arns if isinstance(arn, str)), key=len, default=None)


_CALLING = re.compile(r"when calling the (?P<operation>\w+) operation")
_GO = re.compile(r"operation error (?P<service>[\w ]+): (?P<operation>\w+),")
_JAVA = re.compile(r"\(Service: (?:Amazon|AWS)? ?(?P<service>\w+)[,;]")


def _from_text(text: str) -> Wrapped:
    """Return the message of *text*, on one line, and the operation that an SDK says it called."""
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


def _one_line(text: str) -> str:
    return " ".join(text.split())


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
