"""A decision on one request: what decided, and what each statement that came near lacked."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rolemgr.evaluate.explain import Explanation, NearMiss
from rolemgr.evaluate.policies import Layer, StatementRef
from rolemgr.evaluate.request import Request

if TYPE_CHECKING:  # most decisions are on policy files, and need nothing of roles
    from rich.tree import Tree

    from rolemgr.model.role import Origin

    Origins = Mapping[str, tuple[Origin, ...]]

_STYLES = {"Allowed": "bold green", "ExplicitlyDenied": "bold red", "ImplicitlyDenied": "bold yellow"} | {
    "NotKnown": "bold magenta"
}


def decision_data(found: Explanation, origins: "Origins") -> dict[str, Any]:
    """
    Return the decision for ``--format json``: decision, the statements that made it, keys that were absent.

    Beside them stand the layers whose Allow is missing, and the statements on this action that came near.
    """
    evaluation = found.evaluation
    lacking = [{"layer": layer.value, "level": level} for layer, level in evaluation.not_allowed_by]
    near = [
        {**reference(miss.at, origins), "effect": miss.effect.value, "reasons": list(map(str, miss.reasons))}
        for miss in near_misses(found)
    ]
    return {
        "decision": found.outcome,
        "by": [reference(at, origins) for at in evaluation.by],
        "missing": list(found.missing),
        "notAllowedBy": lacking,
        "nearMisses": near,
        "notes": list(found.notes),
    }


def near_misses(found: Explanation) -> list[NearMiss]:
    """Return the statements on the action that did not match for another reason than the action."""
    return [miss for miss in found.near_misses if miss.reasons[0].element not in ("Action", "NotAction")]


def decision_page(request: Request, found: Explanation, origins: "Origins") -> "Tree":
    """Return the decision as a tree; statements on other actions are left out."""
    from rich.text import Text  # only a page pays for what draws it
    from rich.tree import Tree

    decision = found.evaluation.decision
    head = (found.outcome, _STYLES[found.outcome])
    tree = Tree(Text.assemble(head, f"  {request.action} on {request.resource}"))
    for line in _lacking(found):
        tree.add(Text(line))
    for at in found.evaluation.by:
        add_origins(tree.add(Text(f"by {at}")), at, origins)
    for at in found.matched if decision == "ImplicitlyDenied" else ():
        add_origins(tree.add(Text(f"Allow {at} matched")), at, origins)
    near = near_misses(found)
    for miss in near:
        _add_near_miss(tree, miss, origins)
    if not (found.evaluation.by or found.matched or near):
        tree.add(Text("no statement speaks of this action"))
    for note in found.notes:
        tree.add(Text(note))
    if found.missing:
        tree.add(Text(f"condition keys asked for and absent: {', '.join(found.missing)}"))
    return tree


def _lacking(found: Explanation) -> Iterator[str]:
    """Yield the layers that should have allowed; nothing where identity policies alone are asked."""
    asked = {at.layer for at in (*found.matched, *(miss.at for miss in found.near_misses))}
    lacking = found.evaluation.not_allowed_by
    if asked <= {Layer.IDENTITY} and all(layer is Layer.IDENTITY for layer, _ in lacking):
        return
    for layer, level in lacking:
        yield f"no Allow in the {layer}" + ("" if level is None else f" of level {level}")


def _add_near_miss(tree: "Tree", miss: NearMiss, origins: "Origins") -> None:
    from rich.text import Text

    branch = tree.add(Text(f"{miss.effect} {miss.at} did not match"))
    for reason in miss.reasons:
        branch.add(Text(str(reason)))
    add_origins(branch, miss.at, origins)


def add_origins(branch: "Tree", at: StatementRef, origins: "Origins") -> None:
    """Add to *branch* the catalog lines that the statement *at* comes from."""
    for origin in _origins_of(at, origins):
        from rolemgr.report.statements import origin_text

        branch.add(origin_text(origin))


def _origins_of(at: StatementRef, origins: "Origins") -> "tuple[Origin, ...]":
    """Return the origins of a statement of the role; a Sid of another layer's policy means another."""
    return origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ()


def reference(at: StatementRef, origins: "Origins") -> dict[str, Any]:
    """Return where a statement stands, for programs."""
    made: dict[str, Any] = {
        "layer": at.layer.value,
        "level": at.level,
        "policy": at.policy,
        "statement": at.statement,
        "sid": at.sid,
    }
    if at.level is None:
        del made["level"]
    if places := _origins_of(at, origins):
        made["origins"] = [str(origin.location) for origin in places]
    return made
