"""Guardrails and profiles to look at: tables of what there is, one as a tree, and those of a role."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.change.fold import worded
from rolemgr.model.guardrail import ALL_ACTIONS, EVERY_ACTION, Guardrail, GuardrailDeny
from rolemgr.model.query import Judging
from rolemgr.model.role import GuardrailInForce, LeftOpen
from rolemgr.reference.quirks import scope_actions, scope_meaning
from rolemgr.report.entries import add_branch, compact, controls_lines, entry_data, file_cell, root, table
from rolemgr.report.statements import add_actions, add_conditions


def guardrail_branch(guardrail: GuardrailInForce) -> Tree:
    """Return the branch that shows a guardrail of a role: values, what it narrows, and what it does not."""
    branch = Tree(Text.assemble((guardrail.name, "bold"), f"  {guardrail.title}"))
    branch.add(Text(f"by {guardrail.by} ({guardrail.where})", style="dim"))
    for name, values in guardrail.values.items():
        branch.add(Text(f"{name} = {', '.join(worded({name: values})) or '(none)'}"))
    add_actions(branch, guardrail.actions)
    if not guardrail.actions:
        branch.add(Text("nothing in this role is its business"))
    word = "denied, as it would by-pass it" if guardrail.strict else "by-passed by"
    add_left_open(branch, guardrail.bypassed_by, word)
    add_left_open(branch, guardrail.not_where_absent, "let through without the condition key")
    return branch


def add_left_open(branch: Tree, left: Iterable[LeftOpen], word: str = "") -> None:
    """Add what a limit leaves open to *branch*, one line for each reason, *word* before it."""
    by_reason: dict[str, list[str]] = {}
    for one in left:
        by_reason.setdefault(one.why, []).append(one.action)
    for why, actions in by_reason.items():
        branch.add(Text.assemble((f"{word}: " if word else "", "yellow"), f"{', '.join(actions)} ({why})"))


def guardrails_table(catalog: Catalog) -> Table:
    """Return the guardrails of *catalog*: id, title, scope, values, file."""
    found = table("Guardrail", "Title", "Scope", "Values", "File")
    for name, file in catalog.found("guardrails").items():
        guardrail = catalog.guardrail(name).value
        found.add_row(name, guardrail.title, ", ".join(guardrail.scope), _values(guardrail), file_cell(file))
    return found


def profiles_table(catalog: Catalog) -> Table:
    """Return the guardrail profiles of *catalog*: id, title, guardrails, whose default it is, file."""
    found = table("Profile", "Guardrails", "Default of", "File")
    for name, file in catalog.found("profiles").items():
        held = ", ".join(guardrails_of(catalog, name))
        found.add_row(name, held, ", ".join(_holders(catalog, name)) or "-", file_cell(file))
    return found


def guardrails_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the guardrails of *catalog* for ``--format json``."""
    return [
        {**entry_data(file), "title": one.title, "scope": list(one.scope), "parameters": list(one.parameters)}
        for name, file in catalog.found("guardrails").items()
        for one in [catalog.guardrail(name).value]
    ]


def profiles_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the guardrail profiles of *catalog* for ``--format json``."""
    return [
        {
            **entry_data(file),
            "title": one.title,
            "guardrails": {guardrail: list(values) for guardrail, values in one.guardrails.items()},
            "default_of": _holders(catalog, name),
        }
        for name, file in catalog.found("profiles").items()
        for one in [catalog.profile(name).value]
    ]


def profile_tree(catalog: Catalog, name: str) -> Tree:
    """Return the guardrail profile *name* as a tree; raise UnknownNameError if there is none."""
    profile = catalog.profile(name)
    tree = root(name, profile.value.title, profile.value.description, catalog.found("profiles")[name])
    guardrails = tree.add(Text("Guardrails", style="bold"))
    for guardrail, (values, giver) in guardrails_of(catalog, name).items():
        place = giver.at("guardrails", guardrail)
        title = catalog.guardrail(guardrail, place).value.title
        branch = guardrails.add(Text.assemble((guardrail, "bold"), f"  {title}", (f"  {place}", "dim")))
        branch.add(Text(", ".join(values) if values else _without_values(catalog.guardrail(guardrail).value)))
    add_branch(tree, "Default of the personas", _holders(catalog, name))
    add_branch(tree, "Sources", profile.value.sources)
    return tree


def _without_values(guardrail: Guardrail) -> str:
    """Return where the values of *guardrail* come from where a profile gives none."""
    short = sorted({f"--{one.from_.replace('_', '-')}" for one in guardrail.parameters.values() if one.from_})
    if short:
        return f"its values from {', '.join(short)}"
    return "its default values" if guardrail.parameters else "it takes none"


def profile_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the guardrail profile *name* for ``--format json``: its fields as in its file, and where it lies."""
    fields = catalog.profile(name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**entry_data(catalog.found("profiles")[name]), **fields}


def guardrail_tree(catalog: Catalog, name: str, judging: Mapping[str, Judging]) -> Tree:
    """Return the guardrail *name*, whose Denies judge what *judging* says, by Sid, as a tree."""
    guardrail = catalog.guardrail(name)
    value = guardrail.value
    tree = root(name, value.title, value.description, catalog.found("guardrails")[name])
    _add_scopes(tree, value)
    add_branch(tree, "Parameters", _parameters(value))
    denies = tree.add(Text("Denies", style="bold"))
    for index, deny in enumerate(value.deny):
        denies.add(_deny(deny, judging[deny.sid], str(guardrail.at("deny", index))))
    add_branch(tree, "By-passed by", (f"{one.action}: {one.why}" for one in value.bypassed_by))
    add_branch(tree, "Controls", controls_lines(value.controls))
    add_branch(tree, "In the profiles", _profiles_with(catalog, name))
    add_branch(tree, "Sources", value.sources)
    return tree


def _add_scopes(tree: Tree, guardrail: Guardrail) -> None:
    """Add each scope of *guardrail* with its actions: outside of them the guardrail denies nothing."""
    scopes = tree.add(Text("Scope", style="bold"))
    for scope in guardrail.scope:
        add_actions(scopes.add(Text.assemble((scope, "bold"), f"  {scope_meaning(scope)}")), scope_actions(scope))


def guardrail_data(catalog: Catalog, name: str, judging: Mapping[str, Judging]) -> dict[str, Any]:
    """Return the guardrail *name* for ``--format json``: its fields as in its file, where it lies, what it judges."""
    value = catalog.guardrail(name).value
    fields = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    judged = {
        "scope_actions": {scope: list(scope_actions(scope)) for scope in value.scope},
        "judged_actions": {sid: list(one.actions) for sid, one in judging.items()},
        "left_out": {sid: list(one.left_out) for sid, one in judging.items() if one.left_out},
    }
    return {**entry_data(catalog.found("guardrails")[name]), **fields, **judged}


def _deny(deny: GuardrailDeny, judging: Judging, place: str) -> Tree:
    branch = Tree(Text.assemble("Deny ", (deny.sid, "bold"), (f"  {place}", "dim")))
    if deny.why:
        branch.add(Text(deny.why))
    if deny.needs:
        branch.add(Text(f"only with a value for {', '.join(deny.needs)}"))
    for name, limit in deny.only_below.items():
        branch.add(Text(f"only where {name} is below {limit}"))
    for name, value in deny.only_where.items():
        branch.add(Text(f"only with {name}:{value}"))
    if deny.people_only:
        branch.add(Text(f"no role that a service takes can have it: {deny.people_only.why}"))
    if deny.not_carried_by:
        branch.add(Text(f"nor one that is granted what carries no such key: {', '.join(deny.not_carried_by)}"))
    if deny.actions == ALL_ACTIONS:
        add_actions(branch, (EVERY_ACTION,))
    elif isinstance(deny.actions, str):
        supported = branch.add(Text("every action of the scope that supports the condition keys"))
        add_actions(supported, judging.actions)
        if judging.left_out:
            branch.add(Text.assemble(("outside of the scope, and not judged: ", "yellow"), ", ".join(judging.left_out)))
    else:
        add_actions(branch, deny.actions)
    add_conditions(branch, {operator: _compact(block) for operator, block in deny.conditions.items()})
    return branch


def _compact(block: Any) -> dict[str, tuple[str, ...]]:
    return {compact(key): tuple(map(compact, values)) for key, values in block.items()}


def _values(guardrail: Guardrail) -> str:
    return ", ".join(f"{name} ({one.type})" for name, one in guardrail.parameters.items()) or "-"


def _parameters(guardrail: Guardrail) -> Iterable[str]:
    for name, one in guardrail.parameters.items():
        many = ", repeatable" if one.many else ""
        source = f"; from --{one.from_.replace('_', '-')} unless given" if one.from_ else ""
        default = "required" if one.default is None else f"default {', '.join(one.default) or 'none'}"
        bounds = [f"at least {one.at_least:,}"] if one.at_least is not None else []
        bounds += [f"at most {one.at_most:,}"] if one.at_most is not None else []
        limits = "".join(f"; {bound}" for bound in bounds) + (f"; one of {', '.join(one.one_of)}" if one.one_of else "")
        always = f"; always with {', '.join(one.always)}" if one.always else ""
        yield f"{name} ({one.type}{many}; {default}{source}{always}{limits}): {one.help}"


def _profiles_with(catalog: Catalog, guardrail: str) -> list[str]:
    return [name for name in catalog.found("profiles") if guardrail in guardrails_of(catalog, name)]


def _holders(catalog: Catalog, profile: str) -> list[str]:
    """Return the personas whose default *profile* is."""
    personas = catalog.found("personas")
    return [name for name in personas if resolve_persona(catalog, name).guardrail_profile == profile]
