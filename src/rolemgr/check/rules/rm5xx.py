"""RM5: the quotas of policies, each by how its API counts."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.check.document import Document
from rolemgr.check.finding import Severity
from rolemgr.check.rule import IAM, ORGANIZATIONS, PERMISSIONS, Hit, document_rule, group_rule
from rolemgr.iam.documents import PolicyType
from rolemgr.reference.quirks import quota

_QUOTAS = IAM + "reference_iam-quotas.html"
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


_LARGEST: Mapping[PolicyType, str] = {
    PolicyType.IDENTITY: "role_inline_policies",
    PolicyType.BOUNDARY: "permissions_boundary",
    PolicyType.TRUST: "trust_policy",
    PolicyType.SCP: "scp",
    PolicyType.RCP: "rcp",
}
"""The largest quota that a policy of each kind can have; those of resource policies are each service's own."""


def size_of(document: Document) -> int | None:
    """
    Return the characters of *document* that AWS counts at least, or None where a template fills in more.

    That is without the white space between elements; IAM does not count it, and Organizations counts it
    only where it is sent.
    """
    if document.template and _has_function(document.raw):
        return None
    return len(_COMPACT.encode(document.raw))


def _has_function(value: Any) -> bool:
    from rolemgr.check.intrinsic import is_function

    if isinstance(value, dict):
        return is_function(value) or any(map(_has_function, value.values()))
    return isinstance(value, list) and any(map(_has_function, value))


@document_rule("RM501", "policy-too-large", Severity.ERROR, "the policy is over its quota", _QUOTAS)
def policy_too_large(document: Document) -> Iterator[Hit]:
    """
    AWS refuses a policy of more characters: 10,240 inline in a role, 6,144 as a boundary, 2,048 as a trust
    policy, 10,240 as an SCP, 5,120 as an RCP.

    White space between elements is not counted here; blanks inside values are. AWS's own managed policies
    are not held to these quotas, a copy of one is.
    """
    name = _LARGEST.get(document.kind)
    size = size_of(document) if name else None
    if name and size is not None and size > quota(name):
        yield Hit(f"{size:,} characters without white space; the quota is {quota(name):,}", ())


@document_rule(
    "RM502", "only-as-inline-policy", Severity.SUGGESTION, "the policy is too large for a managed policy", _QUOTAS,
    kinds=PERMISSIONS,
)  # fmt: skip
def only_as_inline_policy(document: Document) -> Iterator[Hit]:
    """
    A customer managed policy has 6,144 characters, the inline policies of a role 10,240 together.

    The policy fits inline only, and leaves less for the others. Reported where the policy stands alone:
    of a role or a template it is known how it is attached.
    """
    size = None if document.group else size_of(document)
    if size is not None and quota("managed_policy") < size <= quota("role_inline_policies"):
        yield Hit(f"{size:,} characters; a managed policy has {quota('managed_policy'):,}", ())


@document_rule(
    "RM503", "white-space-counts", Severity.WARNING, "the policy is over its quota with its white space",
    ORGANIZATIONS + "orgs_reference_limits.html", kinds=frozenset({PolicyType.SCP, PolicyType.RCP}),
)  # fmt: skip
def white_space_counts(document: Document) -> Iterator[Hit]:
    """
    Organizations counts white space in a policy that comes through the API, the CLI or CloudFormation.

    The console removes it. The policy fits once it is minified.
    """
    name, size = _LARGEST[document.kind], size_of(document)
    if size is None or document.text is None or size > quota(name):
        return
    if len(document.text.strip()) > quota(name):
        yield Hit(f"{len(document.text.strip()):,} characters with white space; the quota is {quota(name):,}", ())


@group_rule(
    "RM504", "inline-policies-too-large", Severity.ERROR, "a role's inline policies are over their quota", _QUOTAS
)
def inline_policies_too_large(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The inline policies of one role have 10,240 characters together, white space not counted.

    Move Allows to managed policies; keep the Denies inline.
    """
    inline = [one for one in documents if one.kind is PolicyType.IDENTITY and one.inline]
    sizes = [size_of(one) for one in inline]
    total = sum(size for size in sizes if size is not None)
    if len(inline) > 1 and total > quota("role_inline_policies"):
        message = (
            f"{total:,} characters in {len(inline)} inline policies; the quota is {quota('role_inline_policies'):,}"
        )
        yield inline[-1], Hit(message, ())
