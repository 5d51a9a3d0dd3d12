"""
The managed policies that a role holds and that are not in its file: those whose text is known count as written there.

The rest is told as not judged, and is there all the same: what a role lacks may be in it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rolemgr.check.document import Document
from rolemgr.check.finding import NotJudged
from rolemgr.check.read import read
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.reference.managed_policies import managed_policy


def attached(
    arn: str, name: str, owner: str, line: int | None = None, *,
    reason: str = "", boundary: bool = False, variant: int = 0, ways: Sequence[Mapping[str, bool]] = (),
) -> Document:  # fmt: skip
    """
    Return the managed policy *arn* as a document of *owner* at *line*, as its permissions *boundary* perhaps.

    One whose text is not known is a document without statements, that says why; *reason* does where not even
    the ARN is known. *variant* and *ways* are as in `Document`.
    """
    kind = PolicyType.BOUNDARY if boundary else PolicyType.IDENTITY
    raw = None if reason else _text_of(arn)
    if raw is not None:
        found = Document(name, kind, raw, lambda _: line, group=owner, attached=arn, variant=variant, ways=ways)
        return read(found)
    called = "permissions boundary" if boundary else "attached policy"
    why = reason or f"the text of the {called} `{arn}` is not known, nor what the role has or lacks by it"
    made = Document(name, kind, {}, lambda _: line, group=owner, variant=variant, ways=ways, missing=why)
    made.unknown.append(((), why))
    return made


def missing_from(documents: Iterable[Document]) -> Iterator[NotJudged]:
    """Yield what nobody knows of the attached policies among *documents*."""
    for one in documents:
        if one.missing:
            yield NotJudged(one.name, one.line_of(()), one.missing)


def _text_of(arn: str) -> object | None:
    """Return AWS's managed policy *arn*, where its text is among the data."""
    parts = Arn.parse(arn)
    is_aws = parts is not None and parts.account == "aws"
    known = managed_policy(arn.rpartition("/")[2], parts.partition) if parts and is_aws else None
    return known.document.to_json_value() if known and known.arn == arn else None
