"""
Documents of one place on two sides, as a comparison takes them: what only denies is held against what it speaks of.

An SCP, an RCP or a policy that only denies allows nothing by itself, so two of them would always be alike. Beside an
Allow of the actions in which they differ, a Deny that is gone gives access.
"""

from collections.abc import Iterator
from typing import TypeAlias

from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    IdentityStatement,
    PolicyDocument,
    ResourcePolicy,
    ResourceStatement,
    StatementElement,
    TrustPolicy,
)

Documents: TypeAlias = tuple[PolicyDocument, ...]


def comparable(documents: Documents, others: Documents) -> Policies:
    """Return *documents*, at least one, as a comparison with *others* of the same place takes them."""
    first = documents[0]
    if isinstance(first, TrustPolicy):
        return Policies(resource=first)
    allows = any(one.effect is Effect.ALLOW for one in _statements((*documents, *others)))
    if isinstance(first, ResourcePolicy):
        statements = tuple(
            one for document in documents if isinstance(document, ResourcePolicy) for one in document.statement
        )
        allow = () if allows else (_everything(ResourceStatement, documents, others, {"principal": "*"}),)
        return Policies(resource=ResourcePolicy(version="2012-10-17", statement=(*allow, *statements)))
    identity = tuple(one for one in documents if isinstance(one, IdentityPolicy))
    if allows:
        return Policies(identity=identity)
    everything = IdentityPolicy(
        version="2012-10-17", statement=(_everything(IdentityStatement, documents, others, {}),)
    )
    return Policies(identity=(everything, *identity))


def _statements(documents: Documents) -> Iterator[StatementElement]:
    return (statement for one in documents for statement in one.statements())


def _everything(
    kind: type[IdentityStatement], documents: Documents, others: Documents, more: dict[str, str]
) -> IdentityStatement:
    """Return an Allow of all actions in which Denies of both sides differ; of every action where one has NotAction."""
    one, other = list(_statements(documents)), list(_statements(others))
    differ = [each for each in (*one, *other) if each not in one or each not in other] or [*one, *other]
    named = {action for statement in differ for action in statement.action or ("*",)}
    return kind.model_validate({"effect": "Allow", "action": tuple(sorted(named)), "resource": ("*",), **more})
