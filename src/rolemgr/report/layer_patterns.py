"""Patterns of SCPs and RCPs to look at: tables of what there is, and one as a tree."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.folders import EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.model.layer_pattern import LayerKind, LayerPattern, LayerStatement
from rolemgr.report.entries import add_branch, compact, controls_lines, entry_data, file_cell, root, table
from rolemgr.report.statements import add_actions, add_conditions

_FOLDERS: dict[LayerKind, EntryKind] = {LayerKind.SCP: "scps", LayerKind.RCP: "rcps"}


def patterns_table(kind: LayerKind, catalog: Catalog) -> Table:
    """Return the patterns of *kind* in *catalog*: id, title, parameters, file."""
    found = table("Pattern", "Title", "Parameters", "File")
    for name, file in catalog.found(_FOLDERS[kind]).items():
        pattern = catalog.layer_pattern(kind, name).value
        title = f"{pattern.title} (always part of them)" if pattern.always else pattern.title
        title = f"{pattern.title} (can't be)" if pattern.refused else title
        found.add_row(name, title, ", ".join(pattern.parameters) or "-", file_cell(file))
    return found


def patterns_data(kind: LayerKind, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the patterns of *kind* in *catalog* for ``--format json``."""
    return [
        {**entry_data(file), "title": one.title, "always": one.always, "parameters": list(one.parameters)}
        for name, file in catalog.found(_FOLDERS[kind]).items()
        for one in [catalog.layer_pattern(kind, name).value]
    ]


def pattern_data(kind: LayerKind, catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the pattern *name* for ``--format json``: its fields as in its file, and where it lies."""
    fields = catalog.layer_pattern(kind, name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**entry_data(catalog.found(_FOLDERS[kind])[name]), **fields}


def pattern_tree(kind: LayerKind, catalog: Catalog, name: str) -> Tree:
    """Return the pattern *name* as a tree; raise UnknownNameError if there is none."""
    pattern = catalog.layer_pattern(kind, name)
    value = pattern.value
    tree = root(name, value.title, value.description, catalog.found(_FOLDERS[kind])[name])
    if value.refused:
        tree.add(Text(f"Can't be: {value.refused}; {value.instead}", style="yellow"))
    add_branch(tree, "Parameters", _parameters(value))
    add_branch(tree, "Guardrails", _guardrails(value))
    if value.statements:
        denies = tree.add(Text("Denies", style="bold"))
        for number, statement in enumerate(value.statements):
            denies.add(_statement(statement, str(pattern.at("statements", number))))
    add_branch(tree, "Walked round without", value.needs_others)
    add_branch(tree, "Left open", value.left_open)
    add_branch(tree, "Controls", controls_lines(value.controls))
    add_branch(tree, "Sources", value.sources)
    return tree


def _parameters(value: LayerPattern) -> Iterable[str]:
    for name, one in value.parameters.items():
        many = ", repeatable" if one.many else ""
        default = "required" if one.default is None else f"default {', '.join(one.default) or 'none'}"
        yield f"{name} ({one.type}{many}; {default}): {one.help}"


def _guardrails(value: LayerPattern) -> Iterable[str]:
    for one in value.guardrails:
        only = f": {', '.join(one.only)}" if one.only else ""
        values = "".join(f", {name} {' '.join(map(compact, texts))}" for name, texts in one.values.items())
        yield f"{one.guardrail}{only}{values}"


def _statement(statement: LayerStatement, place: str) -> Tree:
    branch = Tree(Text.assemble("Deny ", (statement.sid, "bold"), (f"  {place}", "dim")))
    if statement.why:
        branch.add(Text(statement.why))
    if statement.needs:
        branch.add(Text(f"only with a value for {', '.join(statement.needs)}"))
    if statement.unless:
        branch.add(Text(f"only without a value for {', '.join(statement.unless)}"))
    if not statement.exempt:
        branch.add(Text("nobody is exempt"))
    if statement.not_actions:
        branch.add(Text("every action but"))
    add_actions(branch, tuple(map(compact, statement.actions or statement.not_actions)))
    for text in statement.resources:
        branch.add(Text(f"on {compact(text)}"))
    conditions = {
        operator: {compact(key): tuple(map(compact, values)) for key, values in block.items()}
        for operator, block in statement.conditions.items()
    }
    add_conditions(branch, conditions)
    return branch
