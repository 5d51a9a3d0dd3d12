"""The witnesses of an entry as a file for `rolemgr test`: whoever doubts them runs them again, offline."""

from typing import Any

from rolemgr.compliance.controls import ServingEntry
from rolemgr.compliance.witnesses import ALLOW_ALL, WitnessedRequest
from rolemgr.files.write import to_yaml
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.reference.documents import document_doubts


def rerun_file(entry: ServingEntry) -> str | None:
    """Return the policy tests of *entry* as YAML; None for one without both witnesses."""
    if entry.witnesses is None or entry.witnesses.denied is None or entry.witnesses.allowed is None:
        return None
    cases = [
        _case("is denied", entry.witnesses.denied),
        _case("is left alone", entry.witnesses.allowed),
    ]
    return to_yaml({"title": f"{entry.kind} {entry.name}: {entry.title}", **_subject(entry), "cases": cases})


def _subject(entry: ServingEntry) -> dict[str, Any]:
    """Return who is asked: a persona, or a principal that may do everything under the limit alone."""
    if entry.limit is None:
        return {"persona": entry.persona}
    documents = [one.to_json_value() for one in entry.limit.documents]
    layer = "scp" if entry.limit.layer is LayerKind.SCP else "rcp"
    names = {doubt.name for one in entry.limit.documents for _, doubt in document_doubts(one)}
    excused = {"unknown_ok": sorted(names)} if names else {}
    return {"policies": ALLOW_ALL.to_json_value(), layer: documents, **excused}


def _case(name: str, found: WitnessedRequest) -> dict[str, Any]:
    request: dict[str, Any] = {"action": found.action, "resource": found.resource}
    if found.context:
        request["context"] = {key: list(values) for key, values in sorted(found.context.items())}
    by = {"by": list(found.by)} if found.decision == "ExplicitlyDenied" and found.by else {}
    return {"name": name, "request": {**request, "principal": found.principal}, "expect": found.decision, **by}
