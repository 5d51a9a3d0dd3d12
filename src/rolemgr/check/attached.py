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
from rolemgr.files.source import DataPath, FileError, SourceFile
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import Attachment, PolicyPlace, attachments, document_at, places
from rolemgr.reference.managed_policies import managed_policy

LineOf = Callable[[DataPath], int | None]


def attached_in(data: Any, name: str, line_of: LineOf) -> Iterator[Document | NotJudged]:
    """
    Yield the attached policies of the roles in *data*, or why one can't be judged; boundaries give nothing.

    A policy whose text is in *data* too, as account details have it, is judged there where one role has it, and
    here with each role where several have it.
    """
    texts = {place.arn: place for place in places(data) if place.arn}
    for one in _attachments(data):
        there = texts.get(one.arn)
        if one.is_boundary or (there and there.owner):
            continue
        if there and (found := _shared(there, data, name, one.owner, line_of)):
            yield found
        else:
            yield attached(one.arn, name, one.owner, line_of(one.path))


def _shared(there: PolicyPlace, data: Any, name: str, owner: str, line_of: LineOf) -> Document | None:
    """Return the policy at the place *there* as a document of *owner*; None where it can't be read."""
    try:
        raw = document_at(SourceFile(name, data, {}), there.path).data
    except FileError:
        return None
    line = line_of(there.path)
    return read(Document(name, PolicyType.IDENTITY, raw, lambda _: line, group=owner, attached=there.arn or ""))


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
    named = resources.get(value.get("Ref")) if isinstance(value, dict) and isinstance(resources, dict) else None
    return isinstance(named, dict) and named.get("Type") == "AWS::IAM::ManagedPolicy"
