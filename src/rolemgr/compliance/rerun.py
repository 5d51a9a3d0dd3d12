"""The witnesses of an entry as a file for `rolemgr test`: whoever doubts them runs them again, offline."""

from collections.abc import Iterable
from typing import Any

from rolemgr.compliance.controls import ServingEntry
from rolemgr.compliance.judged_role import JudgedRole
from rolemgr.compliance.witnesses import ALLOW_ALL, WitnessedRequest
from rolemgr.files.write import to_yaml
from rolemgr.iam.documents import PolicyDocument
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.reference.documents import document_doubts


def rerun_file(entry: ServingEntry) -> str | None:
    """Return the policy tests of *entry* as YAML; None for one without both witnesses."""
    cases = _cases(entry, "")
    if not cases:
        return None
    return to_yaml({"title": f"{entry.kind} {entry.name}: {entry.title}", **_subject(entry), "cases": cases})


def role_rerun_file(role: JudgedRole, entries: Iterable[ServingEntry]) -> str | None:
    """Return the policy tests of all *entries* of *role*, asked of its own policies; None where none is shown."""
    cases = [case for one in entries for case in _cases(one, f"{one.kind} {one.name} ")]
    if not cases:
        return None
    documents = [one.to_json_value() for one in role.rendered.policies().identity]
    title = f"{role.name}: the controls that it serves"
    return to_yaml(
        {"title": title, "policies": documents, **_excused(role.rendered.policies().identity), "cases": cases}
    )


def _cases(entry: ServingEntry, name: str) -> list[dict[str, Any]]:
    """Return the two cases of *entry*, whose names begin with *name*; none where a witness is missing."""
    found = entry.witnesses
    if found is None or found.denied is None or found.allowed is None:
        return []
    return [_case(f"{name}is denied", found.denied), _case(f"{name}is left alone", found.allowed)]


def _subject(entry: ServingEntry) -> dict[str, Any]:
    """Return who is asked: a persona, or a principal that may do everything under the limit alone."""
    if entry.limit is None:
        return {"persona": entry.persona}
    documents = [one.to_json_value() for one in entry.limit.documents]
    layer = "scp" if entry.limit.layer is LayerKind.SCP else "rcp"
    return {"policies": ALLOW_ALL.to_json_value(), layer: documents, **_excused(entry.limit.documents)}


def _excused(documents: Iterable[PolicyDocument]) -> dict[str, Any]:
    """Return the names of *documents* that AWS is not known to have, as the tests excuse them."""
    names = {doubt.name for one in documents for _, doubt in document_doubts(one)}
    return {"unknown_ok": sorted(names)} if names else {}


def _case(name: str, found: WitnessedRequest) -> dict[str, Any]:
    request: dict[str, Any] = {"action": found.action, "resource": found.resource}
    if found.context:
        request["context"] = {key: list(values) for key, values in sorted(found.context.items())}
    by = {"by": list(found.by)} if found.decision == "ExplicitlyDenied" and found.by else {}
    return {"name": name, "request": {**request, "principal": found.principal}, "expect": found.decision, **by}
