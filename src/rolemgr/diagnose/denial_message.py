"""
What a message of denial says, as one value, and the names that stand in it: actions, roles, objects.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from rolemgr.iam.arn import Arn
from rolemgr.reference.services import find_action


class DenyingPolicy(StrEnum):
    """A kind of policy, in the words of AWS's messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    SESSION = "session policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"


class DenialKind(StrEnum):
    """What the message is about: it decides which requests are judged, and whose."""

    REQUEST = "a request"
    DATA = "data that a job or model reads, as its execution role"
    IMAGE = "a container image that a job or model pulls, as its execution role"
    PULL = "a container image that Docker pulls"
    ASSUME = "a service's own request to assume a role"
    EXECUTION_ROLE = "get_execution_role() in a notebook"
    ROLE_CHECK = "what the SageMaker Python SDK found missing in a role"
    LAKE_FORMATION = "a permission of AWS Lake Formation"


class DecodedStatement(NamedTuple):
    """
    A statement that AWS names as one that matched: its *sid* and whether it denies, its *actions* and *resources*.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """

    sid: str
    denies: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    keys: tuple[str, ...]

    def __str__(self) -> str:
        name = f"the statement `{self.sid}`" if self.sid else "a statement without a Sid"
        what = f"{', '.join(self.actions) or 'it'} on {', '.join(self.resources) or 'any resource'}"
        where = f", where {', '.join(self.keys)} are as it wants" if self.keys else ""
        return f"{name} ({'Deny' if self.denies else 'Allow'} {what}{where})"


@dataclass(frozen=True)
class Denial:
    """
    What a message says; None where it does not say.

    *operation* is the API operation, where the message names that and no action. *explicit* tells a Deny from
    a missing Allow. *through* is the policy that made a VPC endpoint's policy deny. *setting* is a setting of
    S3 Block Public Access.
    """

    message: str
    kind: DenialKind = DenialKind.REQUEST
    principal: str | None = None
    action: str | None = None
    resource: str | None = None
    operation: str | None = None
    explicit: bool | None = None
    policy_type: DenyingPolicy | None = None
    policy_arn: str | None = None
    through: DenyingPolicy | None = None
    setting: str | None = None
    name: str | None = None
    """What the message calls the resource, where that is no ARN: `role/demo`, or what the service calls its own."""
    encoded: bool = False
    """Whether there is an encoded authorization message, which `aws sts decode-authorization-message` reads."""
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Condition keys that the message, or the event around it, tells of."""
    actions: tuple[str, ...] = ()
    """All actions, where the message names several."""
    grant: str | None = None
    """The Lake Formation permission that is missing, and on what."""
    others: int = 0
    """How many more denied calls stand in the same file."""
    statements: tuple["DecodedStatement", ...] = ()
    """The statements that AWS names in a decoded authorization message."""
    may_be_cut: bool = False
    """Whether the resource ends where a line does, and the next line may go on with it."""


DECODE = "aws sts decode-authorization-message --encoded-message TEXT"
"""The command that tells what an encoded authorization message holds."""

ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]*[\w+=@-]")
_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]+)(?:/(?P<key>[^\s\"'(),]*))?")
_NAMED = re.compile(r"(?<![\w:-])(?P<service>[a-z][a-z0-9-]{1,40}):(?P<name>[A-Za-z]\w{2,63})(?![\w:/-])")
_MOST = 100


def named(message: str) -> tuple[str, ...]:
    """Return the actions that *message* names, as the reference spells them; no more than a hundred."""
    texts = (f"{found['service']}:{found['name']}" for found in _NAMED.finditer(message))
    known = (action.name for text in texts if (action := find_action(text)))
    return tuple(islice(dict.fromkeys(known), _MOST))


def spelled(action: str) -> str:
    """Return *action* as the reference spells it (`SNS:Publish` is `sns:Publish`); as it is where unknown."""
    service, _, name = action.partition(":")
    known = find_action(f"{service.lower()}:{name}")
    return known.name if known else action


def object_arn(message: str, action: str | None, beside: str | None) -> str | None:
    """Return the ARN of the object, or for ListBucket the bucket, that *message* has as an ``s3://`` URI."""
    found = _S3_URI.search(message)
    if not found:
        return None
    arn = Arn.parse(beside or "")
    bucket = f"arn:{arn.partition if arn else 'aws'}:s3:::{found['bucket'].rstrip('.')}"
    key = (found["key"] or "").rstrip(".:;")
    return bucket if action == "s3:ListBucket" or not key else f"{bucket}/{key}"
