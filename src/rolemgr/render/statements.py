"""Policies from composed statements: those of a role, and its trust. What was composed has its types already."""

from collections.abc import Iterable, Sequence
from typing import Final

from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, TrustPolicy, TrustStatement
from rolemgr.model.role import ComposedStatement, ComposedTrust

_VERSION: Final = "2012-10-17"


def permissions_policy(statements: Sequence[ComposedStatement]) -> IdentityPolicy:
    """Return the policy that holds *statements*."""
    return IdentityPolicy(version=_VERSION, statement=tuple(map(_identity_statement, statements)))


def trust_policy(statements: Iterable[ComposedTrust]) -> TrustPolicy:
    """Return the trust policy that holds *statements*."""
    return TrustPolicy(version=_VERSION, statement=tuple(map(_trust_statement, statements)))


def _identity_statement(one: ComposedStatement) -> IdentityStatement:
    """Return *one* without what is empty in it; raise ValueError where a statement has to have that."""
    return IdentityStatement(
        sid=one.sid or None,
        effect=one.effect,
        action=one.actions or None,
        resource=one.resources or None,
        condition=one.condition,
    )


def _trust_statement(one: ComposedTrust) -> TrustStatement:
    return TrustStatement(
        sid=one.sid or None,
        effect=Effect.ALLOW,
        principal=one.principal or None,
        action=one.actions or None,
        condition=one.conditions,
    )
