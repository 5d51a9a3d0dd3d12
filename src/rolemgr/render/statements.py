"""Policies from rows of elements: the statements of a role, and those of its trust."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

from rolemgr.iam.documents import Effect, IdentityPolicy, TrustPolicy
from rolemgr.model.role import ComposedStatement

P = TypeVar("P", IdentityPolicy, TrustPolicy)

Row: TypeAlias = tuple[str, Effect, Any, Sequence[str], Sequence[str] | None, Any]
"""Sid, effect, principal, actions, resources and condition of a statement; None where it has no such element."""


def permissions_policy(statements: Sequence[ComposedStatement]) -> IdentityPolicy:
    """Return the policy that holds *statements*."""
    rows = [(one.sid, one.effect, None, one.actions, one.resources, one.condition) for one in statements]
    return policy_of_rows(IdentityPolicy, rows)


def policy_of_rows(model: type[P], rows: Sequence[Row]) -> P:
    """Return the *model* of a policy with *rows*, elements that have no value left out."""
    elements = ("Sid", "Effect", "Principal", "Action", "Resource", "Condition")
    statements = [{name: value for name, value in zip(elements, row, strict=True) if value} for row in rows]
    return model.model_validate({"Version": "2012-10-17", "Statement": statements})
