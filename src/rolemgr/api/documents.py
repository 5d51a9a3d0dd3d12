"""Policies as a program has them: values of this library, or plain data as JSON gives it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.source import parse_model

PolicyLike: TypeAlias = IdentityPolicy | Mapping[str, Any]
"""An identity policy, or its plain data."""


def policy_of(policy: PolicyLike, number: int = 0) -> IdentityPolicy:
    """Return *policy*, the *number*-th that was given; raise InputError or Problems where IAM would not accept it."""
    if isinstance(policy, IdentityPolicy):
        return policy
    return parse_model(SourceFile(f"policy {number}", dict(policy), {}), IdentityPolicy).value
