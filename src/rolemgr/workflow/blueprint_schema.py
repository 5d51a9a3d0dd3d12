"""
The JSON Schema of blueprints with the names of the built-in catalog, so that an editor offers them with their titles.

Other names are allowed there, for a catalog of one's own may have them; reading the file says whether it does.
"""

from collections.abc import Mapping
from typing import Any

from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.workflow.schema_names import named, one_of, one_or_more, ref, titles

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
        layers[str(kind)] = _patterns(layers[str(kind)], titles(catalog, _PATTERNS[kind]))
    definitions["BlueprintRole"] = _role(role)
    units = definitions["BlueprintUnit"]["properties"]
    for where in (schema["properties"], units):
        where["roles"] = {**where["roles"], "additionalProperties": ref("BlueprintRole")}
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
    found = {name: one_of(titles(catalog, kind)) for name, kind in kinds.items()}
    return {**found, "Guardrails": named(schema["properties"]["guardrail"], titles(catalog, "guardrails"))}


def _role(role: Json) -> Json:
    """Return the schema of a role of a blueprint: what a role file says, of which a level or a file may say all."""
    properties = {name: value for name, value in role["properties"].items() if name not in ("account", "catalog")}
    properties["persona"] = ref("Persona")
    for name in ("add", "remove"):
        properties[name] = one_or_more("ActivityGroup")
    properties["file"] = {"type": "string", "description": "a role file beside the blueprint or below its folder"}
    _refer(properties)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _refer(properties: Json) -> None:
    properties["guardrail"] = ref("Guardrails")
    properties["guardrail_profile"] = one_or_more("GuardrailProfile")


def _patterns(found: Json, titles: Mapping[str, str]) -> Json:
    """Return *found*, patterns with their parameters, which may be a list of names, and of such patterns, too."""
    title, patterns = {"title": found.pop("title")}, named(found, titles)
    return {**title, "anyOf": [{"type": "array", "items": {"anyOf": [one_of(titles), patterns]}}, patterns]}
