"""Catalog entries to browse: tables of what there is, and one entry as a tree."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog, Found
from rolemgr.catalog.personas import resolve_persona
from rolemgr.model.catalog import ActivityGroup, GroupStatement
from rolemgr.model.controls import Controls
from rolemgr.model.source import Sourced
from rolemgr.report.matrix import Matrix
from rolemgr.report.statements import add_actions, add_conditions


def groups_table(catalog: Catalog) -> Table:
    """Return the activity groups of *catalog*: id, title, AWS's counterpart, file."""
    found = table("Activity group", "Title", "Role Manager activity", "File")
    for name, file in catalog.found("activity_groups").items():
        group = catalog.activity_group(name).value
        found.add_row(name, group.title, ", ".join(group.aws_activity) or "-", file_cell(file))
    return found


def matrix_page(catalog: Catalog) -> Matrix:
    """Return which persona has which activity group, as a page that fits any width."""
    groups = {name: tuple(resolve_persona(catalog, name).groups) for name in catalog.found("personas")}
    return Matrix("Activity group", "Persona", groups, tuple(catalog.found("activity_groups")))


def matrix_data(catalog: Catalog) -> dict[str, list[str]]:
    """Return the activity groups of each persona, for ``--format json``."""
    return {name: sorted(resolve_persona(catalog, name).groups) for name in catalog.found("personas")}


def groups_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the activity groups of *catalog* for ``--format json``."""
    return [
        {**entry_data(found), "title": group.title, "aws_activity": list(group.aws_activity)}
        for name, found in catalog.found("activity_groups").items()
        for group in [catalog.activity_group(name).value]
    ]


def group_tree(catalog: Catalog, name: str) -> Tree:
    """Return the activity group *name* as a tree; raise UnknownNameError if there is none."""
    group = catalog.activity_group(name)
    tree = root(name, group.value.title, group.value.description, catalog.found("activity_groups")[name])
    tree.add(Text(f"Role Manager activity: {', '.join(group.value.aws_activity) or 'none'}"))
    add_branch(tree, "Parameters", _parameters(group))
    statements = tree.add(Text("Statements", style="bold"))
    for index, statement in enumerate(group.value.statements):
        statements.add(_statement(statement, str(group.at("statements", index))))
    add_branch(
        tree,
        "Indirect ways that IAM can't separate",
        (f"{way.action}: {way.how}" for way in group.value.indirect),
    )
    add_branch(
        tree,
        "Findings of `rolemgr check` that it accepts",
        (f"{one.rule} on {one.action}: {one.why}" for one in group.value.accepts),
    )
    add_branch(tree, "Personas that have it", _holders(catalog, name))
    add_branch(tree, "Sources", group.value.sources)
    return tree


def group_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """
    Return the activity group *name* for ``--format json``, its fields as in its file, and where it lies.

    `parameters` has those that the group shares with others too, which `shared_parameters` names.
    """
    fields = catalog.activity_group(name).value.model_dump(mode="json", exclude_unset=True)
    return {**entry_data(catalog.found("activity_groups")[name]), **fields}


def _statement(statement: GroupStatement, place: str) -> Tree:
    branch = Tree(Text.assemble(statement.effect, " ", (statement.sid, "bold"), (f"  {place}", "dim")))
    if statement.why:
        branch.add(Text(statement.why))
    if statement.needs:
        branch.add(Text(f"only with a value for {', '.join(statement.needs)}"))
    add_actions(branch, statement.actions)
    for resource in statement.resources:
        branch.add(Text.assemble(("on ", "cyan"), compact(resource)))
    add_conditions(branch, statement.conditions)
    return branch


def _parameters(group: Sourced[ActivityGroup]) -> Iterable[str]:
    for name, parameter in group.value.parameters.items():
        many = ", repeatable" if parameter.many else ""
        values = compact(", ".join(parameter.default or ())) or "none"
        default = "required" if parameter.default is None else f"default {values}"
        shared = f"; shared, {group.at('parameters', name)}" if name in group.value.shared_parameters else ""
        yield f"{name} ({parameter.type}{many}; {default}{shared}): {parameter.help}"


def compact(text: str) -> str:
    """Return *text* with the spaces in its placeholders taken out: there a terminal would break the line."""
    return text.replace("{{ ", "{{").replace(" }}", "}}")


def _holders(catalog: Catalog, group: str) -> Iterable[str]:
    return (name for name in catalog.found("personas") if group in resolve_persona(catalog, name).groups)


def root(name: str, title: str, description: str, found: Found) -> Tree:
    """Return the root of the tree of an entry: name, title, description, file."""
    tree = Tree(Text.assemble((name, "bold"), f"  {title}"))
    tree.add(Text(description))
    tree.add(Text(_file(found), style="dim"))
    return tree


def add_branch(tree: Tree, head: str, lines: Iterable[str]) -> None:
    """Add the *lines* under *head*, and nothing where there are none."""
    texts = [Text(line) for line in lines]
    if texts:
        branch = tree.add(Text(head, style="bold"))
        for text in texts:
            branch.add(text)


def controls_lines(controls: Controls) -> Iterator[str]:
    """Yield the *controls* of an entry, a line a framework, each with the level of evidence."""
    for framework, ids in controls.items():
        yield f"{framework}: {', '.join(f'{one.id} ({one.evidence})' for one in ids)}"


def table(*columns: str) -> Table:
    """Return an empty table with *columns*, of which the first never breaks."""
    made = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)  # the first is what one copies
    return made


def file_cell(found: Found) -> str:
    """Return where an entry lies, in a table: most are ours, and the user's are to stand out."""
    return "built-in" if found.builtin else _with_overridden(found, found.shown)


def _file(found: Found) -> str:
    kind = "built-in" if found.builtin else "yours"
    return _with_overridden(found, f"{found.shown} ({kind})")


def _with_overridden(found: Found, text: str) -> str:
    return text + (f", instead of {found.overrides}" if found.overrides else "")


def entry_data(found: Found) -> dict[str, Any]:
    """Return what every entry has for ``--format json``: id, file, whose it is, what it overrides."""
    entry: dict[str, Any] = {"id": found.id, "file": found.shown, "builtin": found.builtin}
    return entry | ({"overrides": found.overrides} if found.overrides else {})
