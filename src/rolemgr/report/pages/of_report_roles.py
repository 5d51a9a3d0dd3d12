"""
The report on a role, or on several beside one another: the summary, the matrices, statements with what gave them.

The data of a report are its JSON form; what a page has no room for stands there, and the page says so.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding
from rolemgr.model.role import ComposedRole
from rolemgr.report.origins import StatementOrigin, origins_of, statements_data
from rolemgr.report.pages.grid import Grid, grid_data
from rolemgr.report.pages.of_findings import place_of, worst_tone
from rolemgr.report.pages.of_role import actions_cell, conditions_cell, role_page
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.review_attached import attached_lines, unknown_warning
from rolemgr.report.review_data import review_data
from rolemgr.report.review_trust import who
from rolemgr.report.role_grids import (
    OpenAction,
    RoleColumn,
    capability_grid,
    guardrail_grid,
    level_grid,
    open_actions,
    resource_grid,
)

MOST_WHOLE: Final = 20
"""How many roles a page has whole, with their statements."""


class ReportedRole(NamedTuple):
    """A role of a report: its column, the *file* that chose it, and what `check` found in it."""

    column: RoleColumn
    file: str
    findings: Sequence[Finding]
    suppressed: int = 0


def role_report(one: ReportedRole, whole: str) -> Page:
    """Return the report on *one* role; *whole* is the command that gives it as JSON."""
    name, role, documents, catalog = one.column
    page = role_page(role, documents, catalog, one.findings, one.suppressed)
    grids = {"resources": level_grid(role), "guardrails": guardrail_grid([role])}
    titles = {"resources": "Actions by resource and access level", "guardrails": "Guardrails by action"}
    sections = [
        statements_section(role, catalog, "Statements, and what gave them") if part.title == "Statements" else part
        for part in page.sections
    ]
    first = next((place for place, part in enumerate(sections) if part.title == "Sizes"), len(sections))
    left_open = open_actions([role])
    parts = [part for key, grid in grids.items() for part in grid_sections(titles[key], grid, whole)]
    sections[first:first] = [*parts, *([open_section(left_open)] if left_open else [])]
    data = {
        "report": "role", **_role_data(one), "left_open": [each._asdict() for each in left_open],
        "matrices": {key: grid_data(grid) for key, grid in grids.items()},
    }  # fmt: skip
    return page._replace(title=f"Report on {name}: {role.persona.title}", sections=tuple(sections), data=data)


def _role_data(one: ReportedRole) -> dict[str, Any]:
    name, role, documents, catalog = one.column
    return {
        "name": name,
        "file": one.file,
        "role": review_data(role, documents, catalog, one.findings, one.suppressed),
        "statements": statements_data(role, catalog),
    }


def roles_report(roles: Sequence[ReportedRole], whole: str) -> Page:
    """Return the report on several *roles*; *whole* is the command that gives it as JSON."""
    columns = [one.column for one in roles]
    grids = role_grids(columns)
    parts = [part for key, grid in grids.items() for part in grid_sections(GRID_TITLES[key], grid, whole)]
    statements = [
        statements_section(one.column.role, one.column.catalog, f"Statements of {one.column.name}")
        for one in roles[:MOST_WHOLE]
    ]
    left_open = open_actions(one.role for one in columns)
    sections = (
        Section("Roles", table=_table(roles)),
        Section("Attached policies", (_BESIDE,), table=_attached(roles)),
        *parts,
        open_section(left_open),
        Section("Findings", table=_findings(roles)),
        *statements,
        *left_out_roles(len(roles), whole),
    )
    data = {
        "report": "roles", "roles": [_role_data(one) for one in roles],
        "left_open": [one._asdict() for one in left_open],
        "matrices": {key: grid_data(grid) for key, grid in grids.items()},
    }  # fmt: skip
    shown = tuple(one for one in sections if not one.is_empty)
    accounts = {one.column.role.spec.account for one in roles}
    about = (counted(len(roles), "role"), counted(len(accounts), "account"))
    return Page("Report on roles", about, tuple(_facts(roles)), shown, data)


GRID_TITLES: Final = {
    "capabilities": "Roles by capability", "resources": "Roles by resource", "guardrails": "Guardrails by action",
}  # fmt: skip


def role_grids(roles: Sequence[RoleColumn]) -> dict[str, Grid]:
    """Return the matrices of *roles*, by their keys in the data of a report."""
    return {
        "capabilities": capability_grid(roles),
        "resources": resource_grid(roles),
        "guardrails": guardrail_grid(one.role for one in roles),
    }


def grid_sections(title: str, grid: Grid, whole: str, *, folded: bool = False) -> Iterator[Section]:
    """Yield the section of *grid*, where it has a row; above it what there is no room for, and what has it."""
    if grid.rows:
        is_long = folded or len(grid.rows) > _MANY_ROWS
        yield Section(f"{title} ({len(grid.rows):,})", tuple(grid.left_out(whole)), grid=grid.within(), folded=is_long)


_MANY_ROWS: Final = 40
"""A grid of more rows is folded."""


def open_section(left_open: Sequence[OpenAction]) -> Section:
    """Return the section that says what guardrails leave open: a row for each reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in left_open:
        by_reason.setdefault((one.guardrail, one.why), []).append(one.action)
    rows = tuple((name, " ".join(actions), why) for (name, why), actions in by_reason.items())
    columns = ("Guardrail", "Actions", "Why")
    return Section(f"What guardrails leave open ({len(left_open):,})", table=Table(columns, rows), folded=True)


def left_out_roles(count: int, whole: str) -> Iterator[Section]:
    """Yield what says that statements of roles are left out, where they are."""
    if count > MOST_WHOLE:
        text = f"the statements of {count - MOST_WHOLE:,} of {count:,} roles; all of them: `{whole}`"
        yield Section("Left out of this page", (text,))


def _facts(roles: Sequence[ReportedRole]) -> Iterator[Fact]:
    findings = [finding for one in roles for finding in one.findings]
    suppressed = sum(one.suppressed for one in roles)
    excused = f", {suppressed:,} suppressed" if suppressed else ""
    yield Fact(f"check: {counted(len(findings), 'finding')}{excused}", worst_tone(findings))
    personas = {one.column.role.spec.persona for one in roles}
    for one in roles:
        for text in unknown_warning(one.column.role):
            yield Fact(f"{one.column.name}: {text.removeprefix('UNKNOWN').strip()}", Tone.BAD)
    yield Fact(f"{counted(len(roles), 'role')} of {counted(len(personas), 'persona')}")
    statements = sum(len(one.column.role.statements) for one in roles)
    yield Fact(f"{counted(statements, 'statement')}, each with the file and line that gave it")


def _table(roles: Sequence[ReportedRole]) -> Table:
    rows = tuple(
        ((one.column.name, one.column.role.persona.title), Code(one.column.role.spec.arn), tuple(who(one.column.role)),
         len(one.column.role.statements), len(one.column.role.guardrails), len(one.findings), Code(one.file))
        for one in roles
    )  # fmt: skip
    return Table(("Role", "ARN", "Who may assume it", "Statements", "Guardrails", "Findings", "File"), rows)


_BESIDE: Final = "The matrices and statements below are those of the roles' own policies; these add to them."


def _attached(roles: Sequence[ReportedRole]) -> Table:
    """Return what each policy that is attached to a role adds to it, and whose text is not at hand."""
    rows = tuple((one.column.name, Code(arn), text) for one in roles for arn, text in attached_lines(one.column.role))
    return Table(("Role", "Policy", "What it adds"), rows)


def _findings(roles: Sequence[ReportedRole]) -> Table:
    rows = tuple(
        (found.severity.value, one.column.name, found.rule, found.message, place_of(found.path, found.line))
        for one in roles
        for found in one.findings
    )
    return Table(("Severity", "Role", "Rule", "Finding", "Place"), rows)


def statements_section(role: ComposedRole, catalog: Catalog, title: str) -> Section:
    """Return the statements of *role*, each with the groups, guardrails and parameters that gave it."""
    rows = tuple(
        (one.effect.value, one.sid, actions_cell(one.actions), one.resources, conditions_cell(one.condition),
         tuple(line for origin in origins_of(one, catalog) for line in _origin_lines(origin)))
        for one in role.statements
    )  # fmt: skip
    columns = ("Effect", "Statement", "Actions", "Resources", "Conditions", "What gave it")
    return Section(f"{title} ({len(rows):,})", table=Table(columns, rows), folded=True)


def _origin_lines(origin: StatementOrigin) -> Iterator[str]:
    filled = f", by {', '.join(origin.parameters)}" if origin.parameters else ""
    yield f"{origin.kind} {origin.name}{filled}"
    yield place_of(origin.file, origin.line)
