"""A statement as a branch of a tree: effect and Sid, origin, actions by access level, resources, conditions."""

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from rolemgr.iam.documents import Conditions, Effect
from rolemgr.model.role import ComposedStatement, ComposedTrust, Origin
from rolemgr.reference.services import find_action

LEVELS = ("Permissions management", "Tagging", "Write", "Read", "List")
"""AWS's access levels, the most far-reaching first; an action stands under the first that it has."""

_EFFECT_STYLE = {Effect.ALLOW: "green", Effect.DENY: "bold red"}


def statement_branch(statement: ComposedStatement) -> Tree:
    """Return the branch that shows *statement* with all its origins."""
    head = Text.assemble((statement.effect, _EFFECT_STYLE[statement.effect]), " ", (statement.sid, "bold"))
    branch = Tree(head)
    for origin in statement.origins:
        branch.add(origin_text(origin))
    add_actions(branch, statement.actions)
    _add_list(branch, "on", statement.resources)
    add_conditions(branch, statement.condition)
    return branch


def trust_branch(trust: ComposedTrust) -> Tree:
    """Return the branch that shows who may assume the role, and under which conditions."""
    branch = Tree(Text.assemble(("Allow", "green"), " ", (trust.sid, "bold")))
    for kind, names in trust.principal.items():
        branch.add(Text(f"{kind}: {', '.join(names)}"))
    branch.add(Text(", ".join(trust.actions)))
    add_conditions(branch, trust.conditions)
    return branch


def origin_text(origin: Origin) -> Text:
    """Return the catalog place of *origin*, the way an editor opens it."""
    return Text(f"from {origin.location} ({origin.sid})", style="dim")


def add_actions(branch: Tree, actions: Sequence[str]) -> None:
    """Add *actions* to *branch*, one line for each access level and service."""
    if tuple(actions) == ("*",):
        branch.add(Text("every action of every service"))
        return
    for level, names in by_access_level(actions).items():
        style = "yellow" if level in LEVELS[:3] else ""
        branch.add(Text.assemble((f"{level}: ", style), "  ".join(names)))


def by_access_level(actions: Iterable[str]) -> Mapping[str, list[str]]:
    """Return *actions* by their access level, most far-reaching level first."""
    found: dict[str, list[str]] = {level: [] for level in LEVELS}
    for name in sorted(actions):
        found[access_level(name)].append(name)
    return {level: names for level, names in found.items() if names}


def access_level(name: str) -> str:
    """Return the most far-reaching access level of the action *name*; an unknown action counts as Write."""
    action = find_action(name)
    levels = action.access_levels if action else frozenset({"Write"})
    return next((level for level in LEVELS if level in levels), "Write")


def add_conditions(branch: Tree, conditions: Conditions) -> None:
    """Add *conditions* to *branch*, one line for each operator and key."""
    for operator, block in conditions.items():
        for key, values in block.items():
            branch.add(Text.assemble(("when ", "cyan"), f"{operator} {key} = {' or '.join(values)}"))


def _add_list(branch: Tree, word: str, values: Sequence[str]) -> None:
    for value in values:
        branch.add(Text.assemble((f"{word} ", "cyan"), value))
