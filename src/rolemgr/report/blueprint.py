"""A blueprint as it is understood: accounts, what is in them, each role with where its values come from, flows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rich.text import Text
from rich.tree import Tree

from rolemgr.blueprint.access import access_of
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.draft import NAMED_VALUES
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.files.source import DataPath, PlacedSource

THINGS: Final = {
    "keys": "key", "buckets": "bucket", "repositories": "repository", "registries": "registry", "endpoints": "endpoint",
    "feature_groups": "feature group",
}  # fmt: skip
"""The sections of a blueprint that hold what accounts have, and what one of each is called."""


def blueprint_data(found: ComposedBlueprint) -> dict[str, Any]:
    """Return the blueprint *found* for ``--format json``."""
    value = found.source.value
    return {
        "file": found.source.source.name,
        "organization": value.organization.model_dump(mode="json") if value.organization else None,
        "regions": list(value.regions),
        "layers": [_layer_data(one) for one in found.layers],
        "accounts": [_account_data(found, name) for name in value.accounts],
        "flows": [
            {
                "text": one.text,
                "role": one.role,
                "target": one.target.place,
                "verb": one.pattern.value.verb,
                "crosses_accounts": one.crosses,
                "from": str(one.where),
            }
            for one in found.flows
        ],
    }


def _layer_data(one: LevelLayers) -> dict[str, Any]:
    return {
        "level": one.level,
        "kind": str(one.kind),
        "policies": [{"name": each.name, "characters": len(each.text)} for each in one.documents.policies],
        "notes": list(one.notes),
    }


def _account_data(found: ComposedBlueprint, name: str) -> dict[str, Any]:
    value = found.source.value
    account = value.accounts[name]
    return {
        "name": name,
        "id": account.id,
        "ou": account.ou,
        "reached_by": [
            {"key": one.key, "value": one.value, "from": str(one.where), "level": one.level}
            for one in access_of(found.source, name).by
        ],
        "has": [{"kind": kind, "place": place, "name": text} for kind, place, text in things_of(found, name)],
        "policies": [one.resource for one in found.guards if one.account == name],
        "roles": [_role_data(one) for one in found.roles if one.account == name],
    }


def things_of(found: ComposedBlueprint, account: str) -> Iterator[tuple[str, str, str]]:
    """Yield what the *account* of that name has: its kind, its place, and what it is called in AWS."""
    for section, kind in THINGS.items():
        for place, thing in getattr(found.source.value, section).items():
            if place.partition("/")[0] == account:
                yield kind, place, _called(thing)


def _called(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    return ", ".join(thing.names) if hasattr(thing, "names") else str(thing.name)


def _role_data(one: PlacedRole) -> dict[str, Any]:
    return {
        "place": one.place,
        "arn": one.arn,
        "persona": one.persona,
        "values": [
            {"key": key, "value": value, "from": place, "level": level} for key, value, place, level in values_of(one)
        ],
        "flows": [flow.text for flow in one.flows],
    }


def values_of(one: PlacedRole) -> Iterator[tuple[str, Any, str, str]]:
    """Yield each value that is said of a role: its key (``guardrail.max-runtime``), itself, its line and its level."""
    source = one.spec.source
    for path, value in _values(source.data):
        level = _level(source, path, value) if isinstance(source, PlacedSource) else "the role"
        yield ".".join(map(str, path)), value, str(source.at(path)), level


def _level(source: PlacedSource, path: DataPath, value: Any) -> str:
    """Return what says *value*; of a list, what says each of its entries."""
    own = source.label(path) or "the role"
    parts = range(len(value)) if isinstance(value, list) else ()
    return " and ".join(dict.fromkeys(source.labels.get((*path, one), own) for one in parts)) or own


def _values(data: Mapping[str, Any]) -> Iterator[tuple[DataPath, Any]]:
    for key, value in data.items():
        if key in NAMED_VALUES and isinstance(value, dict):
            yield from (((key, name), each) for name, each in value.items())
        else:
            yield (key,), value


def blueprint_tree(found: ComposedBlueprint) -> Tree:
    """Return the blueprint *found* as a tree: units with their accounts, roles and things, then flows."""
    value = found.source.value
    organization = f"organization {value.organization.id}" if value.organization else "no organization"
    tree = Tree(Text(f"{found.source.source.name}: {organization}, {', '.join(value.regions)}", style="bold"))
    _add_layers(tree, found.layers, "organization")
    units: dict[str | None, list[str]] = {}
    for name, account in value.accounts.items():
        units.setdefault(account.ou, []).append(name)
    for unit, accounts in units.items():
        branch = tree.add(Text(f"unit {unit}", style="bold")) if unit else tree
        _add_layers(branch, found.layers, f"ou-{unit}")
        for name in accounts:
            _add_account(branch, found, name)
    flows = tree.add(Text(f"Flows ({len(found.flows)})", style="bold"))
    for flow in found.flows:
        across = "" if flow.crosses else ", in one account"
        flows.add(Text(f"{flow.text}  ({flow.where}{across})"))
    return tree


def _add_layers(branch: Tree, layers: Iterable[LevelLayers], level: str) -> None:
    for one in layers:
        if one.level == level:
            sizes = ", ".join(f"{each.name} {len(each.text):,}" for each in one.documents.policies)
            branch.add(Text(f"{one.kind.upper()}s  {sizes} characters"))


def _add_account(branch: Tree, found: ComposedBlueprint, name: str) -> None:
    account = branch.add(Text(f"account {name}  {found.source.value.accounts[name].id}", style="bold"))
    _add_layers(account, found.layers, f"account-{name}")
    for way in access_of(found.source, name).by:
        account.add(Text(f"{way.key}: {way.value}  ({way.where}, {way.level})"))
    for kind, place, text in things_of(found, name):
        account.add(Text(f"{kind} {place}  {text}"))
    for one in found.guards:
        if one.account == name:
            account.add(Text(f"policy of {one.resource}  for {len(one.flows)} flows"))
    for role in found.roles:
        if role.account == name:
            _add_role(account, role)


def _add_role(branch: Tree, one: PlacedRole) -> None:
    role = branch.add(Text(f"role {one.place}  {one.arn}", style="bold"))
    for key, value, place, level in values_of(one):
        role.add(Text(f"{key}: {_text(value)}  ({place}, {level})"))
    for flow in one.flows:
        role.add(Text(f"flow {flow.text}"))


def _text(value: Any) -> str:
    """Return *value* as people write it in YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
