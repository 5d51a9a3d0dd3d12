"""A change in an account as data: the call, what it makes, and what takes it back."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rolemgr.iam.documents import PolicyDocument


class ApiCall(NamedTuple):
    """A call of IAM's API: boto3's name of the *operation*, and its *parameters*."""

    operation: str
    parameters: Mapping[str, Any]

    @property
    def command(self) -> str:
        """The call as a line for the AWS CLI."""
        words = ["aws", "iam", self.operation.replace("_", "-")]
        for name, value in self.parameters.items():
            text = json.dumps(value) if isinstance(value, list) else str(value)
            words += ["--" + re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower(), text]
        return shlex.join(words)


class Thing(NamedTuple):
    """Something of its own in an account: a role by its name, a managed policy by its ARN."""

    kind: Literal["role", "policy"]
    key: str
    arn: str


@dataclass(frozen=True)
class PlanStep:
    """One change; *what* says it in words."""

    what: str
    call: ApiCall
    undo: tuple[ApiCall, ...] = ()
    """What takes it back, in this order; nothing where nothing can."""
    makes: Thing | None = None
    """What did not exist before; it is taken away again only while it carries the tag of the run."""
    left: str = field(default="")
    """What is there, in words, where it could not be taken back."""


def text_of(document: PolicyDocument) -> str:
    """Return *document* as the text that IAM is sent: without white space, which it does not count."""
    return json.dumps(document.to_json_value(), separators=(",", ":"), ensure_ascii=False)
