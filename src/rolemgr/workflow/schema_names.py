"""
The names of the catalog in the JSON Schemas, so that an editor offers them with their titles.

Other names are allowed there, for a catalog of one's own may have them; reading the file says whether it does.
"""

from collections.abc import Mapping
from typing import Any

from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.model.layer_pattern import LayerKind

Json = dict[str, Any]

_ENTRIES: Mapping[str, Mapping[str, EntryKind]] = {
    "persona": {
        "extends": "personas", "activity_groups": "activity_groups", "add": "activity_groups",
        "remove": "activity_groups", "pass_self": "activity_groups", "guardrail_profile": "profiles",
    },
    "activity-group": {"never_with": "activity_groups"},
    "guardrail-profile": {"includes": "profiles"},
    "role": {
        "persona": "personas", "add": "activity_groups", "remove": "activity_groups", "guardrail_profile": "profiles",
    },
    "tests": {"persona": "personas"},
}  # fmt: skip
"""Of the files of each name, the keys that name entries of a kind."""
_ONE = frozenset({"extends", "persona"})
"""Keys that name one entry and no list; the profile of a persona is one too."""


def with_entries(name: str, schema: Json, catalog: Catalog) -> Json:
    """Return the *schema* of the files of *name* in which keys that name entries of *catalog* offer these."""
    properties = dict(schema["properties"])
    definitions: Json = {}
    for key, kind in _ENTRIES.get(name, {}).items():
        definition = _DEFINITIONS[kind]
        definitions[definition] = one_of(titles(catalog, kind))
        single = key in _ONE or (name, key) == ("persona", "guardrail_profile")
        kept = {word: properties[key][word] for word in ("description", "title", "default") if word in properties[key]}
        properties[key] = {**kept, **(ref(definition) if single else one_or_more(definition))}
    if mapping := {"role": "guardrail", "guardrail-profile": "guardrails"}.get(name):
        properties[mapping] = named(properties[mapping], titles(catalog, "guardrails"))
    defined = {**schema.get("$defs", {}), **definitions}
    found = {**schema, "properties": properties, **({"$defs": defined} if defined else {})}
    return _with_separations(found, catalog) if name == "persona" else found


_DEFINITIONS: Mapping[EntryKind, str] = {
    "personas": "PersonaName", "activity_groups": "ActivityGroupName", "profiles": "GuardrailProfileName",
}  # fmt: skip


def _with_separations(schema: Json, catalog: Catalog) -> Json:
    """Return the *schema* of personas whose `never` offers the separations of *catalog*."""
    known = [{"const": name, "description": title} for name, title in titles(catalog, "separations").items()]
    never = schema["properties"]["never"]
    items = never["items"]
    offered = {**items, "anyOf": [*known, *items["anyOf"]]}
    separation = schema["$defs"]["SeparationRef"]
    fields = {**separation["properties"], "separation": one_of(titles(catalog, "separations"))}
    definitions = {**schema["$defs"], "SeparationRef": {**separation, "properties": fields}}
    properties = {**schema["properties"], "never": {**never, "items": offered}}
    return {**schema, "properties": properties, "$defs": definitions}


def ref(name: str) -> Json:
    """Return a reference to the definition *name*."""
    return {"$ref": f"#/$defs/{name}"}


def titles(catalog: Catalog, kind: EntryKind) -> dict[str, str]:
    """Return the titles of the entries of a *kind*, by name."""
    reads: Mapping[str, Any] = {
        "personas": catalog.persona,
        "separations": catalog.separation,
        "activity_groups": catalog.activity_group,
        "guardrails": catalog.guardrail,
        "profiles": catalog.profile,
        "scps": lambda name: catalog.layer_pattern(LayerKind.SCP, name),
        "rcps": lambda name: catalog.layer_pattern(LayerKind.RCP, name),
    }
    return {name: reads[kind](name).value.title for name in catalog.found(kind)}


def one_of(known: Mapping[str, str]) -> Json:
    """Return the schema of a name: one that is *known*, each with its title, or another."""
    return {"anyOf": [*({"const": name, "description": title} for name, title in known.items()), {"type": "string"}]}


def one_or_more(name: str) -> Json:
    """Return the schema of one of the definition *name*, or a list."""
    return {"anyOf": [ref(name), {"type": "array", "items": ref(name)}]}


def named(found: Json, known: Mapping[str, str]) -> Json:
    """Return *found*, a mapping by name, with the names that are *known*."""
    [value] = found["patternProperties"].values()
    return {**found, "properties": {name: {"description": title, **value} for name, title in known.items()}}
