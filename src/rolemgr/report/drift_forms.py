"""Drift in each of its forms."""

from collections.abc import Callable, Sequence
from typing import Any

from rolemgr.account.connect import Access
from rolemgr.files.write import to_json
from rolemgr.report.asff_findings import AboutFinding, AsffHub, findings_asff
from rolemgr.report.drift import ExaminedRole, drift_data, drift_findings, drift_text, rule_texts
from rolemgr.report.findings import annotations
from rolemgr.report.pages.forms import FORMS, page_text
from rolemgr.report.pages.of_drift import drift_page
from rolemgr.report.plan import RoleNotJudged, refused_places
from rolemgr.report.sarif import sarif


def drift_report(
    form: str, way: Access | None, examined: Sequence[ExaminedRole], refused: Sequence[RoleNotJudged], version: str,
    is_file: Callable[[str], bool],
) -> str:  # fmt: skip
    """Return what was *examined*, and which roles were *refused*, in the *form* that somebody chose."""
    if form == "text":
        return drift_text(examined, refused)
    if form in FORMS:
        return page_text(drift_page(way, examined, refused), form)
    if form == "json":
        return _json(drift_data(way, examined, refused))
    texts = rule_texts()
    if form == "github":
        names = {text.id: text.name for text in texts.values()}
        return annotations(drift_findings(examined), names, refused=refused_places(refused, is_file), is_file=is_file)
    found = drift_findings(examined)
    return _json(sarif(found, [], texts, version, refused=refused_places(refused, is_file), is_file=is_file))


def drift_asff(
    examined: Sequence[ExaminedRole], refused: Sequence[RoleNotJudged], hub: AsffHub, is_file: Callable[[str], bool]
) -> str:
    """Return what was *examined* for Security Hub, each finding about its role."""
    return _json(findings_asff(about_roles(examined), list(refused_places(refused, is_file)), rule_texts(), hub))


def about_roles(examined: Sequence[ExaminedRole]) -> list[AboutFinding]:
    """Return all drift as findings about the roles that differ."""
    return [AboutFinding(finding, one.drift.arn) for one in examined for finding in drift_findings([one])]


def _json(data: Any) -> str:
    return to_json(data, short=False)
