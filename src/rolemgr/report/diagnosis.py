"""A diagnosis: for people as a tree of the places to look at, for programs as data."""

from typing import Any

from rich.text import Text
from rich.tree import Tree

from rolemgr.diagnose.denial_message import Denial
from rolemgr.diagnose.diagnosis import Denier, DiagnosedRequest, Diagnosis

_STYLES = {
    "Allowed": "bold green",
    "ExplicitlyDenied": "bold red",
    "ImplicitlyDenied": "bold yellow",
    "NotKnown": "bold magenta",
    "RefusedByAWS": "bold red",
}
_SUMMARIES = {
    "Allowed": "the given layers allow it",
    "NotKnown": "it hangs on what is not known",
    "RefusedByAWS": "AWS itself refuses it, whatever the policies say",
}


def diagnosis_page(found: Diagnosis) -> Tree:
    """Return the diagnosis as a tree: the decision, each place with its reasons, what to change, what is open."""
    summary = _SUMMARIES.get(found.decision, "the given layers deny it")
    if found.decision == "NotKnown" and any(place.decision and not place.request for place in found.places):
        summary = "AWS says that a policy denies it that is not given"
    if found.contradictions:
        summary += ", and AWS's message contradicts them"
    tree = Tree(Text.assemble((found.decision, _STYLES[found.decision]), f"  {summary}"))
    for text in found.contradictions:
        tree.add(Text.assemble(("contradiction: ", "bold magenta"), text))
    for text in found.look_at:
        tree.add(Text.assemble(("look at: ", "cyan"), text))
    for text in found.stated:
        tree.add(Text(text))
    for text in found.assumed:
        tree.add(Text(f"assumed: {text}", style="dim"))
    for place in found.places:
        tree.add(_place(place))
    if found.not_given:
        rest = tree.add(Text("what else can deny it, and is not given", style="bold"))
        for text in found.not_given:
            rest.add(Text(text))
    return tree


def _place(place: DiagnosedRequest) -> Tree:
    head = Text.assemble((place.title, "bold"))
    if place.decision:
        head.append(": ").append(place.decision, _STYLES[place.decision])
    if place.request:
        head.append(f"  {place.request.action} on {place.request.resource}")
    branch = Tree(head)
    for text in place.because:
        branch.add(Text(text))
    for text in place.change:
        branch.add(Text.assemble(("change: ", "cyan"), text))
    for text in place.ask:
        branch.add(Text(text))
    return branch


def diagnosis_data(found: Diagnosis, denial: Denial | None) -> dict[str, Any]:
    """
    Return the diagnosis for ``--format json``.

    `denied_by`, `because` and `change` are those of all places together; `places` has them apart.
    """
    denied = [place for place in found.places if place.change or place.decision not in (None, "Allowed")]
    return {
        "decision": found.decision,
        "denied_by": [_denier_data(denier) for place in denied for denier in place.denied_by],
        "because": [text for place in denied for text in place.because],
        "change": list(dict.fromkeys(text for place in denied for text in place.change)),
        "places": [_place_data(place) for place in found.places],
        "message": _message_data(denial) if denial else None,
        "said": list(found.stated),
        "assumed": list(found.assumed),
        "not_given": list(found.not_given),
        "contradictions": list(found.contradictions),
        "look_at": list(found.look_at),
    }


def _place_data(place: DiagnosedRequest) -> dict[str, Any]:
    data: dict[str, Any] = {"place": place.title, "decision": place.decision}
    if place.request:
        data |= {"action": place.request.action, "resource": place.request.resource}
    return data | {
        "denied_by": [_denier_data(denier) for denier in place.denied_by],
        "because": list(place.because),
        "change": list(place.change),
        "ask": list(place.ask),
    }


def _denier_data(denier: Denier) -> dict[str, Any]:
    data: dict[str, Any] = {
        "layer": denier.layer.value,
        "level": denier.level,
        "policy": denier.at.policy if denier.at else None,
        "statement": denier.at.statement if denier.at else None,
        "sid": denier.at.sid if denier.at else None,
    }
    if denier.source:
        data["file"] = denier.source
    if denier.origins:
        data["origins"] = [str(origin.location) for origin in denier.origins]
    return data


def _message_data(denial: Denial) -> dict[str, Any]:
    """Return what the message says; null where it does not say."""
    return {
        "about": denial.kind.value,
        "principal": denial.principal,
        "action": denial.action,
        "resource": denial.resource,
        "operation": denial.operation,
        "explicit": denial.explicit,
        "policy_type": denial.policy_type.value if denial.policy_type else None,
        "policy_arn": denial.policy_arn,
        "statements": [
            {
                "sid": one.sid or None,
                "effect": "Deny" if one.denies else "Allow",
                "actions": list(one.actions),
                "resources": list(one.resources),
                "keys": list(one.keys),
            }
            for one in denial.statements
        ],
        "context": {key: list(values) for key, values in denial.known.items()},
    }
