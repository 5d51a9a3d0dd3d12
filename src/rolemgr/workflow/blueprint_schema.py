"""
The JSON Schema of blueprints with the names of the built-in catalog, so that an editor offers them with their titles.

Other names are allowed there, for a catalog of one's own may have them; reading the file says whether it does.
"""

from collections.abc import Mapping
from typing import Any

from rolemgr.catalog.load import Catalog, EntryKind
from rolemgr.model.layer_pattern import LayerKind

Json = dict[str, Any]

_PATTERNS: Mapping[LayerKind, EntryKind] = {LayerKind.SCP: "scps", LayerKind.RCP: "rcps"}
_LEVELS = ("BlueprintUnit", "BlueprintAccount", "BlueprintProject")
"""The definitions, beside the blueprint itself, that say what holds for many roles."""


def with_names(schema: Json, role: Json, catalog: Catalog) -> Json:
    """Return the *schema* of blueprints with roles by *role*, the schema of role files, and the names of *catalog*."""
    definitions: Json = {**role["$defs"], **schema["$defs"], **_names(schema, catalog)}
    for level in (schema, *(definitions[name] for name in _LEVELS)):
        _refer(level["properties"])
    layers = definitions["BlueprintLayers"]["properties"]
    for kind in LayerKind:
        layers[str(kind)] = _patterns(layers[str(kind)], _titles(catalog, _PATTERNS[kind]))
    definitions["BlueprintRole"] = _role(role)
    units = definitions["BlueprintUnit"]["properties"]
    for where in (schema["properties"], units):
        where["roles"] = {**where["roles"], "additionalProperties": _ref("BlueprintRole")}
    verbs = ", ".join(sorted(catalog.flow(name).value.verb for name in catalog.found("flows")))
    schema["properties"]["flows"]["description"] = f"ACCOUNT/ROLE VERB ACCOUNT/NAME; the verbs are {verbs}"
    return {**schema, "$defs": definitions}


def _names(schema: Json, catalog: Catalog) -> Json:
    """Return the definitions that have the names of the catalog."""
    kinds: dict[str, EntryKind] = {
        "Persona": "personas",
        "ActivityGroup": "activity_groups",
        "GuardrailProfile": "profiles",
    }
    found = {name: _one_of(_titles(catalog, kind)) for name, kind in kinds.items()}
    return {**found, "Guardrails": _named(schema["properties"]["guardrail"], _titles(catalog, "guardrails"))}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _titles(catalog: Catalog, kind: EntryKind) -> dict[str, str]:
    """Return the titles of the entries of a *kind*, by name."""
    reads: Mapping[str, Any] = {
        "personas": catalog.persona,
        "activity_groups": catalog.activity_group,
        "guardrails": catalog.guardrail,
        "profiles": catalog.profile,
        "scps": lambda name: catalog.layer_pattern(LayerKind.SCP, name),
        "rcps": lambda name: catalog.layer_pattern(LayerKind.RCP, name),
    }
    return {name: reads[kind](name).value.title for name in catalog.found(kind)}


def _role(role: Json) -> Json:
    """Return the schema of a role of a blueprint: what a role file says, of which a level or a file may say all."""
    properties = {name: value for name, value in role["properties"].items() if name not in ("account", "catalog")}
    properties["persona"] = _ref("Persona")
    for name in ("add", "remove"):
        properties[name] = _one_or_more("ActivityGroup")
    properties["file"] = {"type": "string", "description": "a role file beside the blueprint or below its folder"}
    _refer(properties)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _refer(properties: Json) -> None:
    properties["guardrail"] = _ref("Guardrails")
    properties["guardrail_profile"] = _one_or_more("GuardrailProfile")


def _one_of(titles: Mapping[str, str]) -> Json:
    known = [{"const": name, "description": title} for name, title in titles.items()]
    return {"anyOf": [*known, {"type": "string"}]}


def _one_or_more(name: str) -> Json:
    return {"anyOf": [_ref(name), {"type": "array", "items": _ref(name)}]}


def _named(found: Json, titles: Mapping[str, str]) -> Json:
    """Return *found*, a mapping by name, with the names that are known."""
    [value] = found["patternProperties"].values()
    return {**found, "properties": {name: {"description": title, **value} for name, title in titles.items()}}


def _patterns(found: Json, titles: Mapping[str, str]) -> Json:
    """Return *found*, patterns with their parameters, which may be a list of names too."""
    title = {"title": found.pop("title")}
    return {**title, "anyOf": [{"type": "array", "items": _one_of(titles)}, _named(found, titles)]}
