"""A decision on one request: what decided, and what each statement that came near lacked."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text
from rich.tree import Tree

from rolemgr.evaluate.explain import Explanation, NearMiss
from rolemgr.evaluate.policies import StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.model.role import Origin
from rolemgr.report.statements import origin_text

Origins = Mapping[str, tuple[Origin, ...]]

_STYLES = {"Allowed": "bold green", "ExplicitlyDenied": "bold red", "ImplicitlyDenied": "bold yellow"}


def decision_data(found: Explanation, origins: Origins) -> dict[str, Any]:
    """Return the decision for ``--format json``: decision, the statements that made it, keys that were absent."""
    evaluation = found.evaluation
    return {
        "decision": evaluation.decision,
        "by": [_reference(at, origins) for at in evaluation.by],
        "missing": list(found.missing),
    }


def decision_page(request: Request, found: Explanation, origins: Origins) -> Tree:
    """Return the decision as a tree; statements on other actions are left out."""
    decision = found.evaluation.decision
    tree = Tree(Text.assemble((decision, _STYLES[decision]), f"  {request.action} on {request.resource}"))
    for at in found.evaluation.by:
        branch = tree.add(Text(f"by {at}"))
        for origin in origins.get(at.sid or "", ()):
            branch.add(origin_text(origin))
    near = [miss for miss in found.near_misses if miss.reasons[0].element not in ("Action", "NotAction")]
    for miss in near:
        tree.add(_near_miss(miss, origins))
    if not found.evaluation.by and not near:
        tree.add(Text("no statement speaks of this action"))
    if found.missing:
        tree.add(Text(f"condition keys asked for and absent: {', '.join(found.missing)}"))
    return tree


def _near_miss(miss: NearMiss, origins: Origins) -> Tree:
    branch = Tree(Text(f"{miss.effect} {miss.at} did not match"))
    for reason in miss.reasons:
        branch.add(Text(str(reason)))
    for origin in origins.get(miss.at.sid or "", ()):
        branch.add(origin_text(origin))
    return branch


def _reference(at: StatementRef, origins: Origins) -> dict[str, Any]:
    reference: dict[str, Any] = {
        "layer": at.layer.value,
        "policy": at.policy,
        "statement": at.statement,
        "sid": at.sid,
    }
    if places := origins.get(at.sid or ""):
        reference["origins"] = [str(origin.location) for origin in places]
    return reference
