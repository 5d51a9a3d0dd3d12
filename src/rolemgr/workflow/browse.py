"""What the catalog offers: lists of entries, and single ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.judges import judged_actions, left_out
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.query import Judging
from rolemgr.report import (
    detective_controls,
    entries,
    guardrails,
    layer_patterns,
    personas,
    resource_patterns,
    separations,
)
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.views import Views


def _with_judging(view: Callable[[Catalog, str, Mapping[str, Judging]], Any]) -> Callable[[Catalog, str], Any]:
    """Return the *view* of a guardrail, given what each of its Denies judges."""

    def viewed(catalog: Catalog, name: str) -> Any:
        one = catalog.guardrail(name).value
        return view(
            catalog, name, {deny.sid: Judging(judged_actions(one, deny), left_out(one, deny)) for deny in one.deny}
        )

    return viewed


_LISTS: Mapping[str, tuple[Callable[[Catalog], Any], Callable[[Catalog], Any]]] = {
    "personas": (personas.personas_data, personas.personas_table),
    "separations": (separations.separations_data, separations.separations_table),
    "activity-groups": (entries.groups_data, entries.groups_table),
    "guardrails": (guardrails.guardrails_data, guardrails.guardrails_table),
    "profiles": (guardrails.profiles_data, guardrails.profiles_table),
    "scps": (
        partial(layer_patterns.patterns_data, LayerKind.SCP),
        partial(layer_patterns.patterns_table, LayerKind.SCP),
    ),
    "rcps": (
        partial(layer_patterns.patterns_data, LayerKind.RCP),
        partial(layer_patterns.patterns_table, LayerKind.RCP),
    ),
    "resource-policies": (resource_patterns.resource_patterns_data, resource_patterns.resource_patterns_table),
    "detective-controls": (detective_controls.controls_data, detective_controls.controls_table),
    "matrix": (entries.matrix_data, entries.matrix_page),
}
_ENTRIES: Mapping[str, tuple[Callable[[Catalog, str], Any], Callable[[Catalog, str], Any]]] = {
    "persona": (personas.persona_data, personas.persona_tree),
    "separation": (separations.separation_data, separations.separation_tree),
    "activity-group": (entries.group_data, entries.group_tree),
    "guardrail": (_with_judging(guardrails.guardrail_data), _with_judging(guardrails.guardrail_tree)),
    "profile": (guardrails.profile_data, guardrails.profile_tree),
    "scp": (partial(layer_patterns.pattern_data, LayerKind.SCP), partial(layer_patterns.pattern_tree, LayerKind.SCP)),
    "rcp": (partial(layer_patterns.pattern_data, LayerKind.RCP), partial(layer_patterns.pattern_tree, LayerKind.RCP)),
    "resource-policy": (resource_patterns.resource_pattern_data, resource_patterns.resource_pattern_tree),
    "detective-control": (detective_controls.control_data, detective_controls.control_tree),
}


def list_of(kind: str, folders: Sequence[str]) -> Views:
    """Return all entries of a *kind* in the catalog, with those of *folders* or else of ``rolemgr.yaml``."""
    data, table = _LISTS[kind]
    catalog = Catalog(catalog_folders(folders))
    return Views(partial(data, catalog), partial(table, catalog))


def entry_of(kind: str, name: str, folders: Sequence[str]) -> Views:
    """Return the entry *name* of a *kind*, as `list_of` finds it; raises UnknownNameError as it is viewed."""
    data, tree = _ENTRIES[kind]
    catalog = Catalog(catalog_folders(folders))
    return Views(partial(data, catalog, name), partial(tree, catalog, name))
