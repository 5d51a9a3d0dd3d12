"""What stands behind the one page of a review: groups, statements, origins, settings; and the same as data."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog
from rolemgr.model.catalog import EntryId
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.times import duration
from rolemgr.model.trust import SageMakerTrust
from rolemgr.reference.quirks import quota
from rolemgr.render.documents import attachments
from rolemgr.render.explain import explanation
from rolemgr.report.guardrails import add_left_open, guardrail_branch
from rolemgr.report.next_steps import passed_line
from rolemgr.report.separations import (
    indirect_data,
    indirect_ways,
    let_off_data,
    never_branch,
    never_data,
    separations_of,
)
from rolemgr.report.statements import LEVELS, access_level, statement_branch, trust_branch
from rolemgr.separation.closure import passed_roles
from rolemgr.separation.violations import sentence

NEARLY_FULL = 0.9
"""The share of a quota from which the preview warns: the next bucket or group may not fit."""


def full_page(page: RenderableType, role: ComposedRole, catalog: Catalog) -> RenderableType:
    """Return *page*, and below it everything that *role* is made of."""
    return Group(page, Text(), _tree(role, catalog))


def _tree(role: ComposedRole, catalog: Catalog) -> Tree:
    """Return everything below the figures: groups, statements, trust, settings, limits and their ends."""
    tree = Tree(Text("What it is made of", style="bold"))
    for branch in (_groups(role, catalog), _statements(role), _trust(role), _guardrails(role), _settings(role)):
        tree.add(branch)
    ends = (_passes(role, catalog), _not_by_tag(role), _never(role, catalog), _indirect(role, catalog))
    for branch in (*ends, _not_narrowed(role)):
        if branch.children:
            tree.add(branch)
    return tree


def preview_data(role: ComposedRole, documents: RoleDocuments, catalog: Catalog) -> dict[str, Any]:
    """Return what the preview shows, for ``--format json``."""
    return {
        "Role": documents.to_properties(),
        "Explanation": explanation(role),
        "Sizes": {name: {"Characters": size, "Quota": limit} for name, size, limit in sizes(documents)},
        "Warnings": list(warnings(role, documents)),
        "Passes": [one._asdict() for one in passed_roles(catalog, role)],
        "Separations": separations_of(role.persona),
        "Never": never_data(catalog, role.persona.never, lambda never: sentence(never, role)),
        "LetOff": let_off_data(role.persona.excused, lambda never: sentence(never, role)),
        "Indirect": indirect_data(catalog, _groups_of(role)),
    }


def sizes(documents: RoleDocuments) -> Iterator[tuple[str, int, int]]:
    """Yield what each document measures against its quota: name, characters as IAM counts them, quota."""
    if documents.policies:
        inline = sum(policy.document.size() for policy in documents.policies)
        yield "inline policies", inline, quota("role_inline_policies")
    for policy in documents.managed_policies:
        yield f"managed policy {policy.name}", policy.document.size(), quota("managed_policy")
    if own := documents.own_boundary:
        yield f"permissions boundary {own.name}", own.document.size(), quota("permissions_boundary")
    yield "trust policy", documents.trust_policy.size(), quota("trust_policy")


def warnings(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    """Yield what a reviewer should look at twice."""
    yield from role.notes
    if documents.attached or documents.boundary:
        from rolemgr.separation.attached import attachment_notes  # few roles have them

        yield from attachment_notes(role)
    if many := attachments(documents):
        yield many
    packed = {"inline policies"} if documents.managed_policies else set()  # packing fills it up on purpose
    for name, size, limit in sizes(documents):
        if size > limit * NEARLY_FULL and name not in packed and not name.startswith(("managed policy", "permissions")):
            yield f"the {name} fill {size / limit:.0%} of their quota"
    if any(isinstance(trust, SageMakerTrust) and trust.source == "none" for trust in role.spec.trust):
        yield "SageMaker is trusted without a source condition (confused deputy)"
    if len(documents.name) + len(documents.path) > quota("role_name"):
        yield "name and path have more than 64 characters together: the console can't switch to this role"


def _passes(role: ComposedRole, catalog: Catalog) -> Tree:
    branch = Tree(Text("Roles that it passes", style="bold"))
    for one in passed_roles(catalog, role):
        branch.add(Text(passed_line(one, role.spec.arn)))
    return branch


def _groups(role: ComposedRole, catalog: Catalog) -> Tree:
    branch = Tree(Text(f"Activity groups ({len(role.groups)})", style="bold"))
    sids: dict[str, list[str]] = {}
    for statement in role.statements:
        for origin in statement.origins:
            if statement.sid not in sids.setdefault(origin.group, []):
                sids[origin.group].append(statement.sid)
    for name in role.groups:
        head = Text.assemble((name, "bold"), f"  {catalog.activity_group(name).value.title}")
        branch.add(head).add(
            Text("in " + ", ".join(sids.get(name, ["no statement: its parameters are empty"])), style="dim")
        )
    return branch


def _statements(role: ComposedRole) -> Tree:
    counts: Mapping[str, int] = _level_counts(role)
    shown = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    branch = Tree(Text.assemble((f"Statements ({len(role.statements)})", "bold"), f"  {shown}"))
    for statement in role.statements:
        branch.add(statement_branch(statement))
    return branch


def _level_counts(role: ComposedRole) -> dict[str, int]:
    actions = {name for statement in role.statements if statement.effect == "Allow" for name in statement.actions}
    return {level: sum(access_level(name) == level for name in actions) for level in LEVELS}


def _trust(role: ComposedRole) -> Tree:
    branch = Tree(Text("Trust: who may assume it", style="bold"))
    for trust in role.trust:
        branch.add(trust_branch(trust))
    return branch


def _guardrails(role: ComposedRole) -> Tree:
    branch = Tree(Text(f"Guardrails ({len(role.guardrails)})", style="bold"))
    for guardrail in role.guardrails:
        branch.add(guardrail_branch(guardrail))
    if not role.guardrails:
        branch.add(Text("none: actions can be called in any way that AWS allows"))
    return branch


def _not_by_tag(role: ComposedRole) -> Tree:
    branch = Tree(Text("What no tag narrows", style="bold"))
    add_left_open(branch, role.not_by_tag)
    return branch


def _settings(role: ComposedRole) -> Tree:
    branch = Tree(Text("Settings", style="bold"))
    if role.spec.expires:
        branch.add(Text(f"ends {role.spec.expires}"))
    branch.add(Text(f"sessions of at most {duration(role.spec.max_session)}"))
    for arn in sorted(role.spec.managed_policy):
        branch.add(Text(f"managed policy {arn} attached"))
    if boundary := role.spec.boundary_arn:
        branch.add(Text(f"permissions boundary {boundary}"))
    for key, value in sorted(role.spec.tags.items()):
        branch.add(Text(f"tag {key}={value}"))
    for name, values in role.parameters.items():
        branch.add(Text(f"{name} = {', '.join(values) or '(none)'}"))
    return branch


def _never(role: ComposedRole, catalog: Catalog) -> Tree:
    branch = never_branch(catalog, "Never, by the persona", role.persona.never, lambda never: sentence(never, role))
    for excuse in role.persona.excused:
        branch.add(Text(f"let off {sentence(excuse.never, role)}: {excuse.reason}", style="yellow"))
    return branch


def _indirect(role: ComposedRole, catalog: Catalog) -> Tree:
    branch = Tree(Text("Indirect ways that IAM can't separate", style="bold"))
    for name, way in indirect_ways(catalog, _groups_of(role)):
        branch.add(Text(f"{way.action} through {name}: {way.how}"))
    return branch


def _groups_of(role: ComposedRole) -> list[tuple[EntryId, None]]:
    return [(name, None) for name in role.groups]


def _not_narrowed(role: ComposedRole) -> Tree:
    branch = Tree(Text("Conditions that AWS does not send with an action", style="bold"))
    for key in role.not_narrowed:
        branch.add(Text(str(key)))
    return branch
