"""Faults as data: what each changes in a blueprint's file, or in one of the documents that are made of it."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tests.blueprint.seeded import catalog

from rolemgr.blueprint.apart import prove_apart
from rolemgr.blueprint.beyond import prove_policies
from rolemgr.blueprint.chains import Chains
from rolemgr.blueprint.compose import ComposedBlueprint, compose_blueprint
from rolemgr.blueprint.compromise import compromise
from rolemgr.blueprint.effective import prove_flows
from rolemgr.blueprint.expand import expanded
from rolemgr.blueprint.grants import prove_grants
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sinks import strange_address
from rolemgr.blueprint.survives import prove_stolen
from rolemgr.blueprint.trusted import prove_trust
from rolemgr.blueprint.unaltered import prove_documents
from rolemgr.errors import SourceLocation
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import parse_yaml, read_yaml
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import parse_model
from rolemgr.prove.proof import Proof

__all__ = ["catalog", "strange_address"]
HERE = Path(__file__).parent
THREE_ACCOUNTS = HERE / "three_accounts.yaml"
TODAY = date(2026, 11, 28)


def composed(source: SourceFile) -> ComposedBlueprint:
    """Return the documents of the blueprint in *source*."""
    return compose_blueprint(expanded(parse_model(source, Blueprint), catalog(), read_nothing), catalog())


def read_nothing(name: str, where: SourceLocation) -> SourceFile:
    """Refuse to read a role file: the blueprints of tests name none."""
    raise AssertionError((name, where))


def of_text(text: str, name: str = "blueprint.yaml") -> ComposedBlueprint:
    """Return the documents of the blueprint that *text* is."""
    return composed(parse_yaml(text, name))


@cache
def three_accounts() -> ComposedBlueprint:
    """Return the example without a fault."""
    return composed(read_yaml(THREE_ACCOUNTS))


def _stolen(found: ComposedBlueprint) -> tuple[Proof, ...]:
    around = RoleLayers(found)
    return prove_stolen(found, compromise(found, around), Chains(found, around), TODAY)


def _apart(found: ComposedBlueprint) -> tuple[Proof, ...]:
    return prove_apart(Chains(found, RoleLayers(found)))


PROOFS: Mapping[str, Callable[[ComposedBlueprint], tuple[Proof, ...]]] = {
    "as-the-file-says": prove_documents,
    "flows": prove_flows,
    "flows-need-each-statement": prove_flows,
    "nobody-else": prove_flows,
    "nothing-beyond": prove_policies,
    "grants-within-layers": prove_grants,
    "trusted-callers": prove_trust,
    "separation-across-accounts": _apart,
    "known-policies": _apart,
    "stolen-session": _stolen,
    "accepted-sinks": _stolen,
}
"""What gives the proof of each name: a fault is asked of the one that has to find it."""


def proof(name: str, found: ComposedBlueprint) -> Proof:
    """Return the proof *name* about *found*."""
    return next(one for one in PROOFS[name](found) if one.name == name)


def with_fault(fault: Mapping[str, Any], whole: ComposedBlueprint | None = None) -> ComposedBlueprint:
    """Return the example, or *whole*, with the changes of *fault*."""
    found = whole or three_accounts()
    for change in fault["changes"]:
        found = CHANGES[next(key for key in CHANGES if key in change)](found, change)
    return found


def _of_file(found: ComposedBlueprint, change: Mapping[str, Any]) -> ComposedBlueprint:
    """Return the blueprint of the file with the values of ``file``: path -> value, None to take one out."""
    source = read_yaml(THREE_ACCOUNTS)
    data = copy.deepcopy(source.data)
    for path, value in change["file"].items():
        *above, last = path.split(" > ")
        place = data
        for key in above:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return composed(SourceFile(source.name, data, source.lines))


def _of_policy(found: ComposedBlueprint, change: Mapping[str, Any]) -> ComposedBlueprint:
    policies, shares = (tuple(_changed_policies(ones, change)) for ones in (found.policies, found.shares))
    assert (policies, shares) != (found.policies, found.shares), change
    return replace(found, policies=policies, shares=shares)


def _changed_policies(ones: Any, change: Mapping[str, Any]) -> Any:
    for one in ones:
        if not one.resource.endswith(change["policy"]):
            yield one
        elif not change.get("gone"):
            yield one._replace(document=changed(one.document, change))


def _of_role(found: ComposedBlueprint, change: Mapping[str, Any]) -> ComposedBlueprint:
    roles = tuple(_changed_role(one, change) if one.place == change["role"] else one for one in found.roles)
    assert roles != found.roles, change
    return replace(found, roles=roles)


def _changed_role(placed: Any, change: Mapping[str, Any]) -> Any:
    documents = placed.documents
    if change.get("document") == "trust":
        new = replace(documents, trust_policy=changed(documents.trust_policy, change))
    elif change.get("document") == "boundary":
        new = replace(documents, own_boundary=documents.own_boundary._replace(
            document=changed(documents.own_boundary.document, change)))  # fmt: skip
    else:
        new = replace(documents, **_with_one(documents, change))
    return placed.altered(documents=new)


def _with_one(documents: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policies of a role with that one changed that has the statement; what is added comes to the first."""
    sid = change.get("without") or change.get("in")
    for kind in ("policies", "managed_policies"):
        policies = list(getattr(documents, kind))
        for number, one in enumerate(policies):
            if sid is None or any(statement.sid == sid for statement in one.document.statement):
                policies[number] = one._replace(document=changed(one.document, change))
                return {kind: tuple(policies)}
    raise AssertionError(change)


def _of_layer(found: ComposedBlueprint, change: Mapping[str, Any]) -> ComposedBlueprint:
    levels = []
    for one in found.layers:
        if f"{one.level} {one.kind}" == change["layer"]:
            first, *others = one.documents.policies
            first = first._replace(document=changed(first.document, change))
            one = one._replace(documents=replace(one.documents, policies=(first, *others)))
        levels.append(one)
    assert levels != list(found.layers), change
    return replace(found, layers=tuple(levels))


def _of_endpoint(found: ComposedBlueprint, change: Mapping[str, Any]) -> ComposedBlueprint:
    """Return the blueprint with the policy of a VPC endpoint changed."""
    endpoints = tuple(
        one._replace(document=changed(one.document, change)) if one.place == change["endpoint"] else one
        for one in found.endpoints
    )
    assert endpoints != found.endpoints, change
    return replace(found, endpoints=endpoints)


CHANGES: Mapping[str, Callable[[ComposedBlueprint, Mapping[str, Any]], ComposedBlueprint]] = {
    "file": _of_file, "policy": _of_policy, "role": _of_role, "layer": _of_layer, "endpoint": _of_endpoint,
}  # fmt: skip


def changed(document: Any, change: Mapping[str, Any]) -> Any:
    """Return *document* ``without`` a statement, with one more (``with``), or with elements of one ``in`` it ``set``."""
    data = document.to_json_value()
    statements = data["Statement"]
    if sid := change.get("without"):
        data["Statement"] = [one for one in statements if one["Sid"] != sid]
        assert len(data["Statement"]) < len(statements), change
    if sid := change.get("in"):
        for element, value in change["set"].items():
            _put(next(one for one in statements if one.get("Sid") == sid), element, value)
    if "with" in change:
        data["Statement"] = [*data["Statement"], {"Sid": "Fault", **change["with"]}]
    return type(document).model_validate(data)


def _put(statement: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(" > ")
    for key in above:
        statement = statement.setdefault(key, {})
    if value is None:
        del statement[last]
    else:
        statement[last] = value
