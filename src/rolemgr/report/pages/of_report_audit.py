"""The report on an audit: its page, and who has which kind of finding, beside one another."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rolemgr.audit.finding import AuditFinding
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Severity
from rolemgr.report.audit import audit_data
from rolemgr.report.pages.grid import Grid, grid_data, made_grid
from rolemgr.report.pages.of_audit import audit_page
from rolemgr.report.pages.of_report_roles import grid_sections
from rolemgr.report.pages.page import Page

_AFTER = "Kinds of findings"


def audit_report(found: Audit, inputs: Sequence[str], whole: str) -> Page:
    """Return the report on *found*, an audit of *inputs*; *whole* is the command that gives it as JSON."""
    page = audit_page(found, inputs, "html")
    grids = _grids(found)
    titles = {"accounts": "Accounts by kind of finding", "principals": "Principals by kind of finding"}
    parts = [part for key, grid in grids.items() for part in grid_sections(titles[key], grid, whole, folded=True)]
    place = next((number for number, one in enumerate(page.sections, 1) if one.title == _AFTER), 0)
    sections = (*page.sections[:place], *parts, *page.sections[place:])
    data = {
        "report": "audit",
        "audit": page.data,
        "matrices": {key: grid_data(grid.within()) for key, grid in grids.items()},
    }
    return page._replace(title="Report on an audit", sections=sections, data=data)


def audit_report_data(found: Audit) -> dict[str, Any]:
    """Return the whole of the report on *found* for programs; its page has as much of it as there is room for."""
    matrices = {key: grid_data(grid) for key, grid in _grids(found).items()}
    return {"report": "audit", "audit": audit_data(found), "matrices": matrices}


def _grids(found: Audit) -> dict[str, Grid]:
    principals = _counted(found.findings, lambda one: one.principal.arn)
    if len(found.accounts) < 2:
        return {"principals": principals}
    return {"accounts": _counted(found.findings, lambda one: one.principal.account), "principals": principals}


def _counted(findings: Sequence[AuditFinding], about: Callable[[AuditFinding], str]) -> Grid:
    """Return how many findings of each kind there are *about* each, the worst first."""
    kinds = {one.rule.id: f"{one.rule.id} {one.rule.name}" for one in findings}
    counts: dict[str, Counter[str]] = {}
    worst: dict[str, int] = {}
    order = list(Severity)
    for one in findings:
        name = about(one)
        counts.setdefault(name, Counter())[kinds[one.rule.id]] += 1
        worst[name] = min(worst.get(name, len(order)), order.index(one.severity))
    sorted_ = sorted(counts, key=lambda name: (worst[name], -counts[name].total(), name))
    filled = {name: {kind: f"{count:,}" for kind, count in counts[name].items()} for name in sorted_}
    return made_grid("About", sorted(kinds.values()), filled)
