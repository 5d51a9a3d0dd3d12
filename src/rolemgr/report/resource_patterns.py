"""Policies and shares of resources to look at: a table of the kinds that there are, and one as a tree."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog, Found
from rolemgr.errors import SourceLocation
from rolemgr.model.resource_pattern import ResourceParameter, ResourcePattern, ResourcePatternStatement
from rolemgr.model.share_pattern import SharedPart, SharePattern
from rolemgr.model.source import Sourced
from rolemgr.report.entries import add_branch, compact, entry_data, file_cell, root, table
from rolemgr.report.statements import add_actions, add_conditions

_RAM = "shared through AWS RAM"


def resource_patterns_table(catalog: Catalog) -> Table:
    """Return the kinds of resources whose policies and shares *catalog* has: id, title, parameters, file."""
    found = table("Kind", "Of", "Parameters", "File")
    for name, file in _all(catalog).items():
        one = _pattern(catalog, name).value
        title = f"{one.title} ({_RAM})" if isinstance(one, SharePattern) else one.title
        found.add_row(name, title, ", ".join(one.parameters), file_cell(file))
    return found


def resource_patterns_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the kinds of `resource_patterns_table` for ``--format json``."""
    return [
        {**entry_data(file), "title": one.title, "is_share": isinstance(one, SharePattern),
         "parameters": list(one.parameters)}
        for name, file in _all(catalog).items()
        for one in [_pattern(catalog, name).value]
    ]  # fmt: skip


def resource_pattern_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the kind *name* for ``--format json``: its fields as in its file, and where it lies."""
    fields = _pattern(catalog, name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**entry_data(_all(catalog)[name]), **fields}


def resource_pattern_tree(catalog: Catalog, name: str) -> Tree:
    """Return the kind *name* as a tree; raise UnknownNameError if there is none."""
    pattern = _pattern(catalog, name)
    value = pattern.value
    tree = root(name, value.title, value.description, _all(catalog)[name])
    add_branch(tree, "Parameters", (_parameter(key, one) for key, one in value.parameters.items()))
    if isinstance(value, SharePattern):
        shares = tree.add(Text(f"Shares, {_RAM}", style="bold"))
        for number, share in enumerate(value.shares):
            shares.add(_share(share, str(pattern.at("shares", number))))
    else:
        statements = tree.add(Text("Statements", style="bold"))
        for number, statement in enumerate(value.statements):
            statements.add(_statement(statement, str(pattern.at("statements", number))))
        add_branch(tree, "Differs from AWS's examples", value.differs)
    add_branch(tree, "Left open", value.left_open)
    add_branch(tree, "Sources", value.sources)
    return tree


def _all(catalog: Catalog) -> Mapping[str, Found]:
    """Return the files of all kinds by name; of one name the policy counts, as for `rolemgr resource-policy`."""
    return dict(sorted({**catalog.found("shares"), **catalog.found("resource_policies")}.items()))


def _pattern(catalog: Catalog, name: str) -> Sourced[ResourcePattern] | Sourced[SharePattern]:
    is_share = name in catalog.found("shares") and name not in catalog.found("resource_policies")
    where = SourceLocation("command line")
    return catalog.share_pattern(name, where) if is_share else catalog.resource_pattern(name, where)


def _parameter(name: str, one: ResourceParameter) -> str:
    many = ", repeatable" if one.many else ""
    needed = "; required" if one.required else f"; default {', '.join(one.default)}" if one.default else ""
    return f"{name} ({one.type}{many}{needed}): {one.help}"


def _share(one: SharedPart, place: str) -> Tree:
    branch = Tree(Text.assemble("Share ", (compact(one.name), "bold"), (f"  {place}", "dim")))
    _add_texts(branch, [one.why] if one.why else [])
    branch.add(Text(f"permission {one.permission}"))
    add_actions(branch, one.gives)
    _add_texts(branch, (f"on {compact(text)}" for text in one.resources))
    _add_texts(branch, (f"for {compact(text)}" for text in one.principals))
    return branch


def _statement(one: ResourcePatternStatement, place: str) -> Tree:
    branch = Tree(Text.assemble(f"{one.effect} ", (one.sid, "bold"), (f"  {place}", "dim")))
    _add_texts(branch, [one.why] if one.why else [])
    _add_texts(branch, [f"only with a value for {', '.join(one.needs)}"] if one.needs else [])
    _add_texts(branch, [f"only without a value for {', '.join(one.unless)}"] if one.unless else [])
    _add_texts(branch, (f"only where {name} is {' or '.join(values)}" for name, values in one.only_for.items()))
    _add_texts(branch, (f"for {compact(text)}" for text in (*one.principals, *one.services) or ("everybody",)))
    add_actions(branch, one.actions)
    _add_texts(branch, (f"on {compact(text)}" for text in one.resources))
    conditions = {
        operator: {compact(key): tuple(map(compact, values)) for key, values in block.items()}
        for operator, block in one.conditions.items()
    }
    add_conditions(branch, conditions)
    return branch


def _add_texts(branch: Tree, texts: Iterable[str]) -> None:
    for text in texts:
        branch.add(Text(text))
