"""
The managed policies that a role names by their ARNs: those whose text is known count as written in the role.

The rest is told as not judged. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from collections.abc import Callable, Iterator
from typing import Any

from rolemgr.check.document import Document
from rolemgr.check.finding import NotJudged
from rolemgr.check.intrinsic import resolve
from rolemgr.check.read import read
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import Attachment, attachments
from rolemgr.reference.managed_policies import managed_policy

LineOf = Callable[[DataPath], int | None]


def attached_in(data: Any, name: str, line_of: LineOf) -> Iterator[Document | NotJudged]:
    """Yield the attached policies of the roles in *data*, or why one can't be judged; boundaries give nothing."""
    for one in _attachments(data):
        if not one.is_boundary:
            yield attached(one.arn, name, one.owner, line_of(one.path))


def attached(arn: str, name: str, owner: str, line: int | None = None) -> Document | NotJudged:
    """Return the managed policy *arn* as a document of *owner* at *line*, or why it can't be judged."""
    parts = Arn.parse(arn)
    is_aws = parts is not None and parts.account == "aws"
    known = managed_policy(arn.rpartition("/")[2], parts.partition) if parts and is_aws else None
    if known is None or known.arn != arn:
        return NotJudged(name, line, f"the text of the attached policy `{arn}` is not known")
    raw = known.document.to_json_value()
    return read(Document(name, PolicyType.IDENTITY, raw, lambda _: line, group=owner, attached=arn))


def _attachments(data: Any) -> Iterator[Attachment]:
    yield from attachments(data)
    resources = data.get("Resources") if isinstance(data, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        listed = properties.get("ManagedPolicyArns") if isinstance(properties, dict) else None
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            if _is_of_the_template(value, resources):
                continue  # its document is in the template, and is judged with the role
            arn = resolve(value)
            path = ("Resources", name, "Properties", "ManagedPolicyArns", index)
            yield Attachment(path, name, arn if isinstance(arn, str) else str(value))


def _is_of_the_template(value: Any, resources: Any) -> bool:
    """Tell whether *value* refers to a managed policy among *resources*."""
    referred = value.get("Ref") if isinstance(value, dict) else None
    named = resources.get(referred) if isinstance(referred, str) and isinstance(resources, dict) else None
    return isinstance(named, dict) and named.get("Type") == "AWS::IAM::ManagedPolicy"
