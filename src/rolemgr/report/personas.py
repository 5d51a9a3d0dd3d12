"""Personas to browse: a table of them, and one as a tree with what it can never do."""

from functools import partial
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.report.entries import add_branch, entry_data, file_cell, root, table
from rolemgr.report.separations import (
    indirect_data,
    indirect_ways,
    let_off_data,
    never_branch,
    never_data,
    separations_of,
)
from rolemgr.separation.never_words import in_words


def personas_table(catalog: Catalog) -> Table:
    """
    Return the personas of *catalog*: id, whom each is for, how many activity groups it has.

    The files are told where some are the user's: without them a line of 80 columns has it all.
    """
    files = catalog.found("personas")
    own = any(not file.builtin for file in files.values())
    found = table("Persona", "For", "Groups", *(["File"] if own else []))
    found.columns[2].justify = "right"
    for name, file in files.items():
        one = catalog.persona(name).value
        count = len(resolve_persona(catalog, name).groups)
        found.add_row(name, one.for_whom or one.title, str(count), *([file_cell(file)] if own else []))
    return found


def personas_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the personas of *catalog* for ``--format json``."""
    return [
        {
            **entry_data(found),
            "title": persona.title,
            "for_whom": catalog.persona(name).value.for_whom,
            "activity_groups": sorted(persona.groups),
            "separations": separations_of(persona),
        }
        for name, found in catalog.found("personas").items()
        for persona in [resolve_persona(catalog, name)]
    ]


def persona_tree(catalog: Catalog, name: str) -> Tree:
    """Return the persona *name* as a tree, with what it extends; raise UnknownNameError if there is none."""
    persona, say = resolve_persona(catalog, name), partial(in_words, catalog)
    tree = root(name, persona.title, persona.description, catalog.found("personas")[name])
    for_whom = catalog.persona(name).value.for_whom
    if for_whom:
        tree.add(Text(f"For: {for_whom}"))
    add_branch(tree, "Extends", persona.lineage[1:])
    add_branch(tree, "Guardrail profile", [persona.guardrail_profile] if persona.guardrail_profile else [])
    groups = tree.add(Text("Activity groups", style="bold"))
    for group, place in persona.groups.items():
        title = catalog.activity_group(group, place).value.title
        groups.add(Text.assemble((group, "bold"), f"  {title}", (f"  {place}", "dim")))
    if persona.never:
        tree.add(never_branch(catalog, "Never", persona.never, say))
    add_branch(tree, "Let off", (f"{say(excuse.never)}: {excuse.reason}" for excuse in persona.excused))
    add_branch(tree, "Added where jobs run as the persona's own role", persona.pass_self)
    add_branch(
        tree,
        "Indirect ways that IAM can't separate",
        (f"{way.action} through {group}: {way.how}" for group, way in indirect_ways(catalog, persona.groups.items())),
    )
    add_branch(tree, "Sources", catalog.persona(name).value.sources)
    return tree


def persona_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """
    Return the persona *name* for ``--format json``: where it lies, its fields as in its file, and what they mean.

    ``resolved`` has what a persona comes to with all that it extends and all separations that it names.
    """
    fields = catalog.persona(name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    persona, say = resolve_persona(catalog, name), partial(in_words, catalog)
    resolved = {
        "ActivityGroups": sorted(persona.groups),
        "Never": never_data(catalog, persona.never, say),
        "LetOff": let_off_data(persona.excused, say),
        "Indirect": indirect_data(catalog, persona.groups.items()),
    }
    return {**entry_data(catalog.found("personas")[name]), **fields, "resolved": resolved}
