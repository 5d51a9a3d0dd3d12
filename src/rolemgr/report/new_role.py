"""What a role that only one side has may do, in the words of `preview`; of a policy, what its statements allow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compare.grants import Grant
from rolemgr.iam.documents import (
    Effect,
    IdentityStatement,
    PolicyDocument,
    ResourceStatement,
    StatementElement,
    TrustStatement,
)
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.report.changes import listed
from rolemgr.report.review import review

Blocks: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""What a role may do, by what it is about."""

_TITLES: Final = {"WHO": "assumed by", "RUNS": "work", "CAN": "can", "WRITES": "writes", "READS": "reads"}


def may_do(role: ComposedRole, documents: RoleDocuments, catalog: Catalog) -> Blocks:
    """Return who may assume *role*, as what its work runs, what it can do, writes and reads."""
    blocks = {one.title: one for one in review(role, documents, catalog, ())}
    return tuple(
        (title, (", ".join(blocks[name].entries),) if blocks[name].running else blocks[name].entries)
        for name, title in _TITLES.items()
        if name in blocks
    )


def allowed_by(grant: Grant) -> Blocks:
    """Return what the Allows of a policy, or of a role that was written, give."""
    policies = (*(grant.identity or ()), *filter(None, (grant.trust, grant.resource)))
    return (("allows", _statements_of(policies, Effect.ALLOW) or ("nothing",)),)


def told_of(documents: Sequence[PolicyDocument]) -> Blocks:
    """Return what policies allow and what they deny, by statement."""
    found = (("allows", _statements_of(documents, Effect.ALLOW)), ("denies", _statements_of(documents, Effect.DENY)))
    return tuple((name, texts) for name, texts in found if texts) or (("allows", ("nothing",)),)


def _statements_of(policies: Sequence[PolicyDocument], effect: Effect) -> tuple[str, ...]:
    return tuple(text for policy in policies for text in _in_words(policy.statements(), effect))


def _in_words(statements: tuple[StatementElement, ...], effect: Effect) -> Iterator[str]:
    for one in statements:
        if one.effect is not effect:
            continue
        actions = getattr(one, "action", None)
        text = listed(actions) if actions else f"all but {listed(getattr(one, 'not_action', None) or ())}"
        if isinstance(one, IdentityStatement):
            resources = one.resource
            others = f" on all but {listed(one.not_resource)}" if one.not_resource else ""  # ECR has neither
            text += f" on {listed(resources)}" if resources else others
        if isinstance(one, TrustStatement | ResourceStatement):
            text += f" by {_principals(one.to_json_value())}"
        yield text + (", under conditions" if one.condition else "")


def _principals(statement: Mapping[str, Any]) -> str:
    """Return who *statement* is for: everybody, those named, or all but those."""
    others = statement.get("NotPrincipal")
    named = others or statement.get("Principal", "*")
    if not isinstance(named, Mapping):
        return "everybody" if named == "*" else str(named)
    every = [one for found in named.values() for one in ([found] if isinstance(found, str) else found)]
    return f"{'all but ' if others else ''}{listed(every)}"
