"""A resource's policy against its quota: white space counts there, so that the shortest text is measured."""

from rolemgr.files.write import json_text
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.resource_pattern import ResourcePattern
from rolemgr.reference.quirks import quota


def minified(document: ResourcePolicy) -> str:
    """Return *document* as the shortest JSON."""
    return json_text(document.to_json_value(), separators=(",", ":"))


def over_quota(pattern: ResourcePattern, document: ResourcePolicy) -> str | None:
    """Return in words by how much *document* is over the quota of its kind; None where it is not."""
    limit, length = quota(pattern.quota), len(minified(document).encode())
    return f"the policy has {length:,} characters, its quota is {limit:,}" if length > limit else None
