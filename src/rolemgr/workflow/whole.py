"""A role or policy that only one side of a comparison has: what it says, and whether it gives more."""

from collections.abc import Iterable
from typing import Any, Final

from rolemgr.iam.documents import Effect
from rolemgr.report.diff import WholeRole
from rolemgr.workflow.layers import full_access
from rolemgr.workflow.sides import DiffSide

_LIMITS: Final = frozenset({"boundary", "session policy", "endpoint policy"})
"""What allows no more than it says: without it nothing is limited."""
_WHAT_IT_DENIES: Final = "what it denied, wherever another policy allows it"
_WHAT_IT_LEFT_OUT: Final = "what it did not allow, wherever another policy allows it"


def whole(title: str, side: DiffSide) -> WholeRole:
    """
    Return the role or policy of *side*, with what it may do; of a policy, what it allows and denies.

    A Deny grants nothing, and as long as it stands nothing else does either: a policy that only denies gives nothing
    where it comes, and what it denied where it goes. A role that goes takes its Denies and its principal along.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    from rolemgr.report.new_role import allowed_by, may_do, told_of  # rich, and evaluation of all that it can do

    if side.file:
        chosen = side.file.chosen
        return WholeRole(title, may_do(chosen.role, chosen.documents, chosen.catalog))
    if side.kind == "role":
        return WholeRole(title, allowed_by(side.grant))
    documents = own_documents(side)
    allows = any(one.effect is Effect.ALLOW for one in _statements(documents))
    return WholeRole(title, told_of(documents), side.kind, may_give=allows, opens=_opens(side.kind, documents))


def own_documents(side: DiffSide) -> tuple[Any, ...]:
    """Return the policies of *side*, without the SCP that AWS attaches beside them."""
    grant = side.grant
    beside = full_access() if side.kind == "SCP" else None
    return tuple(one for one in (*(grant.identity or ()), grant.trust, grant.resource) if one and one is not beside)


def _opens(kind: str, documents: Iterable[Any]) -> str:
    if kind in _LIMITS:
        return _WHAT_IT_LEFT_OUT
    return _WHAT_IT_DENIES if any(one.effect is Effect.DENY for one in _statements(documents)) else ""


def _statements(documents: Iterable[Any]) -> list[Any]:
    return [one for document in documents for one in document.statements()]
