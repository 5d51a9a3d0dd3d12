"""The JSON Schemas of the files that users write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.iam.plain import Readable
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.catalog import ActivityGroup, Persona, Separation, SharedParameters
from rolemgr.model.check_config import CheckConfigFile
from rolemgr.model.custom_checks import CustomChecks
from rolemgr.model.detective_control import DetectiveControl
from rolemgr.model.flow import FlowPattern
from rolemgr.model.guardrail import Guardrail, GuardrailProfile
from rolemgr.model.inventory_file import InventoryFile
from rolemgr.model.layer_pattern import LayerPattern
from rolemgr.model.policy_tests import PolicyTests
from rolemgr.model.resource_pattern import ResourcePattern
from rolemgr.model.share_pattern import SharePattern
from rolemgr.model.spec import RoleSpec
from rolemgr.workflow.blueprint_schema import with_names
from rolemgr.workflow.schema_names import with_entries
from rolemgr.workflow.schema_texts import described


def schema_of(name: str, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """
    Return the JSON Schema (draft 2020-12) of the file format *name*.

    It offers the names of the built-in catalog, and those of the catalog *folders*; raises InputError for no such.
    """
    models: dict[str, type[Readable]] = {
        "persona": Persona,
        "separation": Separation,
        "activity-group": ActivityGroup,
        "shared-parameters": SharedParameters,
        "guardrail": Guardrail,
        "guardrail-profile": GuardrailProfile,
        "layer-pattern": LayerPattern,
        "resource-pattern": ResourcePattern,
        "share-pattern": SharePattern,
        "detective-control": DetectiveControl,
        "role": RoleSpec,
        "tests": PolicyTests,
        "checks": CustomChecks,
        "check-config": CheckConfigFile,
        "inventory": InventoryFile,
        "flow": FlowPattern,
        "blueprint": Blueprint,
    }
    found = models[name].model_json_schema()
    catalog = Catalog(folders)
    if name == "blueprint":
        found = with_names(found, RoleSpec.model_json_schema(), catalog)
    else:
        found = with_entries(name, found, catalog)
    found = described(found)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | found
