"""What a role has besides its policies, as a comparison takes it."""

from collections.abc import Mapping
from typing import Any

from rolemgr.iam.role_document import attachments

_VALUES = (
    "Path",
    "Description",
    "MaxSessionDuration",
    "ManagedPolicyArns",
    "PermissionsBoundary",
    "PermissionsBoundaryPolicy",
    "Tags",
)
"""What a role has besides its policies, and its name, which is not compared."""


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role has besides its policies, as `create` writes it; the path that IAM gives is none."""
    named = list(attachments(data))
    elements = {
        **data,
        "ManagedPolicyArns": [one.arn for one in named if not one.is_boundary],
        "PermissionsBoundary": next((one.arn for one in named if one.is_boundary), None),
    }
    found = {name: elements[name] for name in _VALUES if elements.get(name) and (name, elements[name]) != ("Path", "/")}
    return {name: _ordered(value) for name, value in found.items()}


def _ordered(value: Any) -> Any:
    """Return a list of tags or ARNs in an order of its own: theirs means nothing."""
    return sorted(value, key=str) if isinstance(value, list) else value
