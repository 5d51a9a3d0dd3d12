"""Shared by the tests of checks: policies in, ids of rules out."""

from typing import Any

from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.iam.documents import PolicyType


def findings(policy: Any, kind: str = "identity", *, text: str | None = None, template: bool = False) -> list[Finding]:
    """Return what the rules find in *policy*, a document of *kind*."""
    return list(
        check([read(Document("policy", PolicyType(kind), policy, lambda _: None, text=text, template=template))])
    )


def rules(policy: Any, kind: str = "identity") -> set[str]:
    """Return the ids of the rules that find something in *policy*."""
    return {finding.rule for finding in findings(policy, kind)}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of *statements*."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
